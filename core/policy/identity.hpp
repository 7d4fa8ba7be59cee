#pragma once

#include "core/model/identity.hpp"
#include "core/model/result.hpp"
#include "core/model/ticket.hpp"

#include <string>

namespace accessd {

/// What to look the beneficiary up by in an application: the e-mail address, or the map file's entry.
/// Permanent errors: "identity.no_beneficiary", "identity.not_active", "identity.not_a_user" (portal-only
/// customers and apps), "identity.no_email", "identity.bad_email" (anything but plain ASCII),
/// "identity.foreign_domain", "identity.not_mapped".
Result<std::string> account_address(const IdentityRule& rule, const Person& beneficiary);

} // namespace accessd
