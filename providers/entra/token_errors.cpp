#include "providers/entra/token_errors.hpp"

#include "core/support/json.hpp"
#include "core/support/text.hpp"

#include <boost/json/array.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace accessd::entra {

namespace {

class Advice {
public:
    std::int64_t number;
    std::string_view text;
};

// Microsoft keeps numbers stable and texts not.
constexpr std::array advice = {
    Advice{7000215, "client_secret is wrong: give the secret's value, not its id"},
    Advice{7000222, "client_secret has expired: make a new one in the app registration"},
    Advice{700016, "client_id is not an app of this tenant: check client_id and tenant_id"},
    Advice{700027, "certificate is not known to the app: upload it to the app registration"},
    Advice{700021, "the assertion names another app: check client_id"},
    Advice{700023, "the assertion names another audience: check auth_url and tenant_id"},
    Advice{700024, "the assertion is outside its time: set this machine's clock"},
    Advice{90002, "the tenant does not exist: check tenant_id, and auth_url for a national cloud"},
    Advice{900023, "tenant_id is neither a tenant's GUID nor one of its domains"},
    Advice{500011, "the API is unknown in this tenant: check api_url"},
    Advice{70011, "the scope is refused: check api_url"},
    Advice{1002012, "the scope is refused: check api_url"},
    Advice{7000112, "the app is disabled in this tenant: enable its service principal"},
    Advice{53003, "Conditional Access blocks the app: except it or allow this address"},
};

// "You are looping" and "our directory is down": asking later helps.
constexpr std::array<std::int64_t, 2> passing = {50196, 90033};

std::int64_t first_number(const boost::json::value& body) {
    const boost::json::array* numbers = find_array(body, "error_codes");
    const bool has_one = numbers != nullptr && !numbers->empty() && numbers->front().is_int64();
    return has_one ? numbers->front().get_int64() : 0;
}

/// The description's first sentence; ids and times follow it.
std::string description(const boost::json::value& body) {
    const std::string text = string_or_empty(body, "error_description");
    return escape_text(std::string_view(text).substr(0, text.find_first_of("\r\n")), 160);
}

} // namespace

Error read_token_error(int status, const boost::json::value& body) {
    const std::int64_t number = first_number(body);
    const std::string error = string_or_empty(body, "error");
    const auto known = std::ranges::find(advice, number, &Advice::number);
    std::string message = "Entra refuses a token: ";
    message +=
        known != advice.end() ? known->text : "check client_id, its credential, tenant_id and auth_url";
    message += " (" + std::to_string(status);
    if (!error.empty()) {
        message += " " + escape_text(error, 64) + ", " + description(body);
    }
    message += ")";
    const bool passes = error == "temporarily_unavailable" || error == "server_error" ||
                        std::ranges::find(passing, number) != passing.end();
    if (passes) {
        return Error(Fault::transient, "entra.token_unavailable", std::move(message));
    }
    return Error(Fault::credential, "entra.token_refused", std::move(message));
}

} // namespace accessd::entra
