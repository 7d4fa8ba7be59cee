#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace accessd {

enum class IdentityMatch : std::uint8_t {
    email, ///< the beneficiary's e-mail address is looked up in the application
    map,   ///< a file says which account belongs to which Jira account
};

/// How a beneficiary in Jira becomes an account in an application.
class IdentityRule {
public:
    IdentityRule() = default;

    IdentityMatch match = IdentityMatch::email;
    std::vector<std::string> allowed_domains;   ///< lower case; empty: every domain. With `email` only.
    std::map<std::string, std::string> account; ///< Jira account id -> account; with `map` only
};

} // namespace accessd
