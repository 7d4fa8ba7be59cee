#include "core/policy/conflicts.hpp"

#include "core/policy/facts.hpp"
#include "core/support/text.hpp"

#include <algorithm>
#include <utility>

namespace accessd {

namespace {

bool has(const ConflictSide& side, const EntitlementName& what) {
    const auto groups = side.groups.find(what.application);
    return groups != side.groups.end() &&
           std::find(groups->second.begin(), groups->second.end(), what.name) != groups->second.end();
}

bool excepts(const ConflictRule& conflict, const Person& beneficiary) {
    return membership(conflict.exceptions, beneficiary, {}) == Membership::yes;
}

bool wants_of(const ConflictSide& side, const std::vector<EntitlementName>& wanted) {
    return std::any_of(wanted.begin(), wanted.end(), [&](const EntitlementName& one) {
        return has(side, one);
    });
}

Restriction refusal(const ConflictRule& conflict, const Possession& possession) {
    const std::string from =
        possession.through.empty() ? "outside accessd" : "through " + escape_text(possession.through, 80);
    return Restriction(
        "rule.conflict",
        "the beneficiary has \"" + escape_text(possession.what.name, 120) + "\" in \"" +
            escape_text(possession.what.application, 80) + "\" " + from + ", and \"" +
            escape_text(conflict.name, 80) +
            "\" forbids one person to have both; that access must end first, then this is approved again"
    );
}

} // namespace

EntitlementName::EntitlementName(std::string application_name, std::string entitlement_name)
    : application(std::move(application_name)), name(std::move(entitlement_name)) {}

Possession::Possession(EntitlementName what_it_is, std::string by_which)
    : what(std::move(what_it_is)), through(std::move(by_which)) {}

std::vector<EntitlementName> opposites(
    const std::vector<ConflictRule>& conflicts,
    const Person& beneficiary,
    const std::vector<EntitlementName>& wanted
) {
    std::vector<EntitlementName> found;
    for (const ConflictRule& conflict : conflicts) {
        if (excepts(conflict, beneficiary)) {
            continue;
        }
        for (const ConflictSide& side : conflict.sides) {
            const bool opposed =
                std::any_of(conflict.sides.begin(), conflict.sides.end(), [&](const ConflictSide& other) {
                    return &other != &side && wants_of(other, wanted);
                });
            for (const auto& [application, names] : opposed ? side.groups : decltype(side.groups)()) {
                for (const std::string& name : names) {
                    found.emplace_back(application, name);
                }
            }
        }
    }
    std::sort(found.begin(), found.end());
    found.erase(std::unique(found.begin(), found.end()), found.end());
    return found;
}

std::optional<Restriction> conflicting(
    const std::vector<ConflictRule>& conflicts,
    const Person& beneficiary,
    const std::vector<EntitlementName>& wanted,
    const std::vector<Possession>& possessions
) {
    for (const ConflictRule& conflict : conflicts) {
        const std::vector<EntitlementName> opposed = opposites({conflict}, beneficiary, wanted);
        for (const Possession& possession : possessions) {
            if (std::find(opposed.begin(), opposed.end(), possession.what) != opposed.end()) {
                return refusal(conflict, possession);
            }
        }
    }
    return std::nullopt;
}

} // namespace accessd
