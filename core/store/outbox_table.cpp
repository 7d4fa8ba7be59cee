#include "core/store/outbox_table.hpp"

#include "core/store/text_list.hpp"

namespace accessd {

namespace {

// Column "delivered", as in the statements below; 0 is on its way.
constexpr std::int64_t delivered = 1;
constexpr std::int64_t withdrawn = 2;

} // namespace

OutboxTable::OutboxTable(Database& database)
    : due(database,
          "SELECT issue_id FROM outbox WHERE due_at IS NOT NULL AND due_at <= ?1 ORDER BY due_at, issue_id"),
      next_due(database, "SELECT min(due_at) FROM outbox WHERE due_at IS NOT NULL AND due_at > ?1"),
      database_(database), find_(database, "SELECT row, delivered FROM outbox WHERE id = ?1"),
      insert_(
          database,
          "INSERT INTO outbox (id, issue_id, issue_key, status_entry, kind, lines, audit_seq,"
          " audit_head, may_be_sent, attempts, wake_at, due_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9,"
          " ?10, ?11, ?12)"
      ),
      update_(
          database,
          "UPDATE outbox SET issue_key = ?2, lines = ?3, audit_seq = ?4, audit_head = ?5,"
          " may_be_sent = ?6 OR (?7 AND may_be_sent), attempts = ?8, wake_at = ?9, due_at = ?10,"
          " delivered = 0"
          " WHERE row = ?1"
      ),
      mark_delivered_(
          database,
          "UPDATE outbox SET delivered = 1, wake_at = NULL, due_at = NULL WHERE id = ?1 AND delivered = 0"
      ),
      mark_withdrawn_(
          database,
          "UPDATE outbox SET delivered = 2, wake_at = NULL, due_at = NULL"
          " WHERE id = ?1 AND audit_seq = ?2 AND delivered = 0"
      ),
      load_(
          database,
          "SELECT issue_id, issue_key, status_entry, kind, lines, audit_seq, audit_head,"
          " may_be_sent, attempts, wake_at FROM outbox WHERE id > ?1 AND id < ?2 AND delivered = 0"
          " ORDER BY row"
      ) {}

bool OutboxTable::write(
    const Tell& t, std::int64_t audit_seq, const std::string& audit_head, bool& inserted
) {
    const std::string id = t.id();
    std::int64_t row = 0;
    {
        Rows rows(find_, id);
        if (rows.next()) {
            const std::int64_t state = rows.integer(1);
            if (state == delivered || (state == withdrawn && t.audit_seq != 0)) {
                return true;
            }
            row = rows.integer(0);
        } else if (rows.failed()) {
            return false;
        }
    }
    const bool fresh = t.audit_seq == 0;
    const std::int64_t seq = fresh ? audit_seq : t.audit_seq;
    const std::string& head = fresh ? audit_head : t.audit_head;
    const std::string lines = encode_list(t.lines);
    const std::int64_t due_at = t.wake_at ? t.wake_at->time_since_epoch().count() : 0;
    if (row != 0) {
        return update_.run(
            row, t.issue_key, lines, seq, head, t.may_be_sent, fresh, t.attempts, t.wake_at, due_at
        );
    }
    inserted = true;
    return insert_.run(
        id,
        t.issue_id,
        t.issue_key,
        t.status_entry,
        to_string(t.kind),
        lines,
        seq,
        head,
        t.may_be_sent,
        t.attempts,
        t.wake_at,
        due_at
    );
}

bool OutboxTable::mark_delivered(const std::string& tell_id) {
    return mark_delivered_.run(tell_id);
}

bool OutboxTable::mark_withdrawn(const Tell& tell) {
    return mark_withdrawn_.run(tell.id(), tell.audit_seq);
}

bool OutboxTable::load(const std::string& issue_id, std::vector<Tell>& tells) {
    // Ids begin with the issue id and "/", and "0" is what follows "/": this needs no index of its own.
    const std::string from = issue_id + "/";
    const std::string until = issue_id + "0";
    Rows rows(load_, from, until);
    while (rows.next()) {
        Tell& tell = tells.emplace_back();
        const auto kind = parse_tell_kind(rows.view(3));
        if (!kind || !decode_list(rows.view(4), tell.lines)) {
            return database_.note_nonsense();
        }
        tell.issue_id = rows.text(0);
        tell.issue_key = rows.text(1);
        tell.status_entry = rows.text(2);
        tell.kind = *kind;
        tell.audit_seq = rows.integer(5);
        tell.audit_head = rows.text(6);
        tell.may_be_sent = rows.flag(7);
        tell.attempts = rows.count(8);
        tell.wake_at = rows.optional_time(9);
    }
    return !rows.failed();
}

} // namespace accessd
