#pragma once

#include "core/model/rule.hpp"

#include <cstddef>
#include <functional>
#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace accessd {

/// Access rules that are found by what they are for, however many there are. A rule in the set does not
/// change; adding another invalidates what find() gave.
class RuleSet {
public:
    RuleSet() = default;
    RuleSet(std::vector<AccessRule> rules);

    RuleSet(std::initializer_list<AccessRule> rules) : RuleSet(std::vector<AccessRule>(rules)) {}

    /// Of two rules for the same the first is found.
    void push_back(AccessRule rule);

    /// The rule for this application and access type (compared exactly), or null.
    const AccessRule* find(std::string_view application, std::string_view access_type) const;

    const AccessRule& operator[](std::size_t at) const { return rules_[at]; }

    const AccessRule& front() const { return rules_.front(); }

    std::size_t size() const { return rules_.size(); }

    auto begin() const { return rules_.begin(); }

    auto end() const { return rules_.end(); }

private:
    using ByType = std::map<std::string, std::size_t, std::less<>>;

    std::vector<AccessRule> rules_;
    std::map<std::string, ByType, std::less<>> by_application_;
};

} // namespace accessd
