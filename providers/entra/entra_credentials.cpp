#include "providers/entra/entra_credentials.hpp"

#include "core/http/client_credentials.hpp"
#include "core/support/text.hpp"
#include "providers/entra/token_errors.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

namespace accessd::entra {

namespace {

Error bad_settings(std::string_view what) {
    return Error(Fault::permanent, "entra.bad_settings", std::string(what));
}

/// A tenant's GUID or one of its domains; it becomes part of a path. The shared tenants know no app of ours.
bool is_tenant(std::string_view text) {
    const bool plain = std::ranges::all_of(text, [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
               c == '.';
    });
    const std::string tenant = ascii_lower(text);
    return plain && !text.empty() && text.front() != '.' && tenant != "common" && tenant != "organizations" &&
           tenant != "consumers";
}

Error one_kind_only(bool secret) {
    return bad_settings(
        secret ? "client_secret excludes certificate and private_key; keep one kind of credential"
               : "set client_secret, or certificate together with private_key"
    );
}

} // namespace

Result<std::unique_ptr<TokenSource>>
make_token_source(const ProviderSettings& settings, ProviderParts parts) {
    const std::string tenant = settings.text("tenant_id");
    if (!is_tenant(tenant)) {
        return bad_settings("tenant_id must be the tenant's GUID or one of its domains");
    }
    ClientCredentials credentials;
    credentials.system = "entra";
    credentials.client_id = settings.text("client_id");
    if (credentials.client_id.empty()) {
        return bad_settings("client_id is missing: give the app registration's application (client) ID");
    }
    credentials.token_url = settings.text("auth_url") + "/" + tenant + "/oauth2/v2.0/token";
    credentials.scope = settings.text("api_url") + "/.default";
    credentials.client_secret = settings.secret("client_secret");
    const Secret certificate = settings.secret("certificate");
    const Secret private_key = settings.secret("private_key");
    const bool by_secret = !credentials.client_secret.empty();
    const bool by_certificate = !certificate.empty() && !private_key.empty();
    const bool mixed = by_secret && (!certificate.empty() || !private_key.empty());
    if (mixed || (!by_secret && !by_certificate)) {
        return one_kind_only(by_secret);
    }
    if (by_certificate) {
        auto loaded = SigningCertificate::load(private_key, certificate.reveal());
        if (!loaded) {
            return bad_settings("certificate, private_key: " + loaded.error().message());
        }
        credentials.certificate = *std::move(loaded);
    }
    return std::unique_ptr<TokenSource>(std::make_unique<ClientCredentialsSource>(
        std::move(credentials), parts.transport, parts.clock, read_token_error
    ));
}

} // namespace accessd::entra
