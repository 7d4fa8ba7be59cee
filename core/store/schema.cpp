#include "core/store/schema.hpp"

#include <array>
#include <string>

namespace accessd {

namespace {

// Times are milliseconds since 1970 in UTC, lists are JSON arrays of strings.
//
// due_at is when a row is due, 0 for at once and NULL for never; the indexes on it hold nothing else, so that
// looking for work costs the same however many rows there are. What never changes after the decision
// (evidence) and what changes at every step (request) lie apart, so that a step writes few pages. `holds` and
// `live` change less often than the states that they are made from, and so do the indexes on them.
constexpr const char* version_1 = R"sql(
CREATE TABLE request (
    id INTEGER PRIMARY KEY,
    issue_id TEXT NOT NULL UNIQUE,
    issue_key TEXT NOT NULL,
    status_entry TEXT NOT NULL,
    phase TEXT NOT NULL,
    application TEXT NOT NULL,
    access_type TEXT NOT NULL,
    entitlement_names TEXT NOT NULL,
    rule_hash TEXT NOT NULL,
    config_hash TEXT NOT NULL,
    revoke_preexisting INTEGER NOT NULL,
    duration INTEGER,
    beneficiary_id TEXT NOT NULL,
    beneficiary_email TEXT NOT NULL,
    approver TEXT NOT NULL,
    approved_at INTEGER,
    account_id TEXT NOT NULL,
    account_name TEXT NOT NULL,
    reason_code TEXT NOT NULL,
    reason TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    first_failed_at INTEGER,
    wake_at INTEGER,
    vanished_at INTEGER,
    seen_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    live INTEGER NOT NULL,
    due_at INTEGER,
    target_count INTEGER NOT NULL,
    revision INTEGER NOT NULL
) STRICT;
CREATE INDEX request_due ON request (due_at, issue_id) WHERE due_at IS NOT NULL;
CREATE INDEX request_live ON request (issue_id, vanished_at) WHERE live = 1;

CREATE TABLE evidence (
    request_id INTEGER PRIMARY KEY REFERENCES request (id),
    proof TEXT NOT NULL
) STRICT;

CREATE TABLE target (
    request_id INTEGER NOT NULL REFERENCES request (id),
    position INTEGER NOT NULL,
    application TEXT NOT NULL,
    entitlement TEXT NOT NULL,
    account TEXT NOT NULL,
    entitlement_name TEXT NOT NULL,
    state TEXT NOT NULL,
    holds INTEGER NOT NULL,
    kept_because TEXT NOT NULL,
    expires_at INTEGER,
    attempts INTEGER NOT NULL,
    first_failed_at INTEGER,
    wake_at INTEGER,
    error_code TEXT NOT NULL,
    error_message TEXT NOT NULL,
    PRIMARY KEY (request_id, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX target_holder ON target (application, entitlement, account) WHERE holds = 1;

CREATE TABLE access (
    id INTEGER PRIMARY KEY,
    application TEXT NOT NULL,
    entitlement TEXT NOT NULL,
    account TEXT NOT NULL,
    desired INTEGER NOT NULL,
    generation INTEGER NOT NULL,
    intent TEXT,
    intent_issue TEXT,
    intent_at INTEGER,
    grant_uncertain INTEGER NOT NULL,
    owned INTEGER NOT NULL,
    preexisting INTEGER NOT NULL,
    watch_stage INTEGER NOT NULL,
    watch_at INTEGER,
    revision INTEGER NOT NULL,
    UNIQUE (application, entitlement, account)
) STRICT;
CREATE INDEX access_intent ON access (intent_issue) WHERE intent_issue IS NOT NULL;
CREATE INDEX access_watch ON access (watch_at) WHERE watch_at IS NOT NULL;

CREATE TABLE outbox (
    row INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    issue_id TEXT NOT NULL,
    issue_key TEXT NOT NULL,
    status_entry TEXT NOT NULL,
    kind TEXT NOT NULL,
    lines TEXT NOT NULL,
    audit_seq INTEGER NOT NULL,
    audit_head TEXT NOT NULL,
    may_be_sent INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    wake_at INTEGER,
    delivered INTEGER NOT NULL DEFAULT 0,
    due_at INTEGER
) STRICT;
CREATE INDEX outbox_due ON outbox (due_at, issue_id) WHERE due_at IS NOT NULL;

CREATE TABLE audit (
    seq INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    code TEXT NOT NULL,
    body TEXT NOT NULL,
    hash BLOB NOT NULL
) STRICT;

CREATE TABLE pin (
    application TEXT NOT NULL,
    name TEXT NOT NULL,
    entitlement TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (application, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE mark (
    name TEXT PRIMARY KEY,
    at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
)sql";

// Requests that take access away, and how long what they took stays away.
constexpr const char* version_2 = R"sql(
ALTER TABLE request ADD COLUMN kind TEXT NOT NULL DEFAULT 'grant';
ALTER TABLE access ADD COLUMN barred_until INTEGER;
)sql";

// Signed notes about the audit: seq is the last row that the note covers.
constexpr const char* version_3 = R"sql(
CREATE TABLE checkpoint (
    seq INTEGER PRIMARY KEY,
    note TEXT NOT NULL
) STRICT;
)sql";

// Requests that replace one access by another, and whose leases are whose.
constexpr const char* version_4 = R"sql(
ALTER TABLE request ADD COLUMN replaced_type TEXT NOT NULL DEFAULT '';
ALTER TABLE request ADD COLUMN replaced_names TEXT NOT NULL DEFAULT '[]';
ALTER TABLE target ADD COLUMN spares INTEGER NOT NULL DEFAULT 0;
CREATE INDEX request_beneficiary ON request (beneficiary_id);
)sql";

// Whose account is whose. What requests were resolved to before is known, too: the newest of each person's.
constexpr const char* version_5 = R"sql(
CREATE TABLE identity (
    application TEXT NOT NULL,
    beneficiary_id TEXT NOT NULL,
    account_id TEXT NOT NULL,
    account_name TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (application, beneficiary_id)
) STRICT, WITHOUT ROWID;
INSERT OR REPLACE INTO identity
    SELECT application, beneficiary_id, account_id, account_name, seen_at FROM request
    WHERE account_id <> '' AND beneficiary_id <> '' ORDER BY seen_at, id;
)sql";

// When the ticket is told that a lease will end.
constexpr const char* version_6 = R"sql(
ALTER TABLE target ADD COLUMN remind_at INTEGER;
)sql";

constexpr std::array<const char*, 6> migrations_so_far = {
    version_1, version_2, version_3, version_4, version_5, version_6};

bool apply(Database& database, std::span<const char* const> steps, std::size_t version) {
    for (const char* const step : steps) {
        if (!database.execute(step)) {
            return false;
        }
    }
    const std::string mark = "PRAGMA user_version=" + std::to_string(version);
    return database.execute(mark.c_str()) && database.commit();
}

} // namespace

std::span<const char* const> schema_migrations() {
    return migrations_so_far;
}

Result<Done> migrate(Database& database, std::span<const char* const> migrations) {
    Statement statement(database, "PRAGMA user_version");
    std::size_t version = 0;
    {
        Rows rows(statement);
        if (!rows.next()) {
            return database.failure();
        }
        version = static_cast<std::size_t>(rows.integer(0));
    }
    if (version == migrations.size()) {
        return Done();
    }
    if (version > migrations.size()) {
        return Error(
            Fault::permanent,
            "store.newer",
            "the database has schema version " + std::to_string(version) + ", this accessd knows up to " +
                std::to_string(migrations.size()) + "; install the newer accessd again or restore a backup"
        );
    }
    if (!database.begin()) {
        return database.failure();
    }
    if (!apply(database, migrations.subspan(version), migrations.size())) {
        Error error = database.failure();
        database.rollback();
        return error;
    }
    return Done();
}

} // namespace accessd
