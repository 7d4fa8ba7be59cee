#include "daemon/explain/rule_change.hpp"

#include "core/policy/restrictions.hpp"

#include <algorithm>
#include <set>

namespace accessd {

namespace {

bool is_undecided(const Request& request) {
    return request.phase == Phase::resolving || request.phase == Phase::granting;
}

bool any_target(const Request& request, bool (*counts)(TargetState)) {
    return std::any_of(request.targets.begin(), request.targets.end(), [&](const Target& target) {
        return counts(target.state);
    });
}

bool is_claim(TargetState state) {
    return is_holding(state) || state == TargetState::leaving;
}

bool must_go(TargetState state) {
    return state == TargetState::ending;
}

/// What is granted stays as it was approved, and what is under way is judged anew only if its ticket changes.
std::string consequence(const Request& request, const std::string& judged) {
    return is_undecided(request)
               ? "goes on as approved; if its ticket changes before all is granted, it is " + judged
               : "stays as approved, until its lease, its ticket or a removal ends it";
}

std::string
names(const std::set<std::string>& left, const std::set<std::string>& without, std::string_view sign) {
    std::string list;
    for (const std::string& name : left) {
        if (!without.contains(name)) {
            list += ", " + std::string(sign) + name;
        }
    }
    return list;
}

std::string changed_rule(const Request& request, const AccessRule& rule) {
    const std::set<std::string> before(request.entitlement_names.begin(), request.entitlement_names.end());
    const std::set<std::string> after(rule.groups.begin(), rule.groups.end());
    const std::string groups = names(after, before, "+") + names(before, after, "-");
    return groups.empty() ? "its [[rule]] changed, but not its groups"
                          : "its [[rule]] changed: groups " + groups.substr(2);
}

void add_denials(std::vector<RuleChange>& changes, const Request& request, const Policy& policy) {
    const std::optional<Person> beneficiary = beneficiary_of(request);
    Membership worst = Membership::no;
    for (const DenyRule& deny : policy.denies) {
        const Membership one =
            matches(deny, request.application, request.access_type, beneficiary, ApproverFacts());
        worst = one == Membership::yes || worst == Membership::no ? one : worst;
        if (worst == Membership::yes) {
            break;
        }
    }
    if (worst != Membership::no) {
        changes.emplace_back(
            worst == Membership::yes ? "a [[deny]] rule matches"
                                     : "a [[deny]] rule may match: it depends on Jira's groups",
            consequence(request, "refused [rule.denied]")
        );
    }
}

bool is_connected(const Config& config, const std::string& application) {
    return std::any_of(config.applications.begin(), config.applications.end(), [&](const auto& one) {
        return one.name == application;
    });
}

} // namespace

std::vector<RuleChange> rule_changes(const Request& request, const Config& config, const Policy& policy) {
    std::vector<RuleChange> changes;
    const bool claims = is_undecided(request) || any_target(request, is_claim);
    if (!is_connected(config, request.application) && (claims || any_target(request, must_go))) {
        changes.emplace_back(
            "the application is not in the configuration any more",
            "accessd can neither grant nor revoke there: keep the application until its access is taken away"
        );
        return changes;
    }
    if (!claims) {
        return changes; // what goes needs no rule
    }
    const AccessRule* rule = policy.rule(request.application, request.access_type);
    if (rule == nullptr) {
        changes.emplace_back(
            "there is no [[rule]] for it any more", consequence(request, "refused [rule.none]")
        );
    } else if (rule->hash != request.rule_hash) {
        changes.emplace_back(changed_rule(request, *rule), consequence(request, "judged by the new rule"));
    }
    if (request.kind != RequestKind::remove) {
        add_denials(changes, request, policy);
    }
    return changes;
}

} // namespace accessd
