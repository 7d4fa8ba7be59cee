#include "daemon/database_source.hpp"

#include "core/store/sqlite_store.hpp"
#include "core/support/text.hpp"
#include "daemon/config.hpp"

#include <system_error>
#include <utility>

namespace accessd {

namespace fs = std::filesystem;

std::string shown(const fs::path& path) {
    return escape_text(path.string(), 4096);
}

Error unreadable(std::string message) {
    return Error(Fault::permanent, "database.unreadable", std::move(message));
}

Result<fs::path>
find_database(const DatabaseSource& source, const std::map<std::string, std::string>& environment) {
    if (!source.database.empty()) {
        return source.database;
    }
    const LoadedStateDir loaded = load_state_dir(source.config, environment);
    if (!loaded.problems.empty()) {
        return unreadable(loaded.problems.front().text() + "; or name the database with --db");
    }
    return database_file(loaded.directory);
}

Result<Database::Mode> reading_mode(const fs::path& database) {
    std::error_code error;
    if (!fs::is_regular_file(database, error)) {
        return unreadable(
            shown(database) + ": " + (error ? error.message() : "not a regular file") +
            "; name the database with --db"
        );
    }
    // Without a log there is no writer and all is in the file. SQLite would else make a log beside it, which
    // a read-only place refuses, and which whoever runs this would own.
    const bool has_log = fs::exists(fs::path(database).concat("-wal"), error);
    return has_log ? Database::Mode::read_only : Database::Mode::immutable;
}

} // namespace accessd
