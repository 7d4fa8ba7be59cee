#include "core/store/audit_table.hpp"

#include "core/support/json.hpp"

#include <algorithm>

namespace accessd {

AuditTable::AuditTable(Database& database)
    : database_(database), last_(database, "SELECT seq, at, hash FROM audit ORDER BY seq DESC LIMIT 1"),
      insert_(database, "INSERT INTO audit (seq, at, code, body, hash) VALUES (?1, ?2, ?3, ?4, ?5)"),
      newest_(database, "SELECT at, code, body FROM audit ORDER BY seq DESC LIMIT 100000") {}

bool AuditTable::load_head() {
    Rows rows(last_);
    if (!rows.next()) {
        return !rows.failed();
    }
    const auto hash = rows.blob(2);
    if (hash.size() != head_.hash.size()) {
        return database_.note_nonsense();
    }
    head_.seq = rows.integer(0);
    head_.at = rows.time(1);
    std::copy(hash.begin(), hash.end(), head_.hash.begin());
    return true;
}

bool AuditTable::append(const AuditEntry& entry, TimePoint at) {
    const std::int64_t seq = head_.seq + 1;
    const Sha256 hash = audit_hash(head_.hash, seq, at, entry.code, entry.body);
    if (!insert_.run(seq, at, entry.code, entry.body, std::span<const std::uint8_t>(hash))) {
        return false;
    }
    head_.seq = seq;
    head_.at = at;
    head_.hash = hash;
    return true;
}

bool AuditTable::changes_since(TimePoint since, std::vector<PastChange>& found) {
    Rows rows(newest_);
    while (rows.next() && rows.time(0) >= since) {
        const bool grant = rows.view(1) == "grant.done";
        if (!grant && rows.view(1) != "revoke.done") {
            continue;
        }
        const auto body = parse_json(rows.view(2));
        if (!body) {
            return database_.note_nonsense();
        }
        PastChange& change = found.emplace_back();
        change.at = rows.time(0);
        change.operation = grant ? Operation::grant : Operation::revoke;
        change.application = string_or_empty(*body, "application");
        change.access_type = string_or_empty(*body, "access_type");
    }
    std::reverse(found.begin(), found.end());
    return !rows.failed();
}

} // namespace accessd
