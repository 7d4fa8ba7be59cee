#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace accessd {

/// Bugs that a build with ACCESSD_MUTANTS can be told to have, to prove that the tests would find them. In
/// every other build there are none: is_planted() is false at compile time.
enum class Mutant : std::uint8_t {
    none,
    no_intent,            ///< a call is made without an intent that was written down before
    no_read_back,         ///< what a call answered is taken for what it did
    no_generation_fence,  ///< operations on one access overlap, and outcomes of outdated ones count
    revoke_gives_up,      ///< a revoke that failed six times is taken for done
    lease_union_ignored,  ///< a revoke does not ask for other leases on the same access
    marker_ignored,       ///< a message is sent again without looking for the first
    approval_not_checked, ///< a status is proof enough
    not_synced,           ///< the database is not synced at every commit
    partial_page_absent,  ///< the first of several pages is taken for all
    self_approval,        ///< people approve for themselves
};

inline constexpr std::array<std::string_view, 11> mutant_names = {
    "none",
    "no_intent",
    "no_read_back",
    "no_generation_fence",
    "revoke_gives_up",
    "lease_union_ignored",
    "marker_ignored",
    "approval_not_checked",
    "not_synced",
    "partial_page_absent",
    "self_approval",
};

#ifdef ACCESSD_MUTANTS

inline Mutant planted_mutant = Mutant::none;

inline bool is_planted(Mutant mutant) {
    return planted_mutant == mutant;
}

#else

constexpr bool is_planted(Mutant) {
    return false;
}

#endif

} // namespace accessd
