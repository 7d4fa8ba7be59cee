#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

struct sqlite3;

namespace accessd::power_loss {

/// A connection of the tests' own, with nothing of the product in it.
class RawSqlite {
public:
    explicit RawSqlite(const std::filesystem::path& file);
    RawSqlite(const RawSqlite&) = delete;
    RawSqlite& operator=(const RawSqlite&) = delete;
    ~RawSqlite();

    /// The rows of a query, each as its columns in one text. False when it failed, with the rows so far.
    bool query(const std::string& sql, std::vector<std::string>& rows);

    /// What a query's first column says in its first row, or SQLite's error message.
    std::string ask(const std::string& sql);

    /// Copies the log into the database as accessd does: as far as nobody is in the way.
    void checkpoint();

private:
    sqlite3* handle_ = nullptr;
};

} // namespace accessd::power_loss
