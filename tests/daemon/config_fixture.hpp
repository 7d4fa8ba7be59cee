#pragma once

#include "daemon/config.hpp"

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

namespace accessd {

/// A folder of its own with a config, its secrets and what else a test writes; gone with the object.
class ConfigFolder {
public:
    ConfigFolder();
    ConfigFolder(const ConfigFolder&) = delete;
    ConfigFolder& operator=(const ConfigFolder&) = delete;
    ~ConfigFolder();

    /// Writes a file with this mode, and the folders above it.
    void write(const std::string& name, std::string_view content, unsigned mode = 0600) const;

    /// Loads accessd.toml with the credentials of this folder.
    LoadedConfig load() const;
    /// Writes accessd.toml, then loads it.
    LoadedConfig load(std::string_view content) const;

    std::string path(const std::string& name = "") const { return (folder_ / name).string(); }

    std::map<std::string, std::string> environment;

private:
    std::filesystem::path folder_;
};

/// A small configuration that is right, with `from` replaced by `to` once.
std::string config_with(std::string_view from = "", std::string_view to = "");

/// Every problem as a line "file:line:col: message\n", files without the folder.
std::string problems_of(const LoadedConfig& loaded, const ConfigFolder& folder);

} // namespace accessd
