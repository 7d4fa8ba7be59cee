#pragma once

#include "core/model/identity.hpp"
#include "core/model/result.hpp"
#include "core/model/ticket.hpp"

#include <string>

namespace accessd {

/// What to look the beneficiary up by in an application: the map file's entry, or the e-mail address.
/// Permanent errors: "identity.no_beneficiary", "identity.not_active", "identity.portal_customer" (unless
/// the rule allows them), "identity.not_a_user" (apps), "identity.no_email", "identity.bad_email" (anything
/// but plain ASCII), "identity.foreign_domain", "identity.not_mapped".
Result<std::string> account_address(const IdentityRule& rule, const Person& beneficiary);

/// A portal-only customer, by the kind that Jira tells or by the account id, which begins with "qm:"
/// (https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-users/).
bool is_portal_customer(const Person& person);

/// "identity.changed" (permanent): the Jira account had another account in the application before. It says
/// which line of the map file makes the new one believed.
Error changed_identity(const KnownIdentity& now, const Account& before);

} // namespace accessd
