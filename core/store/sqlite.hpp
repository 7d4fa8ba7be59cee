#pragma once

#include "core/model/result.hpp"
#include "core/model/time.hpp"

#include <concepts>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace accessd {

class Statement;

/// One SQLite connection. Used by one thread at a time; nothing here throws. A call that fails returns false
/// and leaves what went wrong in failure(), until the next call that fails.
class Database {
public:
    enum class Mode : std::uint8_t {
        read_write, ///< created with mode 0600 when missing; WAL and synchronous=FULL
        read_only,  ///< beside a writer
        immutable,  ///< read only, and nobody writes: nothing is locked, looked for or made beside the file
    };

    /// Opens and checks nothing of the content but that it is a database. Errors as failure().
    static Result<std::unique_ptr<Database>> open(const std::filesystem::path& file, Mode mode);

    Database(const Database&) = delete;
    Database& operator=(const Database&) = delete;
    ~Database();

    /// Runs one or more statements that return nothing of interest.
    bool execute(const char* sql);

    bool begin(); ///< for writing at once: waits up to the busy timeout for another writer
    bool commit();
    void rollback(); ///< also when SQLite has already rolled back by itself

    std::int64_t changes() const;  ///< rows that the last insert, update or delete touched
    std::int64_t last_row() const; ///< id of the last inserted row

    /// Runs SQLite's structure check: every page, no index content. Error "store.corrupt".
    Result<Done> quick_check();

    /// Pages that were added to the write-ahead log since the last checkpoint.
    int pages_to_copy() const { return wal_pages_ - copied_pages_; }

    /// Copies the log into the database as far as no reader is in the way. Being hindered is no failure.
    bool checkpoint();

    /// Notes that what is stored makes no sense: "store.corrupt". Returns false, to be passed on.
    bool note_nonsense();

    /// The last failure: "store.busy", "store.full" (transient), "store.corrupt", "store.io" and
    /// "store.constraint" (permanent; the last is a mistake of the caller).
    Error failure() const;

private:
    friend class Rows;
    friend class Statement;

    explicit Database(std::filesystem::path file);

    bool check(int code); ///< notes a failure

    std::filesystem::path file_;
    sqlite3* handle_ = nullptr;
    std::unique_ptr<Statement> begin_; // kept, since every save needs both
    std::unique_ptr<Statement> commit_;
    int wal_pages_ = 0; ///< in the log after the last commit
    int copied_pages_ = 0;
    int failure_code_ = 0;
    int failure_errno_ = 0;
};

/// A statement that is compiled at its first use and kept. Parameters are bound in order; texts must live
/// until the statement has run.
class Statement {
public:
    Statement(Database& database, const char* sql) : database_(database), sql_(sql) {}

    Statement(const Statement&) = delete;
    Statement& operator=(const Statement&) = delete;
    ~Statement();

    /// Runs a statement that returns no rows.
    template <class... Values> bool run(const Values&... values) {
        const bool ready = start(values...);
        const bool done = ready && finish();
        reset();
        return done;
    }

private:
    friend class Rows;

    template <class... Values> bool start(const Values&... values) {
        if (!prepare()) {
            return false;
        }
        int at = 0;
        (put(++at, values), ...);
        return true;
    }

    template <std::integral T> void put(int at, T value) {
        put_integer(at, static_cast<std::int64_t>(value));
    }

    void put(int at, std::string_view text);
    void put(int at, std::span<const std::uint8_t> blob);

    void put(int at, TimePoint when) { put_integer(at, when.time_since_epoch().count()); }

    void put(int at, Duration duration) { put_integer(at, duration.count()); }

    template <class T> void put(int at, const std::optional<T>& value) {
        if (value) {
            put(at, *value);
        } else {
            put_null(at);
        }
    }

    bool prepare();
    bool finish();
    void reset();
    void put_integer(int at, std::int64_t value);
    void put_null(int at);

    Database& database_;
    const char* sql_;
    sqlite3_stmt* handle_ = nullptr;
};

/// The rows of one run of a statement; ends the run when it dies, so that no read transaction stays open.
class Rows {
public:
    template <class... Values>
    explicit Rows(Statement& statement, const Values&... values)
        : statement_(statement), failed_(!statement.start(values...)) {}

    Rows(const Rows&) = delete;
    Rows& operator=(const Rows&) = delete;

    ~Rows() { statement_.reset(); }

    /// False: no more rows, or failed().
    bool next();

    bool failed() const { return failed_; }

    // Columns of the present row, from 0. Views live until next().
    std::int64_t integer(int column) const;
    std::string_view view(int column) const;
    std::span<const std::uint8_t> blob(int column) const;
    bool is_null(int column) const;
    bool is_text(int column) const; ///< stored as text; views of anything else are conversions
    bool is_blob(int column) const;
    bool is_integer(int column) const;

    std::string text(int column) const { return std::string(view(column)); }

    bool flag(int column) const { return integer(column) != 0; }

    TimePoint time(int column) const { return TimePoint(Duration(integer(column))); }

    std::optional<TimePoint> optional_time(int column) const;
    std::uint32_t count(int column) const; ///< clamped to what fits

private:
    Statement& statement_;
    bool failed_;
};

} // namespace accessd
