#include "tests/hostile_peers/settings.hpp"

#include "tests/sandbox/entra.hpp"

namespace accessd::hostile {

ProviderSettings entra_settings(const std::string& api_url, const std::string& auth_url) {
    const sandbox::EntraOptions tenant;
    ProviderSettings settings;
    settings.application = "Entra ID";
    settings.texts["tenant_id"] = tenant.tenant_id;
    settings.texts["client_id"] = tenant.client_id;
    settings.texts["api_url"] = api_url;
    settings.texts["auth_url"] = auth_url;
    settings.secrets["client_secret"] = Secret(canary_client_secret);
    return settings;
}

} // namespace accessd::hostile
