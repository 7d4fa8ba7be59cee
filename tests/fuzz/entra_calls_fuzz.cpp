// The whole client of Entra against a tenant that answers anything: every call ends, asks Entra only, and
// fails with an error that can be printed; no DELETE but of a membership is ever sent, and "absent" is never
// made of an answer that does not say so.
#include "core/support/json.hpp"
#include "providers/catalog.hpp"
#include "tests/fuzz/vendor.hpp"

#include <boost/json/array.hpp>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

using namespace accessd;

namespace {

const std::string group = "0a1b2c3d-0000-4000-8000-00000000000a";
const std::string user = "0a1b2c3d-0000-4000-8000-00000000000b";
const std::string address = "jane@acme.example";

std::unique_ptr<Provider> provider_over(fuzz::Vendor& vendor) {
    ProviderSettings settings;
    settings.application = "Entra ID";
    settings.texts["tenant_id"] = "tenant";
    settings.texts["client_id"] = "client";
    settings.texts["api_url"] = "https://entra.test";
    settings.texts["auth_url"] = "https://entra.test";
    settings.secrets["client_secret"] = Secret("s3cr3t-0f-the-app");
    auto made = find_provider("entra")->make(settings, ProviderParts(vendor, vendor.world, vendor.world));
    fuzz::must(made.has_value(), "a provider is made of good settings");
    return *std::move(made);
}

void check_requests(const fuzz::Vendor& vendor) {
    for (const HttpRequest& request : vendor.requests) {
        fuzz::must(
            request.method != "DELETE" || request.url.ends_with("/$ref"), "only memberships go", request.url
        );
        const bool token = request.url.find("/oauth2/") != std::string::npos;
        fuzz::must(
            token || request.body.find("s3cr3t") == std::string::npos, "the secret stays", request.url
        );
        const auto body = parse_json(request.body);
        const boost::json::array* items = body ? find_array(*body, "requests") : nullptr;
        for (std::size_t i = 0; items != nullptr && i < items->size(); ++i) {
            const boost::json::value& item = (*items)[i];
            const std::string url = string_or_empty(item, "url");
            const bool membership = url.ends_with("/members/" + user + "/$ref");
            fuzz::must(string_or_empty(item, "method") != "DELETE" || membership, "only memberships go", url);
        }
    }
}

class Calls {
public:
    explicit Calls(std::string_view script) : vendor_("https://entra.test/"), script_(script) {
        vendor_.play(script);
        provider_ = provider_over(vendor_);
    }

    void make(char what) {
        const AccessKey key("Entra ID", group, user);
        switch (what) {
        case 'a':
            return account();
        case 'e':
            return entitlement();
        case 'l':
            return look(Depth::effective);
        case 'd':
            return look(Depth::direct);
        case 'g':
            static_cast<void>(finish(provider_->grant(key, vendor_.deadline())));
            return;
        default:
            static_cast<void>(finish(provider_->revoke(key, vendor_.deadline())));
            return;
        }
    }

private:
    template <class T> Result<T> finish(Task<Result<T>> task) {
        vendor_.requests.clear();
        Result<T> result = vendor_.finish(std::move(task));
        check_requests(vendor_);
        if (!result) {
            const bool told = result.error().message().find("s3cr3t-0f") != std::string::npos;
            fuzz::must(
                !told || script_.find("s3cr3t") != std::string_view::npos, "no error tells the secret"
            );
        }
        return result;
    }

    void account() {
        const auto account = finish(provider_->find_account(address, vendor_.deadline()));
        if (!account) {
            return;
        }
        const auto body = parse_json(vendor_.last_body);
        const boost::json::array* users = body ? find_array(*body, "value") : nullptr;
        fuzz::must(users != nullptr && users->size() == 1, "one account is found, or none");
        fuzz::must(find(*body, "@odata.nextLink") == nullptr, "and there are no more");
        const boost::json::value& one = users->front();
        const bool named = equals_ignoring_case(string_or_empty(one, "mail"), address) ||
                           equals_ignoring_case(string_or_empty(one, "userPrincipalName"), address);
        fuzz::must(named && string_or_empty(one, "id") == account->id, "it is the one that was asked for");
        fuzz::must(find_bool(one, "accountEnabled") == true, "it is enabled");
        fuzz::must(ascii_lower(string_or_empty(one, "userType")) != "guest", "it is no guest");
    }

    void entitlement() {
        const auto entitlement = finish(provider_->find_entitlement("users", vendor_.deadline()));
        if (!entitlement) {
            return;
        }
        const auto body = parse_json(vendor_.last_body);
        const boost::json::array* groups = body ? find_array(*body, "value") : nullptr;
        fuzz::must(groups != nullptr && groups->size() == 1, "one group is found, or none");
        const boost::json::value& one = groups->front();
        fuzz::must(equals_ignoring_case(string_or_empty(one, "displayName"), "users"), "it has the name");
        fuzz::must(find_bool(one, "isAssignableToRole") != true, "it gives no role of the tenant");
        fuzz::must(find_bool(one, "onPremisesSyncEnabled") != true, "it is ours to change");
    }

    void look(Depth depth) {
        const AccessKey key("Entra ID", group, user);
        const auto seen = finish(provider_->look(key, depth, vendor_.deadline()));
        if (!seen) {
            return;
        }
        const auto body = parse_json(vendor_.last_body);
        const boost::json::array* values = body ? find_array(*body, "value") : nullptr;
        fuzz::must(values != nullptr, "what a look says was said by the last answer");
        const bool named = std::any_of(values->begin(), values->end(), [&](const boost::json::value& value) {
            const bool is_group = value.is_string() && equals_ignoring_case(value.get_string(), group);
            return depth == Depth::direct ? equals_ignoring_case(string_or_empty(value, "id"), user)
                                          : is_group;
        });
        fuzz::must((*seen == Holding::present) == named, "present is said by naming it");
        fuzz::must(
            named || find(*body, "@odata.nextLink") == nullptr, "absent is said by the whole list only"
        );
    }

    fuzz::Vendor vendor_;
    std::string_view script_;
    std::unique_ptr<Provider> provider_;
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view script = fuzz::as_text(data, size);
    const std::string_view calls = fuzz::cut(script, '\n').substr(0, 4);
    Calls made(script);
    for (const char call : calls) {
        made.make(call);
    }
    return 0;
}
