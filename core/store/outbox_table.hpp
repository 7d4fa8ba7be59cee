#pragma once

#include "core/model/request.hpp"
#include "core/store/sqlite.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace accessd {

/// Messages to tickets. A delivered one stays, so that its id is never delivered again. Functions return
/// false on a failure of the database, see Database::failure(), and run inside the caller's transaction.
class OutboxTable {
public:
    explicit OutboxTable(Database& database);

    /// Inserts, or updates what is not delivered yet. A tell that has no place in the audit yet gets the one
    /// given, and does not forget that an earlier text may have been sent.
    bool write(const Tell& tell, std::int64_t audit_seq, const std::string& audit_head, bool& inserted);

    bool mark_delivered(const std::string& tell_id);

    /// Until the same is told anew, which then looks for what may have been sent before. Not when it was
    /// written anew since `tell` was read.
    bool mark_withdrawn(const Tell& tell);

    /// What is not delivered yet for an issue.
    bool load(const std::string& issue_id, std::vector<Tell>& tells);

    Statement due;      ///< (now) -> issue ids with a row that is due, the longest due first; may repeat
    Statement next_due; ///< (now) -> the earliest later moment, or NULL

private:
    Database& database_;
    Statement find_;
    Statement insert_;
    Statement update_;
    Statement mark_delivered_;
    Statement mark_withdrawn_;
    Statement load_;
};

} // namespace accessd
