#pragma once

#include "core/jsm/portal_names.hpp"
#include "core/model/rule.hpp"
#include "providers/catalog.hpp"

#include <string>

namespace accessd::hostile {

constexpr const char* canary_jira_token = "canary-jira-5e9c41d0a7";
constexpr const char* canary_client_secret = "canary~entra.77b1f0/c2+e=";

/// What an admin would have configured for the sandbox's default world.
PortalNames portal_names();
AccessRule user_rule();
ProviderSettings entra_settings(const std::string& api_url, const std::string& auth_url);

} // namespace accessd::hostile
