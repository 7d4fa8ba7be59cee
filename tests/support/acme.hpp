#pragma once

#include "core/jsm/portal_names.hpp"
#include "core/model/rule.hpp"

namespace accessd::test {

/// What an admin would have configured for the sandbox's default world.
PortalNames portal_names();

/// "Entra ID" / "User": jira-software-users, approved by bob or a member of entra-approvers.
AccessRule user_rule();

} // namespace accessd::test
