#include "core/store/checkpoint_table.hpp"

#include <utility>

namespace accessd {

CheckpointTable::CheckpointTable(Database& database, std::shared_ptr<const NoteSigner> signer)
    : signer_(std::move(signer)), last_(database, "SELECT seq FROM checkpoint ORDER BY seq DESC LIMIT 1"),
      insert_(database, "INSERT INTO checkpoint (seq, note) VALUES (?1, ?2)") {}

bool CheckpointTable::load() {
    Rows rows(last_);
    if (rows.next()) {
        covered_.seq = rows.integer(0);
    }
    return !rows.failed();
}

void CheckpointTable::note_rows(const AuditHead& head) {
    if (head.seq > covered_.seq && !covered_.since) {
        covered_.since = head.at;
    }
}

bool CheckpointTable::is_due(const AuditHead& head, TimePoint now) const {
    return is_behind(head) && covered_.since &&
           checkpoint_is_due(head.seq - covered_.seq, now - *covered_.since);
}

bool CheckpointTable::is_behind(const AuditHead& head) const {
    return signer_ && head.seq > covered_.seq;
}

bool CheckpointTable::append(const AuditHead& head) {
    Checkpoint checkpoint;
    checkpoint.origin = signer_->key().name;
    checkpoint.rows = head.seq;
    checkpoint.head = head.hash;
    checkpoint.at = head.at;
    const auto note = signer_->sign(checkpoint.text());
    if (note && !insert_.run(head.seq, *note)) {
        return false;
    }
    covered_ = Covered();
    covered_.seq = head.seq;
    return true;
}

} // namespace accessd
