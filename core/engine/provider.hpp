#pragma once

#include "core/model/access.hpp"
#include "core/model/result.hpp"
#include "core/support/task.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace accessd {

/// How sure a look must be.
enum class Depth : std::uint8_t {
    effective, ///< has the access, directly or through a nested group
    direct,    ///< is itself a member
};

/// How a write ended, and what a look right behind it saw where the vendor answers both in one call.
class Written {
public:
    Written() = default;

    explicit Written(Applied how) : applied(how) {}

    Applied applied = Applied::changed;
    std::optional<Holding>
        seen; ///< of a revoke direct, of a grant at least effective; empty: the engine looks
};

/// What an application can do. The engine knows nothing else about vendors; the conformance suite holds every
/// provider to these contracts.
///
/// All calls make one attempt and classify what went wrong; the engine retries. Vendor ids are immutable ids,
/// resolved once and pinned; a name is never resolved while granting or revoking. An answer that could not be
/// read is an error, never "absent".
class Provider {
public:
    virtual ~Provider() = default;

    /// "entra", "okta", ...
    virtual std::string_view system() const = 0;

    /// The one active account of this person. `address` is an e-mail address or, for a map file, the vendor's
    /// own id or login. Permanent errors: "<system>.account_not_found", ".account_ambiguous" (two or more),
    /// ".account_disabled",
    /// ".account_guest".
    virtual Task<Result<Account>> find_account(std::string address, TimePoint deadline) = 0;

    /// The one entitlement of this name that accessd may manage. Permanent errors:
    /// "<system>.entitlement_not_found",
    /// ".entitlement_ambiguous", ".entitlement_not_manageable" (message says why).
    virtual Task<Result<Entitlement>> find_entitlement(std::string name, TimePoint deadline) = 0;

    /// Is the account in the entitlement? Errors are errors: never `absent`.
    virtual Task<Result<Holding>> look(AccessKey key, Depth depth, TimePoint deadline) = 0;

    /// Adds, and reads back where one call does both. `already_so` when it was a member. May have been
    /// applied even if it returns an error with Effect::unknown. Permanent: "<system>.account_gone",
    /// ".entitlement_gone".
    virtual Task<Result<Written>> grant(AccessKey key, TimePoint deadline) = 0;

    /// Removes. `already_so` when it was not a member, also when account or entitlement is gone.
    virtual Task<Result<Written>> revoke(AccessKey key, TimePoint deadline) = 0;
};

} // namespace accessd
