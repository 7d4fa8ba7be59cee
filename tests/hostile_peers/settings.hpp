#pragma once

#include "providers/catalog.hpp"

#include <string>

namespace accessd::hostile {

constexpr const char* canary_jira_token = "canary-jira-5e9c41d0a7";
constexpr const char* canary_client_secret = "canary~entra.77b1f0/c2+e=";

/// The tenant of the sandbox's default world, with a secret that is looked for everywhere.
ProviderSettings entra_settings(const std::string& api_url, const std::string& auth_url);

} // namespace accessd::hostile
