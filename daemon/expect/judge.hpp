#pragma once

#include "core/policy/decide.hpp"
#include "daemon/config.hpp"
#include "daemon/expect/expectation.hpp"

#include <optional>
#include <string>
#include <vector>

namespace accessd {

/// The rules of a configuration without Jira: every name of the portal stands for its id.
Policy offline_policy(const Config& config);

/// What a request comes to.
class Judgement {
public:
    Judgement() = default;

    bool granted = false;
    std::string code;                      ///< of the refusal
    std::string reason;                    ///< one sentence, escaped
    std::vector<std::string> entitlements; ///< of the grant; sorted
    std::optional<Duration> duration;      ///< of the lease; empty: no end
};

/// Judges the request that the expectation describes the way the daemon judges a ticket: decide(), and then
/// whether the application's [identity] takes the beneficiary. The ticket is raised, approved and left alone.
Judgement
judge(const Expectation& expected, const ExpectFile& file, const Config& config, const Policy& policy);

/// What is otherwise than expected, in one sentence; empty when nothing is.
std::string difference(const Expectation& expected, const Judgement& verdict);

} // namespace accessd
