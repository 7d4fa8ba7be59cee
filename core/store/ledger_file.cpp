#include "core/store/ledger_file.hpp"

#include "core/store/reading.hpp"
#include "core/store/schema.hpp"
#include "core/store/text_list.hpp"
#include "core/support/json.hpp"
#include "core/support/text.hpp"

#include <utility>

namespace accessd {

namespace {

Result<Done> check_version(Database& database) {
    Statement statement(database, "PRAGMA user_version");
    Rows rows(statement);
    if (!rows.next()) {
        return database.failure();
    }
    const std::int64_t version = rows.integer(0);
    const auto ours = static_cast<std::int64_t>(schema_migrations().size());
    if (version == ours) {
        return Done();
    }
    const std::string versions = "the database has schema version " + std::to_string(version) +
                                 ", this accessd reads version " + std::to_string(ours) + "; ";
    return version > ours
               ? Error(Fault::permanent, "store.newer", versions + "use the newer accessd")
               : Error(
                     Fault::permanent, "store.older", versions + "the daemon renews it when it starts with it"
                 );
}

Delivery delivery_of(std::int64_t stored) {
    return stored == 0 ? Delivery::waiting : stored == 1 ? Delivery::done : Delivery::withdrawn;
}

} // namespace

LedgerFile::LedgerFile(std::unique_ptr<Database> database)
    : database_(std::move(database)), requests_(*database_), accesses_(*database_) {}

Result<std::unique_ptr<LedgerFile>> LedgerFile::open(const std::filesystem::path& file, Database::Mode mode) {
    auto database = open_for_reading(file, mode);
    if (!database) {
        return std::move(database).error();
    }
    auto version = check_version(**database);
    if (!version) {
        return std::move(version).error();
    }
    return std::unique_ptr<LedgerFile>(new LedgerFile(std::move(*database)));
}

Result<std::vector<std::string>> LedgerFile::texts(Rows& rows) {
    std::vector<std::string> found;
    while (rows.next()) {
        found.push_back(rows.text(0));
    }
    if (rows.failed()) {
        return database_->failure();
    }
    return found;
}

Result<std::optional<std::string>> LedgerFile::find(const std::string& key) {
    Statement statement(
        *database_, "SELECT issue_id FROM request WHERE issue_key = ?1 OR issue_id = ?1 ORDER BY id DESC"
    );
    Rows rows(statement, key);
    auto found = texts(rows);
    if (!found) {
        return std::move(found).error();
    }
    if (!found->empty()) {
        return std::optional<std::string>(found->front());
    }
    std::optional<std::string> earlier;
    auto read = audit("\"ticket\":" + canonical_json(boost::json::value(key)), [&](const AuditRow& row) {
        const auto body = parse_json(row.body);
        if (body && string_or_empty(*body, "ticket") == key) {
            earlier = string_or_empty(*body, "issue");
        }
    });
    return read ? Result<std::optional<std::string>>(std::move(earlier)) : std::move(read).error();
}

Result<std::optional<Request>> LedgerFile::request(const std::string& issue_id) {
    Request request;
    bool there = false;
    if (!requests_.load(issue_id, request, there)) {
        return database_->failure();
    }
    return there ? std::optional<Request>(std::move(request)) : std::nullopt;
}

Result<std::vector<StoredTell>> LedgerFile::tells(const std::string& issue_id) {
    Statement statement(
        *database_,
        "SELECT issue_key, status_entry, kind, lines, audit_seq, audit_head, attempts, wake_at, delivered"
        " FROM outbox WHERE issue_id = ?1 ORDER BY row"
    );
    Rows rows(statement, issue_id);
    std::vector<StoredTell> found;
    while (rows.next()) {
        StoredTell& stored = found.emplace_back();
        Tell& tell = stored.tell;
        const auto kind = parse_tell_kind(rows.view(2));
        if (!kind || !decode_list(rows.view(3), tell.lines)) {
            database_->note_nonsense();
            return database_->failure();
        }
        tell.issue_id = issue_id;
        tell.issue_key = rows.text(0);
        tell.status_entry = rows.text(1);
        tell.kind = *kind;
        tell.audit_seq = rows.integer(4);
        tell.audit_head = rows.text(5);
        tell.attempts = rows.count(6);
        tell.wake_at = rows.optional_time(7);
        stored.delivery = delivery_of(rows.integer(8));
    }
    if (rows.failed()) {
        return database_->failure();
    }
    return found;
}

Result<StoredAccess> LedgerFile::access(const AccessKey& key) {
    StoredAccess stored;
    stored.access = Access(key);
    if (!accesses_.load(stored.access) || !requests_.holders(key, stored.holders)) {
        return database_->failure();
    }
    return stored;
}

Result<std::vector<std::string>> LedgerFile::concerned(const HoldingQuestion& question) {
    Statement statement(
        *database_,
        "SELECT DISTINCT issue_id FROM request JOIN target ON request_id = request.id"
        " WHERE (beneficiary_id = ?1 OR account = ?1 OR account_id = ?1"
        "  OR lower(beneficiary_email) = ?2 OR lower(account_name) = ?2)"
        " AND (entitlement = ?3 OR entitlement_name = ?3) AND (?4 = '' OR target.application = ?4)"
        " ORDER BY request.id"
    );
    const std::string folded = fold_email(question.user);
    Rows rows(statement, question.user, folded, question.entitlement, question.application);
    return texts(rows);
}

Result<std::vector<std::string>> LedgerFile::beneficiaries(const std::string& user) {
    Statement statement(
        *database_,
        "SELECT DISTINCT beneficiary_id FROM request WHERE beneficiary_id <> '' AND (beneficiary_id = ?1"
        " OR account_id = ?1 OR lower(beneficiary_email) = ?2 OR lower(account_name) = ?2)"
    );
    const std::string folded = fold_email(user);
    Rows rows(statement, user, folded);
    return texts(rows);
}

Result<std::vector<std::string>> LedgerFile::unfinished() {
    Statement statement(
        *database_,
        "SELECT issue_id FROM request WHERE live = 1 OR EXISTS (SELECT 1 FROM target WHERE"
        " request_id = request.id AND holds = 1) ORDER BY id"
    );
    Rows rows(statement);
    return texts(rows);
}

Result<std::vector<std::string>> LedgerFile::entitlement_names(std::size_t limit) {
    Statement statement(
        *database_, "SELECT DISTINCT entitlement_name FROM target ORDER BY entitlement_name LIMIT ?1"
    );
    Rows rows(statement, limit);
    return texts(rows);
}

Result<Done> LedgerFile::audit(const std::string& part, const std::function<void(const AuditRow&)>& visit) {
    Statement statement(
        *database_, "SELECT seq, at, code, body FROM audit WHERE ?1 = '' OR instr(body, ?1) > 0 ORDER BY seq"
    );
    Rows rows(statement, part);
    AuditRow row;
    while (rows.next()) {
        row.seq = rows.integer(0);
        row.at = rows.time(1);
        row.code = rows.view(2);
        row.body = rows.view(3);
        visit(row);
    }
    if (rows.failed()) {
        return database_->failure();
    }
    return Done();
}

} // namespace accessd
