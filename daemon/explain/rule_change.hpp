#pragma once

#include "core/model/request.hpp"
#include "core/policy/decide.hpp"
#include "daemon/config.hpp"

#include <string>
#include <vector>

namespace accessd {

/// One way in which a request's rule is otherwise than when it was approved.
class RuleChange {
public:
    RuleChange(std::string changed, std::string consequence)
        : what(std::move(changed)), then(std::move(consequence)) {}

    std::string what; ///< the same for every request of one rule: "there is no [[rule]] for it any more"
    std::string then; ///< what it means for this request
};

/// What a configuration changes for a request; nothing for one that is over. Pure. Of [[deny]] rules that
/// depend on Jira's groups, which are not at hand, it says that they may match.
std::vector<RuleChange> rule_changes(const Request& request, const Config& config, const Policy& policy);

} // namespace accessd
