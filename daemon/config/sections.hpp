#pragma once

#include "daemon/config.hpp"
#include "daemon/config/values.hpp"

#include <map>
#include <string>
#include <vector>

namespace accessd {

/// Everything that the readers of the sections need.
class Reading {
public:
    Reading(
        Problems& problems_found,
        const Environment& process_environment,
        SecretUse secret_use = SecretUse::read
    )
        : problems(problems_found), environment(process_environment), use(secret_use) {}

    SecretPlaces secrets() const { return SecretPlaces(environment, use); }

    Problems& problems;
    const Environment& environment;
    SecretUse use;
};

DaemonSettings read_daemon(const Node& table, Reading& reading);
BrakeSettings read_brake(const Node& table, Reading& reading);
JiraSettings read_jira(const Node& table, Reading& reading);

/// [portal] with its tables: names, on_vanished and vanished_grace of `config`.
void read_portal(const Node& table, Config& config, Reading& reading);

/// Every [application.NAME], ordered by name. An application with a problem of its own is still listed, so
/// that its rules do not complain about it too.
std::vector<ApplicationSettings> read_applications(const Node& table, Reading& reading);

/// A list of people by Jira account id or e-mail address; what has an @ and is no address is a problem.
std::vector<std::string> read_users(Section& section, const std::string& key);

/// Every [[rule]] in the order of the files, for the applications and the portal of `config`; without hashes.
std::vector<AccessRule> read_rules(const Node& list, const Config& config, Reading& reading);

/// Every [[deny]], for the applications and the rules of `config`.
std::vector<DenyRule> read_denies(const Node& list, const Config& config, Reading& reading);

/// Every [[conflict]], for the applications and the rules of `config`.
std::vector<ConflictRule> read_conflicts(const Node& list, const Config& config, Reading& reading);

/// What a map file said, and when.
class IdentityMap {
public:
    IdentityMap() = default;

    std::map<std::string, std::string> account; ///< by Jira account id
    FileMark mark;
};

/// Lines "jira account id,account"; docs/configuration.md has the form. Each bad line is a problem at its
/// place: a file with one must not be used.
IdentityMap read_identity_map(const PlacedText& path, Problems& problems);

/// Sets every rule's hash, then the configuration's.
void set_hashes(Config& config);

} // namespace accessd
