#include "core/policy/rule_set.hpp"

#include <utility>

namespace accessd {

RuleSet::RuleSet(std::vector<AccessRule> rules) {
    rules_.reserve(rules.size());
    for (AccessRule& rule : rules) {
        push_back(std::move(rule));
    }
}

void RuleSet::push_back(AccessRule rule) {
    by_application_[rule.application].emplace(rule.access_type, rules_.size());
    rules_.push_back(std::move(rule));
}

const AccessRule* RuleSet::find(std::string_view application, std::string_view access_type) const {
    const auto types = by_application_.find(application);
    if (types == by_application_.end()) {
        return nullptr;
    }
    const auto at = types->second.find(access_type);
    return at != types->second.end() ? &rules_[at->second] : nullptr;
}

} // namespace accessd
