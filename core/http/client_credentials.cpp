#include "core/http/client_credentials.hpp"

#include "core/http/retry_after.hpp"
#include "core/support/json.hpp"
#include "core/support/text.hpp"

#include <boost/json/object.hpp>

#include <algorithm>
#include <chrono>
#include <utility>

namespace accessd {

namespace {

using namespace std::chrono_literals;

constexpr Duration renew_before = 5min;
constexpr Duration unsaid_wait = 30s;
constexpr Duration assertion_life = 5min;
// A vendor that says nothing sensible gets this; far below what any of them means.
constexpr std::int64_t least_life = 60;
constexpr std::int64_t most_life = 24 * 3600;

constexpr std::string_view assertion_type = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

void append_form(std::string& form, std::string_view name, std::string_view value) {
    if (!form.empty()) {
        form += '&';
    }
    form.append(name).append("=");
    append_percent_encoded(form, value);
}

std::int64_t seconds_of(TimePoint when) {
    return std::chrono::duration_cast<std::chrono::seconds>(when.time_since_epoch()).count();
}

} // namespace

ClientCredentialsSource::ClientCredentialsSource(
    ClientCredentials credentials, HttpTransport& transport, Clock& clock, ReadError read_error
)
    : credentials_(std::move(credentials)), transport_(transport), clock_(clock), read_error_(read_error),
      gate_(credentials_.system, 1, clock) {}

Task<Result<std::string>> ClientCredentialsSource::authorization(TimePoint deadline) {
    const TimePoint now = clock_.now();
    const bool usable = !token_.empty() && now < expires_at_;
    const bool renewing = gate_.in_flight() > 0;
    if (usable && (now < renew_at_ || renewing)) {
        co_return token_;
    }
    const std::uint64_t seen = fetches_;
    auto permit = co_await gate_.acquire(deadline);
    if (!permit) {
        co_return permit.error();
    }
    // Somebody else asked while we waited: their answer is ours, unless it has been refused since.
    if (fetches_ != seen && last_error_) {
        co_return *last_error_;
    }
    if (fetches_ != seen && !token_.empty()) {
        co_return token_;
    }
    auto fetched = co_await fetch(deadline);
    if (!fetched && fetched.error().code() == "http.cancelled") {
        co_return fetched; // our own end, which is nobody else's answer
    }
    ++fetches_;
    last_error_.reset();
    if (!fetched) {
        last_error_ = fetched.error();
    }
    if (!fetched && !token_.empty() && clock_.now() < expires_at_) {
        // The old one serves until its end; the next try is not made with every call.
        renew_at_ = std::min(expires_at_, clock_.now() + unsaid_wait);
        last_error_.reset();
        co_return token_;
    }
    co_return fetched;
}

bool ClientCredentialsSource::reject(const std::string& authorization) {
    if (authorization == token_) {
        token_.clear();
    }
    return true;
}

Task<Result<std::string>> ClientCredentialsSource::fetch(TimePoint deadline) {
    const auto request = build();
    if (!request) {
        co_return request.error();
    }
    const TimePoint asked_at = clock_.now();
    auto response = co_await transport_.send(*request, deadline);
    if (!response) {
        // Asking for a token changes nothing that the caller wants changed.
        co_return std::move(response.error()).with_effect(Effect::none);
    }
    co_return read(*response, asked_at);
}

Result<HttpRequest> ClientCredentialsSource::build() const {
    HttpRequest request("POST", credentials_.token_url);
    request.headers.add("Accept", "application/json");
    request.headers.add("Accept-Encoding", "identity");
    request.headers.add("User-Agent", "accessd/" ACCESSD_VERSION);
    request.headers.add("Content-Type", "application/x-www-form-urlencoded");
    append_form(request.body, "grant_type", "client_credentials");
    append_form(request.body, "client_id", credentials_.client_id);
    append_form(request.body, "scope", credentials_.scope);
    if (!credentials_.certificate) {
        append_form(request.body, "client_secret", credentials_.client_secret.reveal());
        return request;
    }
    const TimePoint now = clock_.now();
    boost::json::object claims;
    claims["aud"] = credentials_.token_url;
    claims["iss"] = credentials_.client_id;
    claims["sub"] = credentials_.client_id;
    claims["jti"] = random_uuid();
    claims["nbf"] = seconds_of(now);
    claims["iat"] = seconds_of(now);
    claims["exp"] = seconds_of(now + assertion_life);
    auto assertion = credentials_.certificate->sign_ps256(claims);
    if (!assertion) {
        return assertion.error();
    }
    append_form(request.body, "client_assertion_type", assertion_type);
    append_form(request.body, "client_assertion", *assertion);
    return request;
}

Result<std::string> ClientCredentialsSource::read(const HttpResponse& response, TimePoint asked_at) {
    const std::string& system = credentials_.system;
    const std::string host(credentials_.token_url.substr(0, credentials_.token_url.find('/', 8)));
    const auto body = parse_json(response.body);
    if (response.status == 200) {
        const auto token = body ? find_string(*body, "access_token") : std::nullopt;
        const bool clean = token && !token->empty() && std::all_of(token->begin(), token->end(), [](char c) {
                               return c > ' ' && c < '\x7f';
                           });
        if (!clean) {
            return Error(
                Fault::transient,
                system + ".not_json",
                host + " answered a token request with no token; check auth_url and proxies"
            );
        }
        const std::int64_t life =
            std::clamp(find_integer(*body, "expires_in").value_or(least_life), least_life, most_life);
        const Duration whole = std::chrono::seconds(life);
        expires_at_ = asked_at + whole;
        renew_at_ = asked_at + std::min(whole * 8 / 10, std::max(whole - renew_before, whole / 2));
        token_ = "Bearer " + std::string(*token);
        return token_;
    }
    const auto wait = retry_after(response.headers, clock_.now());
    if (response.status == 429 || (response.status == 503 && wait)) {
        return Error::throttled_until(
            wait.value_or(clock_.now() + unsaid_wait),
            system + ".throttled",
            host + " asks us to wait for tokens"
        );
    }
    if (response.status >= 500) {
        return Error(
            Fault::transient,
            system + ".server_error",
            host + " answered " + std::to_string(response.status) + " to a token request"
        );
    }
    if (read_error_ != nullptr) {
        return read_error_(response.status, body ? *body : boost::json::value());
    }
    return Error(
        Fault::credential,
        system + ".token_refused",
        host + " answered " + std::to_string(response.status) + " to a token request; check the credential"
    );
}

} // namespace accessd
