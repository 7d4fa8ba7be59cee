#include "core/store/request_table.hpp"

#include "core/store/text_list.hpp"

#include <algorithm>
#include <limits>

namespace accessd {

namespace {

bool is_live(Phase phase) {
    return phase == Phase::resolving || phase == Phase::granting || phase == Phase::active ||
           phase == Phase::ending;
}

bool waits_for_first_try(const Request& request, const Target& target) {
    const bool grant = target.state == TargetState::wanted && may_be_granted(request);
    return (grant || target.state == TargetState::ending) && !target.wake_at;
}

} // namespace

std::optional<std::int64_t> due_at(const Request& request) {
    const bool untried =
        std::any_of(request.targets.begin(), request.targets.end(), [&](const Target& target) {
            return waits_for_first_try(request, target);
        });
    const bool unresolved = request.phase == Phase::resolving && !request.vanished_at && !request.wake_at;
    if (is_live(request.phase) && (untried || unresolved)) {
        return 0;
    }
    const auto wake = next_wake(request);
    return wake ? std::optional<std::int64_t>(wake->time_since_epoch().count()) : std::nullopt;
}

RequestTable::RequestTable(Database& database)
    : due(database,
          "SELECT issue_id FROM request WHERE due_at IS NOT NULL AND due_at <= ?1 ORDER BY due_at, issue_id"),
      next_due(database, "SELECT min(due_at) FROM request WHERE due_at IS NOT NULL AND due_at > ?1"),
      database_(database),
      find_(
          database, "SELECT id, revision, target_count, live, vanished_at FROM request WHERE issue_id = ?1"
      ),
      insert_(
          database,
          "INSERT INTO request (issue_id, issue_key, status_entry, phase, application, access_type,"
          " entitlement_names, rule_hash, config_hash, revoke_preexisting, duration, beneficiary_id,"
          " beneficiary_email, approver, approved_at, account_id, account_name, reason_code, reason,"
          " attempts, first_failed_at, wake_at, seen_at, updated_at, due_at, target_count, kind,"
          " replaced_type, replaced_names, live, revision) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10,"
          " ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27, ?28, ?29,"
          " 0, 1)"
      ),
      update_(
          database,
          "UPDATE request SET issue_key = ?2, status_entry = ?3, phase = ?4, application = ?5,"
          " access_type = ?6, entitlement_names = ?7, rule_hash = ?8, config_hash = ?9,"
          " revoke_preexisting = ?10, duration = ?11, beneficiary_id = ?12, beneficiary_email = ?13,"
          " approver = ?14, approved_at = ?15, account_id = ?16, account_name = ?17, reason_code = ?18,"
          " reason = ?19, attempts = ?20, first_failed_at = ?21, wake_at = ?22, seen_at = ?23,"
          " updated_at = ?24, due_at = ?25, target_count = ?26, kind = ?27, replaced_type = ?28,"
          " replaced_names = ?29, revision = revision + 1"
          " WHERE id = ?1"
      ),
      update_life_(database, "UPDATE request SET live = ?2, vanished_at = ?3 WHERE id = ?1"),
      insert_evidence_(database, "INSERT INTO evidence (request_id, proof) VALUES (?1, ?2)"),
      update_evidence_(database, "UPDATE evidence SET proof = ?2 WHERE request_id = ?1 AND proof IS NOT ?2"),
      update_target_(
          database,
          "UPDATE target SET entitlement_name = ?6, state = ?7, kept_because = ?9, expires_at = ?10,"
          " attempts = ?11, first_failed_at = ?12, wake_at = ?13, error_code = ?14, error_message = ?15,"
          " spares = ?16, remind_at = ?17"
          " WHERE request_id = ?1 AND position = ?2 AND application = ?3 AND entitlement = ?4"
          " AND account = ?5 AND holds = ?8"
      ),
      put_target_(
          database,
          "INSERT OR REPLACE INTO target (request_id, position, application, entitlement, account,"
          " entitlement_name, state, holds, kept_because, expires_at, attempts, first_failed_at, wake_at,"
          " error_code, error_message, spares, remind_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, "
          "?11, ?12,"
          " ?13, ?14, ?15, ?16, ?17)"
      ),
      drop_targets_(database, "DELETE FROM target WHERE request_id = ?1 AND position >= ?2"),
      load_(
          database,
          "SELECT issue_id, issue_key, status_entry, phase, application, access_type, entitlement_names,"
          " rule_hash, config_hash, revoke_preexisting, duration, beneficiary_id, beneficiary_email,"
          " approver, approved_at, account_id, account_name, reason_code, reason, attempts,"
          " first_failed_at, wake_at, seen_at, updated_at, vanished_at, revision, id, proof, kind,"
          " replaced_type, replaced_names"
          " FROM request JOIN evidence ON request_id = id WHERE issue_id = ?1"
      ),
      load_targets_(
          database,
          "SELECT application, entitlement, account, entitlement_name, state, kept_because, expires_at,"
          " attempts, first_failed_at, wake_at, error_code, error_message, spares, remind_at FROM target"
          " WHERE request_id = ?1"
          " ORDER BY position"
      ),
      holders_(
          database,
          "SELECT DISTINCT issue_id, issue_key FROM target JOIN request ON id = request_id WHERE holds = 1"
          " AND target.application = ?1 AND entitlement = ?2 AND account = ?3 ORDER BY issue_id"
      ),
      leases_(
          database,
          "SELECT issue_id, issue_key, target.application, entitlement, account, entitlement_name"
          " FROM request JOIN target ON request_id = id WHERE beneficiary_id = ?1 AND holds = 1"
          " ORDER BY issue_id, position"
      ),
      live_(
          database,
          "SELECT issue_id, vanished_at FROM request WHERE live = 1 AND issue_id > ?1 ORDER BY issue_id"
          " LIMIT ?2"
      ) {}

bool RequestTable::find(const std::string& issue_id, Found& found) {
    Rows rows(find_, issue_id);
    if (rows.next()) {
        found.id = rows.integer(0);
        found.revision = rows.integer(1);
        found.targets = rows.integer(2);
        found.live = rows.flag(3);
        found.vanished_at = rows.optional_time(4);
    }
    return !rows.failed();
}

template <class Key> bool RequestTable::write_fields(Statement& statement, const Key& key, const Request& r) {
    const std::string names = encode_list(r.entitlement_names);
    const std::string replaced = encode_list(r.replaced_names);
    return statement.run(
        key,
        r.issue_key,
        r.status_entry,
        to_string(r.phase),
        r.application,
        r.access_type,
        names,
        r.rule_hash,
        r.config_hash,
        r.revoke_preexisting,
        r.duration,
        r.beneficiary_id,
        r.beneficiary_email,
        r.approver,
        r.approved_at,
        r.account.id,
        r.account.name,
        r.reason_code,
        r.reason,
        r.attempts,
        r.first_failed_at,
        r.wake_at,
        r.seen_at,
        r.updated_at,
        due_at(r),
        r.targets.size(),
        to_string(r.kind),
        r.replaced_type,
        replaced
    );
}

bool RequestTable::write_row(const Request& request, const Found& found, std::int64_t& id) {
    id = found.id;
    if (id != 0) {
        return write_fields(update_, id, request) && update_evidence_.run(id, request.evidence);
    }
    if (!write_fields(insert_, request.issue_id, request)) {
        return false;
    }
    id = database_.last_row();
    return insert_evidence_.run(id, request.evidence);
}

bool RequestTable::write_life(const Request& request, const Found& found, std::int64_t id) {
    const bool live = is_live(request.phase);
    const bool same = live == found.live && request.vanished_at == found.vanished_at;
    return same || update_life_.run(id, live, request.vanished_at);
}

bool RequestTable::write_target(std::int64_t id, std::int64_t position, const Target& t) {
    const auto write = [&](Statement& statement) {
        return statement.run(
            id,
            position,
            t.key.application,
            t.key.entitlement,
            t.key.account,
            t.entitlement_name,
            to_string(t.state),
            is_holding(t.state),
            t.kept_because,
            t.expires_at,
            t.attempts,
            t.first_failed_at,
            t.wake_at,
            t.error_code,
            t.error_message,
            t.spares,
            t.remind_at
        );
    };
    // The common case does not touch the index of holders, whose pages are as many as there are accounts.
    return write(update_target_) && (database_.changes() == 1 || write(put_target_));
}

bool RequestTable::write(const Request& request, const Found& found) {
    std::int64_t id = 0;
    if (!write_row(request, found, id) || !write_life(request, found, id)) {
        return false;
    }
    std::int64_t position = 0;
    for (const Target& target : request.targets) {
        if (!write_target(id, position++, target)) {
            return false;
        }
    }
    return found.targets <= position || drop_targets_.run(id, position);
}

bool RequestTable::load_targets(std::int64_t id, Request& request) {
    Rows rows(load_targets_, id);
    while (rows.next()) {
        Target& target = request.targets.emplace_back();
        target.key = AccessKey(rows.text(0), rows.text(1), rows.text(2));
        target.entitlement_name = rows.text(3);
        const auto state = parse_target_state(rows.view(4));
        if (!state) {
            return database_.note_nonsense();
        }
        target.state = *state;
        target.kept_because = rows.text(5);
        target.expires_at = rows.optional_time(6);
        target.attempts = rows.count(7);
        target.first_failed_at = rows.optional_time(8);
        target.wake_at = rows.optional_time(9);
        target.error_code = rows.text(10);
        target.error_message = rows.text(11);
        target.spares = rows.flag(12);
        target.remind_at = rows.optional_time(13);
    }
    return !rows.failed();
}

bool RequestTable::load(const std::string& issue_id, Request& r, bool& there) {
    Rows rows(load_, issue_id);
    there = rows.next();
    if (!there) {
        return !rows.failed();
    }
    const auto phase = parse_phase(rows.view(3));
    const auto kind = parse_request_kind(rows.view(28));
    if (!phase || !kind || !decode_list(rows.view(6), r.entitlement_names) ||
        !decode_list(rows.view(30), r.replaced_names)) {
        return database_.note_nonsense();
    }
    r.issue_id = rows.text(0);
    r.issue_key = rows.text(1);
    r.status_entry = rows.text(2);
    r.phase = *phase;
    r.kind = *kind;
    r.application = rows.text(4);
    r.access_type = rows.text(5);
    r.rule_hash = rows.text(7);
    r.config_hash = rows.text(8);
    r.revoke_preexisting = rows.flag(9);
    r.duration = rows.is_null(10) ? std::nullopt : std::optional<Duration>(rows.integer(10));
    r.beneficiary_id = rows.text(11);
    r.beneficiary_email = rows.text(12);
    r.approver = rows.text(13);
    r.approved_at = rows.optional_time(14);
    r.account = Account(rows.text(15), rows.text(16));
    r.reason_code = rows.text(17);
    r.reason = rows.text(18);
    r.attempts = rows.count(19);
    r.first_failed_at = rows.optional_time(20);
    r.wake_at = rows.optional_time(21);
    r.seen_at = rows.time(22);
    r.updated_at = rows.time(23);
    r.vanished_at = rows.optional_time(24);
    r.revision = rows.integer(25);
    r.evidence = rows.text(27);
    r.replaced_type = rows.text(29);
    return load_targets(rows.integer(26), r);
}

bool RequestTable::holders(const AccessKey& key, std::vector<std::pair<std::string, std::string>>& found) {
    Rows rows(holders_, key.application, key.entitlement, key.account);
    while (rows.next()) {
        found.emplace_back(rows.text(0), rows.text(1));
    }
    return !rows.failed();
}

bool RequestTable::leases(const std::string& beneficiary_id, std::vector<Lease>& found) {
    Rows rows(leases_, beneficiary_id);
    while (rows.next()) {
        Lease& lease = found.emplace_back();
        lease.issue_id = rows.text(0);
        lease.issue_key = rows.text(1);
        lease.key = AccessKey(rows.text(2), rows.text(3), rows.text(4));
        lease.entitlement_name = rows.text(5);
    }
    return !rows.failed();
}

bool RequestTable::live(const std::string& after, std::size_t limit, std::vector<LiveRequest>& found) {
    // A negative limit would mean none.
    const std::size_t most = std::min<std::size_t>(limit, std::numeric_limits<std::int32_t>::max());
    Rows rows(live_, after, most);
    while (rows.next()) {
        LiveRequest& request = found.emplace_back();
        request.issue_id = rows.text(0);
        request.vanished_at = rows.optional_time(1);
    }
    return !rows.failed();
}

} // namespace accessd
