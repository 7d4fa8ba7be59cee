#pragma once

#include "core/model/result.hpp"
#include "core/store/sqlite.hpp"

#include <filesystem>
#include <map>
#include <string>

namespace accessd {

/// Exit status of the commands that read a database, when they cannot.
inline constexpr int exit_unreadable = 2;

/// Where a command that only reads finds the database: the one that is named, else the configuration's.
class DatabaseSource {
public:
    DatabaseSource() = default;

    std::filesystem::path config; ///< for its state directory only; secrets are not read
    std::filesystem::path database;
};

/// Error "database.unreadable" (permanent): the configuration does not tell.
Result<std::filesystem::path>
find_database(const DatabaseSource& source, const std::map<std::string, std::string>& environment);

/// How to open a database that a daemon may be writing to, so that nothing is made beside a file that none
/// writes to. Error "database.unreadable" (permanent): there is no such file.
Result<Database::Mode> reading_mode(const std::filesystem::path& database);

/// A path for messages.
std::string shown(const std::filesystem::path& path);

/// "database.unreadable": what one sentence tells.
Error unreadable(std::string message);

} // namespace accessd
