#include "core/store/access_table.hpp"

namespace accessd {

namespace {

// Stored, so they never change.
std::optional<Operation> parse_operation(std::string_view text) {
    for (const Operation operation : {Operation::grant, Operation::revoke}) {
        if (text == to_string(operation)) {
            return operation;
        }
    }
    return std::nullopt;
}

/// The intent in three columns from `column` on.
bool read_intent(const Rows& rows, int column, std::optional<Intent>& intent) {
    if (rows.is_null(column)) {
        intent.reset();
        return true;
    }
    const auto operation = parse_operation(rows.view(column));
    if (operation) {
        intent = Intent(*operation, rows.text(column + 1), rows.time(column + 2));
    }
    return operation.has_value();
}

bool equal(const std::optional<Intent>& left, const std::optional<Intent>& right) {
    if (!left || !right) {
        return !left && !right;
    }
    return left->operation == right->operation && left->issue_id == right->issue_id && left->at == right->at;
}

} // namespace

AccessTable::AccessTable(Database& database)
    : due(database,
          "SELECT application, entitlement, account FROM access WHERE (watch_at IS NOT NULL"
          " AND watch_at <= ?1) OR (intent_issue IS NOT NULL AND intent_at <= ?1 - 300000)"
          " ORDER BY watch_at"),
      next_due(
          database,
          "SELECT min(at) FROM (SELECT min(watch_at) AS at FROM access WHERE watch_at IS NOT NULL"
          " AND watch_at > ?1 UNION ALL SELECT min(intent_at) + 300000 FROM access"
          " WHERE intent_issue IS NOT NULL AND intent_at > ?1 - 300000)"
      ),
      database_(database),
      find_(
          database,
          "SELECT id, revision, intent, intent_issue, intent_at FROM access WHERE application = ?1"
          " AND entitlement = ?2 AND account = ?3"
      ),
      insert_(
          database,
          "INSERT INTO access (application, entitlement, account, desired, generation, intent, intent_issue,"
          " intent_at, grant_uncertain, owned, preexisting, watch_stage, watch_at, barred_until, revision)"
          " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, 1)"
      ),
      update_(
          database,
          "UPDATE access SET desired = ?2, generation = ?3, intent = ?4, intent_issue = ?5, intent_at = ?6,"
          " grant_uncertain = ?7, owned = ?8, preexisting = ?9, watch_stage = ?10, watch_at = ?11,"
          " barred_until = ?12, revision = revision + 1 WHERE id = ?1"
      ),
      load_(
          database,
          "SELECT desired, generation, intent, intent_issue, intent_at, grant_uncertain, owned, preexisting,"
          " watch_stage, watch_at, revision, barred_until FROM access WHERE application = ?1"
          " AND entitlement = ?2 AND account = ?3"
      ),
      open_intents_(
          database,
          "SELECT DISTINCT intent_issue FROM access WHERE intent_issue IS NOT NULL ORDER BY intent_issue"
      ) {}

bool AccessTable::find(const Access& access, Found& found) {
    Rows rows(find_, access.key.application, access.key.entitlement, access.key.account);
    if (!rows.next()) {
        return !rows.failed();
    }
    std::optional<Intent> intent;
    if (!read_intent(rows, 2, intent)) {
        return database_.note_nonsense();
    }
    found.id = rows.integer(0);
    found.revision = rows.integer(1);
    found.same_intent = equal(intent, access.intent);
    return true;
}

bool AccessTable::write(const Access& a, const Found& found) {
    std::optional<std::string_view> intent;
    std::optional<std::string_view> intent_issue;
    std::optional<TimePoint> intent_at;
    if (a.intent) {
        intent = to_string(a.intent->operation);
        intent_issue = a.intent->issue_id;
        intent_at = a.intent->at;
    }
    if (found.id == 0) {
        return insert_.run(
            a.key.application,
            a.key.entitlement,
            a.key.account,
            a.desired,
            a.generation,
            intent,
            intent_issue,
            intent_at,
            a.grant_uncertain,
            a.owned,
            a.preexisting,
            a.watch_stage,
            a.watch_at,
            a.barred_until
        );
    }
    return update_.run(
        found.id,
        a.desired,
        a.generation,
        intent,
        intent_issue,
        intent_at,
        a.grant_uncertain,
        a.owned,
        a.preexisting,
        a.watch_stage,
        a.watch_at,
        a.barred_until
    );
}

bool AccessTable::load(Access& access) {
    Rows rows(load_, access.key.application, access.key.entitlement, access.key.account);
    if (!rows.next()) {
        return !rows.failed();
    }
    access.desired = rows.flag(0);
    access.generation = rows.integer(1);
    if (!read_intent(rows, 2, access.intent)) {
        return database_.note_nonsense();
    }
    access.grant_uncertain = rows.flag(5);
    access.owned = rows.flag(6);
    access.preexisting = rows.flag(7);
    access.watch_stage = rows.count(8);
    access.watch_at = rows.optional_time(9);
    access.revision = rows.integer(10);
    access.barred_until = rows.optional_time(11);
    return true;
}

bool AccessTable::open_intents(std::vector<std::string>& issue_ids) {
    Rows rows(open_intents_);
    while (rows.next()) {
        issue_ids.push_back(rows.text(0));
    }
    return !rows.failed();
}

} // namespace accessd
