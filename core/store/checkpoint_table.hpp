#pragma once

#include "core/store/audit_table.hpp"
#include "core/store/checkpoint.hpp"
#include "core/store/note.hpp"
#include "core/store/sqlite.hpp"

#include <cstdint>
#include <memory>
#include <optional>

namespace accessd {

/// How far the checkpoints reach.
class Covered {
public:
    Covered() = default;

    std::int64_t seq = 0;           ///< the last row that one covers
    std::optional<TimePoint> since; ///< when the first row after that was written, once one is
};

/// The signed checkpoints of the audit. Without a signer none are written.
class CheckpointTable {
public:
    /// `signer` may be null.
    CheckpointTable(Database& database, std::shared_ptr<const NoteSigner> signer);

    /// Reads how far the checkpoints reach. False: the database failed.
    bool load();

    /// Takes note of rows that were written.
    void note_rows(const AuditHead& head);

    bool is_due(const AuditHead& head, TimePoint now) const;

    bool is_behind(const AuditHead& head) const; ///< rows were written that none covers

    /// Adds one of `head` inside the caller's transaction; the caller puts the old state back if that fails.
    /// False: the database failed. An audit goes on without a signature that OpenSSL refuses: the next
    /// checkpoint covers its rows, and verifying shows what is not covered.
    bool append(const AuditHead& head);

    const Covered& covered() const { return covered_; }

    void set_covered(const Covered& covered) { covered_ = covered; }

private:
    std::shared_ptr<const NoteSigner> signer_;
    Statement last_;
    Statement insert_;
    Covered covered_;
};

} // namespace accessd
