#pragma once

#include "core/model/result.hpp"
#include "core/model/time.hpp"
#include "core/support/digest.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

namespace accessd {

/// What the first row has in place of the hash before it.
inline constexpr Sha256 audit_genesis = {};

/// The hash of an audit row: SHA-256 over, one behind the other,
///   the 17 bytes "accessd-audit-v1\0",
///   the hash of the row before (32 bytes; 32 zero bytes for row 1),
///   seq and the time in milliseconds since 1970 (8 bytes each, big endian),
///   the length of the code in bytes (4 bytes, big endian) and the code,
///   the length of the body in bytes (4 bytes, big endian) and the body.
/// Lengths go before texts, so that no two rows have the same bytes.
Sha256 audit_hash(
    const Sha256& before, std::int64_t seq, TimePoint at, std::string_view code, std::string_view body
);

/// A row as it is stored.
class AuditRow {
public:
    AuditRow() = default;

    std::int64_t seq = 0; ///< from 1, without gaps
    TimePoint at{};
    std::string code;
    std::string body; ///< canonical JSON, the bytes that were hashed
    Sha256 hash{};
};

/// Checks rows in order of seq.
class AuditChain {
public:
    AuditChain() = default;

    /// A chain whose rows up to `seq`, the last of which has this hash, are not looked at.
    AuditChain(std::int64_t seq, const Sha256& hash) : seq_(seq), head_(hash) {}

    /// Error "audit.gap" or "audit.changed" (permanent) names the first row that does not fit. After an error
    /// the chain is of no more use.
    Result<Done> check(const AuditRow& row);

    std::int64_t seq() const { return seq_; } ///< of the last good row; 0: none

    const Sha256& hash() const { return head_; } ///< of that row

    std::string head() const; ///< hash() as 64 hex digits

private:
    std::int64_t seq_ = 0;
    Sha256 head_ = audit_genesis;
};

/// Gives every audit row of a database file to `visit`, in order of seq, until it returns false. Reads only;
/// works on a copy and beside a running daemon. Errors as AuditFile's.
Result<Done>
read_audit(const std::filesystem::path& database, const std::function<bool(const AuditRow&)>& visit);

} // namespace accessd
