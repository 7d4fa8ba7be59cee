#pragma once

#include "core/model/access.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace accessd {

enum class IdentityMatch : std::uint8_t {
    email, ///< the beneficiary's e-mail address is looked up in the application, where no file names them
    map,   ///< a file says which account belongs to which Jira account
};

/// How a beneficiary in Jira becomes an account in an application.
class IdentityRule {
public:
    IdentityRule() = default;

    IdentityMatch match = IdentityMatch::email;
    std::vector<std::string> allowed_domains;   ///< lower case; empty: every domain. With `email` only.
    std::map<std::string, std::string> account; ///< Jira account id -> account, as the map file says
    bool portal_customers = false;              ///< portal-only customers may be beneficiaries
};

/// Which account somebody was last found to have, kept so that another one is noticed.
class KnownIdentity {
public:
    KnownIdentity() = default;

    KnownIdentity(std::string where, std::string who, Account what)
        : application(std::move(where)), beneficiary_id(std::move(who)), account(std::move(what)) {}

    std::string application;
    std::string beneficiary_id; ///< Jira account id
    Account account;
    std::string replaces; ///< id of the account that it takes the place of; empty: none was known
};

} // namespace accessd
