#pragma once

#include "core/engine/brake.hpp"
#include "core/jsm/portal_names.hpp"
#include "core/model/identity.hpp"
#include "core/model/rule.hpp"
#include "core/model/time.hpp"
#include "core/support/log.hpp"
#include "core/support/secret.hpp"
#include "daemon/config/file.hpp"
#include "providers/catalog.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace accessd {

enum class Mode : std::uint8_t {
    enforce,
    dry_run, ///< decide and log, write nothing outside
};

class DaemonSettings {
public:
    DaemonSettings() = default;

    std::filesystem::path state_dir;
    Mode mode = Mode::enforce;
    LogLevel log_level = LogLevel::info;
    LogFormat log_format = LogFormat::automatic;
    Duration park_after = std::chrono::hours(24); ///< how long a failing grant is retried before it parks
};

class JiraSettings {
public:
    JiraSettings() = default;

    std::string url; ///< without a trailing slash
    std::string email;
    Secret token;
    Duration poll_interval = std::chrono::seconds(15);
    Duration sweep_interval = std::chrono::minutes(10);
    std::string ca_file; ///< empty: the system's CAs only
};

class ApplicationSettings {
public:
    ApplicationSettings() = default;

    std::string name;
    std::string owner; ///< whom to tell when it does not work
    const ProviderSpec* provider = nullptr;
    ProviderSettings settings;
    IdentityRule identity;
    std::string map_file; ///< that `identity.account` was read from; empty: none
    FileMark map_mark;    ///< of the content that was read
    std::string ca_file;
};

/// The whole configuration, checked.
class Config {
public:
    Config() = default;

    DaemonSettings daemon;
    JiraSettings jira;
    PortalNames portal;
    OnVanished on_vanished = OnVanished::park;
    Duration vanished_grace = std::chrono::hours(24);
    Duration remind_before = std::chrono::hours(24); ///< see StepRules
    std::vector<ApplicationSettings> applications;
    std::vector<AccessRule> rules; ///< each with its hash
    std::vector<DenyRule> denies;
    std::vector<ConflictRule> conflicts;
    BrakeSettings brake;
    std::string hash; ///< 16 hex digits over the meaning of all of it, secrets excluded
};

/// One thing that is wrong, where it is, and what would be right.
class ConfigProblem {
public:
    ConfigProblem() = default;

    std::string file;
    unsigned line = 0; ///< from 1; 0 with `column`: the file as a whole
    unsigned column = 0;
    std::string message;

    /// "/etc/accessd/accessd.toml:12:3: error: ..."
    std::string text() const;
};

/// The configuration, or everything that is wrong with it.
class LoadedConfig {
public:
    LoadedConfig() = default;

    std::optional<Config> config; ///< only when `problems` is empty
    std::vector<ConfigProblem> problems;
};

enum class SecretUse : std::uint8_t {
    read,
    skip, ///< how they are referred to is checked; they are not opened, and are empty
};

/// Reads `file`, then `conf.d/*.toml` beside it in the order of their names, and every secret that they refer
/// to. `environment` stands for the process's ($CREDENTIALS_DIRECTORY, $STATE_DIRECTORY).
LoadedConfig load_config(
    const std::filesystem::path& file,
    const std::map<std::string, std::string>& environment,
    SecretUse secrets = SecretUse::read
);

/// Where the state directory is, or why that cannot be told.
class LoadedStateDir {
public:
    LoadedStateDir() = default;

    std::filesystem::path directory; ///< only when `problems` is empty
    std::vector<ConfigProblem> problems;
};

/// Of the same files only what [daemon] says: for commands that an admin runs without the daemon's secrets.
LoadedStateDir
load_state_dir(const std::filesystem::path& file, const std::map<std::string, std::string>& environment);

} // namespace accessd
