#include "tests/sim/ledger_view.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <stdexcept>

namespace accessd::test {

namespace {

std::string text(sqlite3_stmt* row, int column) {
    const auto* bytes = static_cast<const char*>(sqlite3_column_blob(row, column));
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(row, column));
    return bytes == nullptr ? std::string() : std::string(bytes, size);
}

void bind(sqlite3_stmt* statement, int at, std::string_view value) {
    sqlite3_bind_text(statement, at, value.data(), static_cast<int>(value.size()), SQLITE_TRANSIENT);
}

/// The first three parameters are a key.
void bind_key(
    sqlite3_stmt* statement,
    std::string_view application,
    std::string_view entitlement,
    std::string_view account
) {
    bind(statement, 1, application);
    bind(statement, 2, entitlement);
    bind(statement, 3, account);
}

/// Ends the run of a statement, so that no read transaction stays open.
class Run {
public:
    explicit Run(sqlite3_stmt* statement) : statement_(statement) {}

    Run(const Run&) = delete;
    Run& operator=(const Run&) = delete;

    ~Run() { sqlite3_reset(statement_); }

    bool next() {
        const int code = sqlite3_step(statement_);
        if (code != SQLITE_ROW && code != SQLITE_DONE) {
            throw std::runtime_error("the oracle cannot read the database");
        }
        return code == SQLITE_ROW;
    }

private:
    sqlite3_stmt* statement_;
};

} // namespace

LedgerView::LedgerView(const std::filesystem::path& database) {
    if (sqlite3_open_v2(database.c_str(), &database_, SQLITE_OPEN_READONLY, nullptr) != SQLITE_OK) {
        throw std::runtime_error("the oracle cannot open the database");
    }
    sqlite3_busy_timeout(database_, 1000);
}

LedgerView::~LedgerView() {
    for (const auto& [sql, statement] : statements_) {
        sqlite3_finalize(statement);
    }
    sqlite3_close(database_);
}

sqlite3_stmt* LedgerView::prepare(const char* sql) {
    sqlite3_stmt*& statement = statements_[sql];
    if (statement == nullptr && sqlite3_prepare_v2(database_, sql, -1, &statement, nullptr) != SQLITE_OK) {
        throw std::runtime_error(sqlite3_errmsg(database_));
    }
    return statement;
}

std::string
LedgerView::intent(std::string_view application, std::string_view entitlement, std::string_view account) {
    static const char* const sql =
        "SELECT intent FROM access WHERE application=? AND entitlement=? AND account=?";
    sqlite3_stmt* const statement = prepare(sql);
    bind_key(statement, application, entitlement, account);
    Run run(statement);
    return run.next() ? text(statement, 0) : std::string();
}

std::optional<TimePoint>
LedgerView::granted_at(std::string_view application, std::string_view entitlement, std::string_view account) {
    static const char* const sql =
        "SELECT at FROM audit WHERE code='grant.done' AND body->>'application'=? AND body->>'entitlement'=? "
        "AND body->>'account'=? ORDER BY seq DESC LIMIT 1";
    sqlite3_stmt* const statement = prepare(sql);
    bind_key(statement, application, entitlement, account);
    Run run(statement);
    if (!run.next()) {
        return std::nullopt;
    }
    return TimePoint(Duration(sqlite3_column_int64(statement, 0)));
}

std::vector<StoredState> LedgerView::requests() {
    static const char* const sql =
        "SELECT issue_id, phase, status_entry, reason_code, (SELECT group_concat(entitlement_name) FROM "
        "(SELECT entitlement_name FROM target WHERE request_id=request.id AND state='held' ORDER BY "
        "entitlement_name)) FROM request ORDER BY id";
    sqlite3_stmt* const statement = prepare(sql);
    Run run(statement);
    std::vector<StoredState> all;
    while (run.next()) {
        StoredState& one = all.emplace_back();
        one.issue_id = text(statement, 0);
        one.phase = text(statement, 1);
        one.status_entry = text(statement, 2);
        one.reason_code = text(statement, 3);
        one.held = text(statement, 4);
    }
    return all;
}

std::int64_t LedgerView::number(const char* sql) {
    sqlite3_stmt* const statement = prepare(sql);
    Run run(statement);
    return run.next() ? sqlite3_column_int64(statement, 0) : 0;
}

std::int64_t LedgerView::open_intents() {
    static const char* const sql = "SELECT count(*) FROM access WHERE intent IS NOT NULL";
    return number(sql);
}

std::vector<std::string> LedgerView::undelivered(TimePoint when) {
    static const char* const sql =
        "SELECT issue_id FROM outbox JOIN audit ON seq=audit_seq WHERE delivered=0 "
        "AND at<? ORDER BY row";
    sqlite3_bind_int64(prepare(sql), 1, when.time_since_epoch().count());
    Run run(prepare(sql));
    std::vector<std::string> all;
    while (run.next()) {
        all.push_back(text(prepare(sql), 0));
    }
    return all;
}

std::int64_t LedgerView::restless() {
    static const char* const sql = "SELECT count(*) FROM request WHERE phase='ended' AND due_at IS NOT NULL";
    return number(sql);
}

std::int64_t LedgerView::version() {
    static const char* const sql = "PRAGMA data_version";
    return number(sql);
}

std::int64_t LedgerView::audit_rows() {
    static const char* const sql = "SELECT max(seq) FROM audit";
    return number(sql);
}

std::string LedgerView::check_audit(AuditChain& chain) {
    static const char* const sql = "SELECT seq, at, code, body, hash FROM audit WHERE seq>? ORDER BY seq";
    sqlite3_stmt* const statement = prepare(sql);
    sqlite3_bind_int64(statement, 1, chain.seq());
    Run run(statement);
    while (run.next()) {
        AuditRow row;
        row.seq = sqlite3_column_int64(statement, 0);
        row.at = TimePoint(Duration(sqlite3_column_int64(statement, 1)));
        row.code = text(statement, 2);
        row.body = text(statement, 3);
        const std::string hash = text(statement, 4);
        std::copy_n(hash.begin(), std::min(hash.size(), row.hash.size()), row.hash.begin());
        if (const auto checked = chain.check(row); !checked) {
            return checked.error().message();
        }
    }
    return std::string();
}

std::string LedgerView::everything() {
    static const char* const sql = "SELECT body FROM audit UNION ALL SELECT reason FROM request UNION ALL "
                                   "SELECT error_message FROM target "
                                   "UNION ALL SELECT lines FROM outbox UNION ALL SELECT proof FROM evidence";
    sqlite3_stmt* const statement = prepare(sql);
    Run run(statement);
    std::string all;
    while (run.next()) {
        all += text(statement, 0);
        all += '\n';
    }
    return all;
}

} // namespace accessd::test
