#pragma once

#include "core/model/result.hpp"
#include "core/store/audit.hpp"
#include "core/store/checkpoint.hpp"
#include "core/store/note.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace accessd {

/// What somebody wrote down of the chain: the hash of row `seq` begins with these hex digits. Every comment
/// in a ticket says one ("audit #1187 head:0123456789abcdef").
class KnownHead {
public:
    KnownHead(std::int64_t row, std::string hex_digits) : seq(row), digits(std::move(hex_digits)) {}

    /// "1187:0123456789abcdef": a row from 1 on, and 16 to 64 lower-case hex digits. Nothing for anything
    /// else.
    static std::optional<KnownHead> parse(std::string_view text);

    std::int64_t seq;
    std::string digits;
};

/// Judges an audit that is given row by row. Pure. After the first error it is of no more use.
///
/// Errors, all permanent: those of AuditChain; "audit.head" (a row is not the one that was known);
/// "audit.checkpoint" (a checkpoint is forged, of a key that was not given, or does not fit its row);
/// "audit.cut" (rows are missing at the end); "audit.no_key" (there are checkpoints, and no key was given).
class AuditVerifier {
public:
    AuditVerifier(const std::vector<KnownHead>& heads, std::vector<NoteKey> keys);

    /// Before the first row: rows up to `seq`, the last of which had this hash, are not there to be looked
    /// at. Error "audit.head_outside" when a known head is among them.
    Result<Done> start(std::int64_t seq, const Sha256& hash);

    /// A checkpoint; at any time before the row behind the last one that it covers, which is `seq` where that
    /// is known. One that cannot be believed is an error only at the end, so that a bad row is named first.
    Result<Done> checkpoint(std::string_view note, std::optional<std::int64_t> seq);

    Result<Done> row(const AuditRow& row);

    /// After the last row.
    Result<Done> finish() const;

    const AuditChain& chain() const { return chain_; } ///< the end of what is good so far

    std::int64_t before() const { return before_; } ///< rows that were not there to be looked at

    std::size_t checkpoints() const { return checkpoints_; } ///< that were believed

    const Checkpoint& last_checkpoint() const { return last_; } ///< the one of them that covers most

private:
    /// The hash of a row that is still to come.
    class Expected {
    public:
        bool operator==(const Expected&) const = default;

        std::string digits; ///< its first hex digits
        std::optional<TimePoint> at;
        bool is_signed = false;
    };

    Result<Done> compare(); ///< the end of the chain with what is known of it
    Error differs(const Expected& expected) const;
    void refuse(const std::string& which, const std::string& why);
    void expect(Checkpoint checkpoint);

    std::vector<NoteKey> keys_;
    AuditChain chain_;
    std::int64_t before_ = 0;
    std::optional<TimePoint> last_at_; ///< of the chain's last row
    std::multimap<std::int64_t, Expected> expected_;
    std::optional<Error> refused_; ///< the first checkpoint that was not believed
    std::size_t checkpoints_ = 0;
    Checkpoint last_;
};

} // namespace accessd
