#include "core/store/sqlite.hpp"

#include "core/support/mutant.hpp"
#include "core/support/text.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <limits>
#include <sys/stat.h>
#include <unistd.h>

namespace accessd {

namespace {

// Small, since an idle daemon holds it for ever; what falls out comes back from the kernel's page cache.
constexpr const char* writer_settings = "PRAGMA journal_mode=WAL;"
                                        "PRAGMA foreign_keys=ON;"
                                        "PRAGMA cache_size=-4096;"
                                        "PRAGMA journal_size_limit=33554432;"
                                        "PRAGMA temp_store=MEMORY;"
                                        "PRAGMA trusted_schema=OFF;";
constexpr int busy_timeout_ms = 5000;

const char* durability() {
    return is_planted(Mutant::not_synced) ? "PRAGMA synchronous=NORMAL" : "PRAGMA synchronous=FULL";
}

Error failure_to_create(const std::filesystem::path& file) {
    return Error(
        Fault::permanent,
        "store.io",
        "cannot create " + file.string() + ": " + std::string(std::strerror(errno)) +
            "; check owner and mode of its directory"
    );
}

// SQLite gives the log and its index the mode of the database, so that this one matters. The umask must not.
std::optional<Error> make_private(const std::filesystem::path& file) {
    const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (descriptor < 0) {
        return failure_to_create(file);
    }
    const bool done = ::fchmod(descriptor, S_IRUSR | S_IWUSR) == 0;
    const auto error = done ? std::optional<Error>() : failure_to_create(file);
    ::close(descriptor);
    return error;
}

// https://www.sqlite.org/uri.html
std::string immutable_uri(const std::filesystem::path& file) {
    std::string uri = "file:";
    for (const char byte : std::filesystem::absolute(file).string()) {
        if (byte == '/') {
            uri += byte;
        } else {
            append_percent_encoded(uri, std::string_view(&byte, 1));
        }
    }
    return uri + "?immutable=1";
}

int count_wal_pages(void* pages, sqlite3*, const char*, int count) {
    *static_cast<int*>(pages) = count;
    return SQLITE_OK;
}

} // namespace

Result<std::unique_ptr<Database>> Database::open(const std::filesystem::path& file, Mode mode) {
    const bool writes = mode == Mode::read_write;
    if (writes) {
        if (auto error = make_private(file)) {
            return std::move(*error);
        }
    }
    std::unique_ptr<Database> database(new Database(file));
    const bool immutable = mode == Mode::immutable;
    const int flags = (writes ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY) |
                      (immutable ? SQLITE_OPEN_URI : 0) | SQLITE_OPEN_NOMUTEX;
    const std::string name = immutable ? immutable_uri(file) : file.string();
    const int opened = sqlite3_open_v2(name.c_str(), &database->handle_, flags, nullptr);
    sqlite3_busy_timeout(database->handle_, busy_timeout_ms);
    const auto set_up = [&] { return database->execute(writer_settings) && database->execute(durability()); };
    if (!database->check(opened) || (writes && !set_up())) {
        return database->failure();
    }
    if (writes) {
        Statement statement(*database, "PRAGMA journal_mode");
        Rows rows(statement);
        if (!rows.next() || rows.view(0) != "wal") {
            return Error(
                Fault::permanent,
                "store.io",
                file.string() + ": no write-ahead log is possible there; put daemon.state_dir on a local disk"
            );
        }
        // In place of automatic checkpoints, which would make the savers wait: see checkpoint().
        sqlite3_wal_hook(database->handle_, count_wal_pages, &database->wal_pages_);
    }
    return database;
}

Database::Database(std::filesystem::path file)
    : file_(std::move(file)), begin_(std::make_unique<Statement>(*this, "BEGIN IMMEDIATE")),
      commit_(std::make_unique<Statement>(*this, "COMMIT")) {}

Database::~Database() {
    begin_.reset();
    commit_.reset();
    sqlite3_close_v2(handle_); // the last connection checkpoints and removes the log
}

bool Database::check(int code) {
    if (code == SQLITE_OK || code == SQLITE_ROW || code == SQLITE_DONE) {
        return true;
    }
    failure_code_ = handle_ != nullptr ? sqlite3_extended_errcode(handle_) : code;
    if (failure_code_ == SQLITE_OK) {
        failure_code_ = code;
    }
    failure_errno_ = handle_ != nullptr ? sqlite3_system_errno(handle_) : 0;
    return false;
}

bool Database::execute(const char* sql) {
    return check(sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr));
}

bool Database::begin() {
    return begin_->run();
}

bool Database::commit() {
    const bool done = commit_->run();
    if (!done) {
        failure_errno_ = 0; // SQLite notes none of a commit: what it has is that of an earlier failure
    }
    if (wal_pages_ < copied_pages_) {
        copied_pages_ = 0; // all was copied and the log has begun anew
    }
    return done;
}

void Database::rollback() {
    if (sqlite3_get_autocommit(handle_) == 0) {
        // Its own failure says nothing new: what made us roll back is what counts.
        sqlite3_exec(handle_, "ROLLBACK", nullptr, nullptr, nullptr);
    }
}

