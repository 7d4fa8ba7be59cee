#include "core/store/reading.hpp"

#include <utility>

namespace accessd {

Result<std::unique_ptr<Database>> open_for_reading(const std::filesystem::path& file, Database::Mode mode) {
    auto opened = Database::open(file, mode);
    if (!opened) {
        return opened;
    }
    Database& database = **opened;
    // One transaction is one moment for everything that is read.
    if (!database.execute("PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON; BEGIN")) {
        return database.failure();
    }
    auto there = has_table(database, "audit");
    if (!there) {
        return std::move(there).error();
    }
    if (!*there) {
        database.note_nonsense();
        return database.failure();
    }
    return opened;
}

Result<bool> has_table(Database& database, std::string_view name) {
    Statement statement(database, "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?1");
    Rows rows(statement, name);
    const bool there = rows.next();
    if (rows.failed()) {
        return database.failure();
    }
    return there;
}

} // namespace accessd
