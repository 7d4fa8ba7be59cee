#include "tests/power_loss/raw_sqlite.hpp"

#include <sqlite3.h>

namespace accessd::power_loss {

RawSqlite::RawSqlite(const std::filesystem::path& file) {
    sqlite3_open_v2(file.c_str(), &handle_, SQLITE_OPEN_READWRITE, nullptr);
}

RawSqlite::~RawSqlite() {
    sqlite3_close_v2(handle_);
}

bool RawSqlite::query(const std::string& sql, std::vector<std::string>& rows) {
    sqlite3_stmt* statement = nullptr;
    if (sqlite3_prepare_v2(handle_, sql.c_str(), -1, &statement, nullptr) != SQLITE_OK) {
        return false;
    }
    int code = sqlite3_step(statement);
    for (; code == SQLITE_ROW; code = sqlite3_step(statement)) {
        std::string& row = rows.emplace_back();
        for (int column = 0; column < sqlite3_column_count(statement); ++column) {
            const auto* const bytes = static_cast<const char*>(sqlite3_column_blob(statement, column));
            const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement, column));
            row += column > 0 ? "|" : "";
            row += bytes == nullptr ? std::string() : std::string(bytes, size);
        }
    }
    sqlite3_finalize(statement);
    return code == SQLITE_DONE;
}

std::string RawSqlite::ask(const std::string& sql) {
    std::vector<std::string> rows;
    const bool done = query(sql, rows);
    return done ? (rows.empty() ? "" : rows.front()) : sqlite3_errmsg(handle_);
}

void RawSqlite::checkpoint() {
    ask("SELECT count(*) FROM sqlite_schema"); // a connection that has read nothing knows of no log
    sqlite3_wal_checkpoint_v2(handle_, nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
}

} // namespace accessd::power_loss
