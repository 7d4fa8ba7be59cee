#pragma once

#include "core/model/time.hpp"

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace accessd {

/// The beneficiary's identity in one application. The id is the vendor's immutable one; the name is for
/// people.
class Account {
public:
    Account() = default;
    Account(std::string account_id, std::string account_name);

    std::string id;
    std::string name;
};

/// One grantable thing in an application, pinned to the vendor's immutable id.
class Entitlement {
public:
    Entitlement() = default;
    Entitlement(std::string entitlement_id, std::string entitlement_name);

    std::string id;
    std::string name; ///< as the rule names it
};

/// What can be held: one account in one entitlement of one application.
class AccessKey {
public:
    AccessKey() = default;
    AccessKey(std::string application_name, std::string entitlement_id, std::string account_id);

    std::string application;
    std::string entitlement;
    std::string account;

    auto operator<=>(const AccessKey&) const = default;
    bool operator==(const AccessKey&) const = default;
};

enum class Operation : std::uint8_t { grant, revoke };

std::string_view to_string(Operation operation);

/// A call that may be under way: written before it, cleared with its outcome.
class Intent {
public:
    Intent() = default;
    Intent(Operation wanted, std::string issue, TimePoint when);

    Operation operation = Operation::grant;
    std::string issue_id; ///< the request that asked for it
    TimePoint at{};
};

/// What we know and want of one key, over all requests.
class Access {
public:
    Access() = default;
    explicit Access(AccessKey access_key);

    AccessKey key;
    bool desired = false;         ///< OR over live leases
    std::int64_t generation = 0;  ///< grows when `desired` changes; outcomes of older ones are ignored
    std::optional<Intent> intent; ///< a call whose outcome is not recorded
    bool grant_uncertain = false; ///< a grant was sent whose effect may still come (a "late effect")
    bool owned = false;           ///< the membership is there because accessd granted it
    bool preexisting = false;     ///< the membership was there before accessd first granted it
    /// When the newest removal of this access was approved: no approval of that moment or before brings it
    /// back.
    std::optional<TimePoint> barred_until;
    std::uint32_t watch_stage = 0; ///< looks after the revoke, the coming one included; 0: none is planned
    std::optional<TimePoint> watch_at;
    std::int64_t revision = 0; ///< of the stored row; 0: not stored yet
};

/// What a look found.
enum class Holding : std::uint8_t { absent, present };

} // namespace accessd
