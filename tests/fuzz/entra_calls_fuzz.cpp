// The whole client of Entra against a tenant that answers anything: every call ends, asks Entra only, and
// fails with an error that can be printed; no DELETE but of a membership is ever sent, and "absent" is never
// made of an answer that does not say so.
#include "core/support/json.hpp"
#include "providers/catalog.hpp"
#include "tests/fuzz/vendor.hpp"

#include <memory>
#include <string>
#include <utility>

using namespace accessd;

namespace {

const std::string group = "0a1b2c3d-0000-4000-8000-00000000000a";
const std::string user = "0a1b2c3d-0000-4000-8000-00000000000b";

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
            return must_be_said(finish(provider_->look(key, Depth::effective, vendor_.deadline())));
        case 'd':
            return must_be_said(finish(provider_->look(key, Depth::direct, vendor_.deadline())));
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
        const auto account = finish(provider_->find_account("jane@acme.example", vendor_.deadline()));
        if (account) {
            fuzz::must(account->id.size() == 36, "an account's id is a GUID", account->id);
            fuzz::must(says("\"accountEnabled\""), "an account is said to be enabled", account->id);
            fuzz::must(is_valid_utf8(account->name), "its name is text", account->name);
        }
    }

    void entitlement() {
        const auto entitlement = finish(provider_->find_entitlement("users", vendor_.deadline()));
        fuzz::must(!entitlement || entitlement->id.size() == 36, "a group's id is a GUID");
    }

    void must_be_said(const Result<Holding>& seen) {
        const bool readable = says("\"value\"") || says("\\u");
        fuzz::must(!seen || readable, "what a look says was in an answer");
        fuzz::must(!seen || *seen == Holding::absent || says_id(), "present is said with the id");
    }

    bool says(std::string_view text) const {
        return script_.find(text) != std::string_view::npos || says_escape();
    }

    bool says_escape() const { return script_.find("\\u") != std::string_view::npos; }

    bool says_id() const {
        return says_escape() || ascii_lower(script_).find("0a1b2c3d-0000-4000") != std::string::npos;
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
