#include "core/support/text.hpp"
#include "tests/sandbox/entra_state.hpp"
#include "tests/sandbox/wire.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <array>

namespace accessd::sandbox {

namespace json = boost::json;

namespace {

constexpr std::string_view assertion_type = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
constexpr std::size_t tokens_kept = 4096;

class Refusal {
public:
    int code;
    int status;
    std::string_view error;
    std::string_view text;
};

// https://learn.microsoft.com/entra/identity-platform/reference-error-codes
constexpr std::array<Refusal, 19> refusals = {{
    {900144, 400, "invalid_request", "The request body must contain the required parameters."},
    {900561, 400, "invalid_request", "The endpoint only accepts POST requests."},
    {9000411,
     400,
     "invalid_request",
     "The request is not properly formatted. A parameter is unknown or duplicated."},
    {90002, 400, "invalid_request", "Tenant not found. Check to make sure you have the correct tenant ID."},
    {70003, 400, "unsupported_grant_type", "The app requested an unsupported grant type."},
    {700016, 400, "unauthorized_client", "Application was not found in the directory."},
    {7000215,
     401,
     "invalid_client",
     "Invalid client secret provided. Ensure the secret being sent in the request "
     "is the client secret value, not the client secret ID."},
    {7000222, 401, "invalid_client", "The provided client secret keys are expired."},
    {7000216,
     401,
     "invalid_client",
     "'client_assertion', 'client_secret' or 'request' is required for the 'client_credentials' grant type."},
    {700027,
     401,
     "invalid_client",
     "Client assertion failed signature validation, or its key was not found."},
    {700021,
     401,
     "invalid_client",
     "Client assertion application identifier doesn't match 'client_id' parameter."},
    {700023, 401, "invalid_client", "Client assertion audience claim does not match Realm issuer."},
    {700024, 401, "invalid_client", "Client assertion is not within its valid time range."},
    {50027, 400, "invalid_request", "JWT token is invalid or malformed."},
    {500121, 401, "invalid_client", "Client assertion was used before."},
    {70011, 400, "invalid_scope", "The provided request must include a 'scope' input parameter."},
    {1002012,
     400,
     "invalid_scope",
     "The provided value for scope is not valid. Client credential flows must have a "
     "scope value with /.default suffixed to the resource identifier."},
    {500011, 400, "invalid_resource", "The resource principal was not found in the tenant."},
    {900432, 400, "invalid_request", "The 'client_assertion_type' is not supported."},
}};

HttpResponse refuse(EntraState& state, int code, TimePoint now) {
    const auto* known =
        std::find_if(refusals.begin(), refusals.end(), [&](const Refusal& one) { return one.code == code; });
    const std::string trace = state.next_id();
    const std::string correlation = state.next_id();
    std::string stamp = format_utc(now).substr(0, 19) + "Z";
    stamp[10] = ' ';
    HttpResponse response(known->status);
    response.headers.add("Content-Type", "application/json; charset=utf-8");
    response.headers.add("Cache-Control", "no-store, no-cache");
    response.headers.add("Date", format_http_date(now));
    response.body = json::serialize(json::value{
        {"error", known->error},
        {"error_description",
         "AADSTS" + std::to_string(code) + ": " + std::string(known->text) + " Trace ID: " + trace +
             " Correlation ID: " + correlation + " Timestamp: " + stamp},
        {"error_codes", json::array{code}},
        {"timestamp", stamp},
        {"trace_id", trace},
        {"correlation_id", correlation},
        {"error_uri", "https://login.microsoftonline.com/error?code=" + std::to_string(code)}});
    return response;
}

bool knows_parameters(const Pairs& form) {
    constexpr std::array<std::string_view, 6> known = {
        "grant_type", "client_id", "scope", "client_secret", "client_assertion_type", "client_assertion"};
    std::set<std::string_view> seen;
    for (const auto& [name, value] : form) {
        if (std::find(known.begin(), known.end(), name) == known.end() || !seen.insert(name).second) {
            return false;
        }
    }
    return true;
}

int check_client(EntraState& state, const Pairs& form, std::string_view token_url, TimePoint now) {
    const std::string* const secret = find_pair(form, "client_secret");
    const std::string* const assertion = find_pair(form, "client_assertion");
    const std::string* const type = find_pair(form, "client_assertion_type");
    if ((secret != nullptr) == (assertion != nullptr)) {
        return 7000216;
    }
    if (secret != nullptr) {
        if (type != nullptr) {
            return 9000411;
        }
        return *secret != state.secret ? 7000215 : state.secret_expired ? 7000222 : 0;
    }
    if (type == nullptr || *type != assertion_type) {
        return 900432;
    }
    return check_entra_assertion(state, *assertion, token_url, now);
}

int check_scope(const EntraState& state, std::string_view scope, std::string_view origin) {
    constexpr std::string_view suffix = "/.default";
    if (!scope.ends_with(suffix)) {
        return 1002012;
    }
    const std::string_view resource = scope.substr(0, scope.size() - suffix.size());
    const bool known = resource == state.options.graph_origin || resource == origin ||
                       resource == "https://graph.microsoft.com";
    return known ? 0 : 500011;
}

int check(EntraState& state, const HttpRequest& request, TimePoint now) {
    const Url url(request.url);
    const std::string_view tenant = split(url.path.substr(1), '/')[0];
    if (request.method != "POST") {
        return 900561;
    }
    if (media_type(request.headers) != "application/x-www-form-urlencoded") {
        return 900144;
    }
    if (tenant != state.options.tenant_id && tenant != state.options.tenant_domain) {
        return 90002;
    }
    const auto form = parse_pairs(request.body);
    if (!form || !url.query.empty() || !knows_parameters(*form)) {
        return 9000411;
    }
    const std::string* const grant = find_pair(*form, "grant_type");
    const std::string* const client = find_pair(*form, "client_id");
    const std::string* const scope = find_pair(*form, "scope");
    if (grant == nullptr || client == nullptr) {
        return 900144;
    }
    if (*grant != "client_credentials") {
        return 70003;
    }
    if (scope == nullptr) {
        return 70011;
    }
    if (*client != state.options.client_id) {
        return 700016;
    }
    const int bad_scope = check_scope(state, *scope, url.origin);
    if (bad_scope != 0) {
        return bad_scope;
    }
    return check_client(state, *form, std::string(url.origin) + std::string(url.path), now);
}

} // namespace

HttpResponse entra_token(EntraState& state, const HttpRequest& request, TimePoint now) {
    const int code = check(state, request, now);
    if (code != 0) {
        return refuse(state, code, now);
    }
    if (state.tokens.size() >= tokens_kept) {
        std::erase_if(state.tokens, [&](const auto& entry) { return entry.second.expires <= now; });
    }
    const std::string token =
        "eyJ0eXAiOiJzYW5kYm94In0." + std::to_string(++state.tokens_issued) + ".not-a-real-access-token";
    EntraToken& issued = state.tokens[token];
    issued.expires = now + state.token_lifetime;
    issued.permissions = state.permissions;
    const auto seconds = std::chrono::floor<std::chrono::seconds>(state.token_lifetime).count();
    HttpResponse response(200);
    response.headers.add("Content-Type", "application/json; charset=utf-8");
    response.headers.add("Cache-Control", "no-store, no-cache");
    response.headers.add("Date", format_http_date(now));
    response.body = json::serialize(json::value{
        {"token_type", "Bearer"},
        {"expires_in", seconds},
        {"ext_expires_in", seconds},
        {"access_token", token}});
    return response;
}

} // namespace accessd::sandbox
