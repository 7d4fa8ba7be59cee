#pragma once

#include "core/model/rule.hpp"
#include "core/policy/restrictions.hpp"

#include <compare>
#include <optional>
#include <string>
#include <vector>

// Separation of duties: what one person may not hold together.
namespace accessd {

/// An entitlement as rules name it.
class EntitlementName {
public:
    EntitlementName(std::string application_name, std::string entitlement_name);

    std::string application;
    std::string name;

    auto operator<=>(const EntitlementName&) const = default;
    bool operator==(const EntitlementName&) const = default;
};

/// Something that a person has, or is about to get.
class Possession {
public:
    Possession(EntitlementName what_it_is, std::string by_which);

    EntitlementName what;
    std::string through; ///< key of the ticket; empty: not through accessd
};

/// Everything that the beneficiary may not have beside `wanted`, sorted, nothing twice. Empty where no
/// conflict rule is concerned, or each of them excepts the beneficiary. Symmetric: what conflicts with a
/// thing is what the thing conflicts with.
std::vector<EntitlementName> opposites(
    const std::vector<ConflictRule>& conflicts,
    const Person& beneficiary,
    const std::vector<EntitlementName>& wanted
);

/// "rule.conflict" when a possession and something wanted lie on different sides of a conflict rule.
std::optional<Restriction> conflicting(
    const std::vector<ConflictRule>& conflicts,
    const Person& beneficiary,
    const std::vector<EntitlementName>& wanted,
    const std::vector<Possession>& possessions
);

} // namespace accessd
