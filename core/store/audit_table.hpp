#pragma once

#include "core/store/audit.hpp"
#include "core/store/sqlite.hpp"
#include "core/store/store.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace accessd {

/// The end of the chain as written so far.
class AuditHead {
public:
    AuditHead() = default;

    std::int64_t seq = 0;
    TimePoint at{}; ///< when row `seq` was written
    Sha256 hash = audit_genesis;
};

/// The audit rows. The end of the chain is kept in memory: the database has one writer.
class AuditTable {
public:
    explicit AuditTable(Database& database);

    /// Reads where the chain ends. False: the database failed.
    bool load_head();

    /// Adds a row inside the caller's transaction; the caller puts the old head back if that fails.
    bool append(const AuditEntry& entry, TimePoint at);

    /// See Store::changes_since().
    bool changes_since(TimePoint since, std::vector<PastChange>& found);

    const AuditHead& head() const { return head_; }

    void set_head(const AuditHead& head) { head_ = head; }

private:
    Database& database_;
    Statement last_;
    Statement insert_;
    Statement newest_;
    AuditHead head_;
};

} // namespace accessd
