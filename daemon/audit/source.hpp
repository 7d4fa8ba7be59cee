#pragma once

#include "core/model/result.hpp"
#include "core/store/audit_file.hpp"

#include <filesystem>
#include <map>
#include <string>

namespace accessd {

// Exit statuses of `accessd audit`, beside 0.
inline constexpr int exit_tampered = 1;
inline constexpr int exit_unreadable = 2;

/// Where `accessd audit` finds the rows: a database if one is named, else the one of the configuration.
class AuditSource {
public:
    AuditSource() = default;

    std::filesystem::path config; ///< for its state directory only; secrets are not read
    std::filesystem::path database;
};

/// Error "audit.unreadable" (permanent): the configuration does not tell.
Result<std::filesystem::path>
find_database(const AuditSource& source, const std::map<std::string, std::string>& environment);

/// Opens a database that a daemon may be writing to. Makes nothing beside a file that none writes to. Errors
/// as AuditFile's, and "audit.unreadable": there is no such file.
Result<AuditFile> open_audit(const std::filesystem::path& database);

/// A path for messages.
std::string shown(const std::filesystem::path& path);

/// "audit.unreadable": what one sentence tells.
Error unreadable(std::string message);

} // namespace accessd