std::int64_t Database::changes() const {
    return sqlite3_changes64(handle_);
}

std::int64_t Database::last_row() const {
    return sqlite3_last_insert_rowid(handle_);
}

Result<Done> Database::quick_check() {
    Statement statement(*this, "PRAGMA quick_check(1)");
    Rows rows(statement);
    if (rows.next() && rows.view(0) == "ok") {
        return Done();
    }
    if (!rows.failed()) {
        note_nonsense();
    }
    return failure();
}

bool Database::note_nonsense() {
    failure_code_ = SQLITE_CORRUPT;
    failure_errno_ = 0;
    return false;
}

bool Database::checkpoint() {
    const int code = sqlite3_wal_checkpoint_v2(handle_, nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
    copied_pages_ = wal_pages_;
    return code == SQLITE_BUSY || check(code);
}

Error Database::failure() const {
    const std::string where = file_.string();
    const int primary = failure_code_ & 0xff;
    const bool no_space = failure_errno_ == ENOSPC || failure_errno_ == EDQUOT;
    if (primary == SQLITE_FULL || (primary == SQLITE_IOERR && no_space)) {
        return Error(Fault::transient, "store.full", "no space left to write " + where + "; free some");
    }
    if (primary == SQLITE_BUSY || primary == SQLITE_LOCKED) {
        return Error(
            Fault::transient,
            "store.busy",
            where + " is locked by another program; end whatever else writes to it"
        );
    }
    if (primary == SQLITE_CORRUPT || primary == SQLITE_NOTADB) {
        return Error(
            Fault::permanent,
            "store.corrupt",
            where + " is damaged or no database of ours; keep the file and restore a backup"
        );
    }
    std::string why = std::string(sqlite3_errstr(failure_code_)) + " (SQLite code " +
                      std::to_string(failure_code_) + ", errno " + std::to_string(failure_errno_) + ")";
    if (primary == SQLITE_CONSTRAINT) {
        return Error(
            Fault::permanent, "store.constraint", where + ": a row was refused: " + why + "; report this"
        );
    }
    return Error(
        Fault::permanent, "store.io", where + ": " + why + "; check the disk, then start accessd again"
    );
}

Statement::~Statement() {
    sqlite3_finalize(handle_);
}

bool Statement::prepare() {
    if (handle_ != nullptr) {
        return true;
    }
    return database_.check(
        sqlite3_prepare_v3(database_.handle_, sql_, -1, SQLITE_PREPARE_PERSISTENT, &handle_, nullptr)
    );
}

bool Statement::finish() {
    int code = sqlite3_step(handle_);
    while (code == SQLITE_ROW) {
        code = sqlite3_step(handle_);
    }
    return database_.check(code);
}

void Statement::reset() {
    sqlite3_reset(handle_);
}

void Statement::put(int at, std::string_view text) {
    // A null pointer would bind NULL; an empty text must stay one.
    sqlite3_bind_text64(
        handle_, at, text.empty() ? "" : text.data(), text.size(), SQLITE_STATIC, SQLITE_UTF8
    );
}

void Statement::put(int at, std::span<const std::uint8_t> blob) {
    sqlite3_bind_blob64(handle_, at, blob.data(), blob.size(), SQLITE_STATIC);
}

void Statement::put_integer(int at, std::int64_t value) {
    sqlite3_bind_int64(handle_, at, value);
}

void Statement::put_null(int at) {
    sqlite3_bind_null(handle_, at);
}

bool Rows::next() {
    if (failed_) {
        return false;
    }
    const int code = sqlite3_step(statement_.handle_);
    failed_ = !statement_.database_.check(code);
    return code == SQLITE_ROW;
}

std::int64_t Rows::integer(int column) const {
    return sqlite3_column_int64(statement_.handle_, column);
}

std::string_view Rows::view(int column) const {
    const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement_.handle_, column));
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_.handle_, column));
    return bytes == nullptr ? std::string_view() : std::string_view(bytes, size);
}

std::span<const std::uint8_t> Rows::blob(int column) const {
    const auto* bytes = static_cast<const std::uint8_t*>(sqlite3_column_blob(statement_.handle_, column));
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_.handle_, column));
    return bytes == nullptr ? std::span<const std::uint8_t>() : std::span(bytes, size);
}

bool Rows::is_null(int column) const {
    return sqlite3_column_type(statement_.handle_, column) == SQLITE_NULL;
}

bool Rows::is_text(int column) const {
    return sqlite3_column_type(statement_.handle_, column) == SQLITE_TEXT;
}

bool Rows::is_blob(int column) const {
    return sqlite3_column_type(statement_.handle_, column) == SQLITE_BLOB;
}

bool Rows::is_integer(int column) const {
    return sqlite3_column_type(statement_.handle_, column) == SQLITE_INTEGER;
}

std::optional<TimePoint> Rows::optional_time(int column) const {
    return is_null(column) ? std::nullopt : std::optional<TimePoint>(time(column));
}

std::uint32_t Rows::count(int column) const {
    constexpr std::int64_t most = std::numeric_limits<std::uint32_t>::max();
    return static_cast<std::uint32_t>(std::clamp<std::int64_t>(integer(column), 0, most));
}

} // namespace accessd
