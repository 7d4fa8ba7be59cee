#include "tests/providers/entra_rig.hpp"

#include "core/support/json.hpp"
#include "tests/sandbox/entra.hpp"

#include <boost/json/object.hpp>
#include <doctest/doctest.h>

#include <utility>

namespace accessd::test {

namespace json = boost::json;

namespace {

/// A gateway that lets only Graph's single calls through.
class WithoutBatch final : public sandbox::VendorModel {
public:
    std::string_view name() const override { return entra_.name(); }

    HttpResponse handle(const HttpRequest& request, TimePoint now) override {
        return request.url.ends_with("/$batch") ? HttpResponse(404) : entra_.handle(request, now);
    }

    json::value control(std::string_view verb, const json::value& arguments, TimePoint now) override {
        return entra_.control(verb, arguments, now);
    }

private:
    sandbox::EntraModel entra_;
};

std::unique_ptr<sandbox::VendorModel> make_model(bool with_batch) {
    if (with_batch) {
        return std::make_unique<sandbox::EntraModel>();
    }
    return std::make_unique<WithoutBatch>();
}

} // namespace

EntraRig::EntraRig() : EntraRig(usual_settings()) {}

EntraRig::EntraRig(ProviderSettings settings, bool with_batch)
    : SandboxRig("entra", "/v1.0/*", "POST /*/oauth2/v2.0/token") {
    sandbox_.add(make_model(with_batch), {"https://graph.test", "https://login.test"});
    build(std::move(settings));
    control("add_user", json::object{{"mail", "twin@acme.example"}, {"upn", "twin.a@acme.example"}});
    control("add_user", json::object{{"mail", "twin@acme.example"}, {"upn", "twin.b@acme.example"}});
    control("add_group", json::object{{"name", "Twins"}});
    control("add_group", json::object{{"name", "Twins"}});
    const json::value jane = control("user", json::object{{"user", address()}});
    const json::value groups = control("groups", json::object());
    key_ =
        AccessKey("Entra ID", string_or_empty(*find(groups, "groups"), group()), string_or_empty(jane, "id"));
}

ProviderSettings EntraRig::usual_settings() {
    const sandbox::EntraOptions tenant;
    ProviderSettings settings;
    settings.application = "Entra ID";
    settings.texts["tenant_id"] = tenant.tenant_id;
    settings.texts["client_id"] = tenant.client_id;
    settings.texts["api_url"] = "https://graph.test";
    settings.texts["auth_url"] = "https://login.test";
    settings.secrets["client_secret"] = Secret(tenant.client_secret);
    return settings;
}

bool EntraRig::is_member() {
    const json::value answer =
        control("is_member", json::object{{"group", key_.entitlement}, {"user", key_.account}});
    return find_bool(answer, "direct").value_or(false);
}

std::int64_t EntraRig::stat(std::string_view name) {
    const json::value stats = control("stats", json::object());
    const json::value* number = find(stats, name);
    REQUIRE(number != nullptr);
    return number->to_number<std::int64_t>();
}

std::size_t EntraRig::catastrophes() {
    return static_cast<std::size_t>(stat("catastrophes"));
}

Result<Written> EntraRig::grant() {
    return finish(*this, provider().grant(key_, soon(*this)));
}

Result<Written> EntraRig::revoke() {
    return finish(*this, provider().revoke(key_, soon(*this)));
}

Result<Holding> EntraRig::look(Depth depth) {
    return finish(*this, provider().look(key_, depth, soon(*this)));
}

Result<Account> EntraRig::find_account(const std::string& address) {
    return finish(*this, provider().find_account(address, soon(*this)));
}

Result<Entitlement> EntraRig::find_entitlement(const std::string& name) {
    return finish(*this, provider().find_entitlement(name, soon(*this)));
}

std::unique_ptr<ProviderRig> make_entra_rig() {
    return std::make_unique<EntraRig>();
}

} // namespace accessd::test
