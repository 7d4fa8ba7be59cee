#include "core/http/rest_client.hpp"

#include "core/http/retry_after.hpp"
#include "core/support/json.hpp"
#include "core/support/log.hpp"
#include "core/support/text.hpp"

#include <boost/json/serialize.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

namespace accessd {

namespace {

using namespace std::chrono_literals;

// When a vendor throttles and does not say until when.
constexpr Duration unsaid_wait = 30s;
// A deadline that was made before the clock was set back lies far away.
constexpr Duration longest_call = 5min;

/// "https://host:port" of an absolute URL.
std::string_view origin_of(std::string_view url) {
    const std::size_t host = url.find("://");
    return host == std::string_view::npos ? std::string_view() : url.substr(0, url.find('/', host + 3));
}

std::string_view path_of(std::string_view target) {
    return target.substr(0, target.find('?'));
}

bool is_read(std::string_view method) {
    return method == "GET" || method == "HEAD";
}

/// A GUID for tracing a call on the vendor's side; not a secret and not a key.
std::string trace_id(Random& random) {
    std::array<std::uint8_t, 16> bytes{};
    for (std::size_t i = 0; i < bytes.size(); i += 8) {
        const std::uint64_t word = random.next();
        for (std::size_t j = 0; j < 8; ++j) {
            bytes[i + j] = static_cast<std::uint8_t>(word >> (8 * j));
        }
    }
    bytes[6] = static_cast<std::uint8_t>((bytes[6] & 0x0FU) | 0x40U);
    bytes[8] = static_cast<std::uint8_t>((bytes[8] & 0x3FU) | 0x80U);
    std::string text = to_hex(bytes);
    for (const std::size_t at : {std::size_t{20}, std::size_t{16}, std::size_t{12}, std::size_t{8}}) {
        text.insert(at, 1, '-');
    }
    return text;
}

bool accepts(const RestCall& call, int status) {
    return (status >= 200 && status < 300) ||
           std::find(call.accepted.begin(), call.accepted.end(), status) != call.accepted.end();
}

/// A 403 that means "too many": vendors send when a quota begins anew with every answer, so that says
/// nothing.
bool says_throttled(const HttpHeaders& headers) {
    return headers.find("Retry-After") || headers.find("X-RateLimit-Remaining") == "0";
}

/// The status code's place in the closed set of faults.
class Meaning {
public:
    int status;
    Fault fault;
    std::string_view code;
    std::string_view advice;
};

constexpr std::array<Meaning, 10> meanings = {{
    {400, Fault::permanent, ".bad_request", "the vendor does not accept the request"},
    {401, Fault::credential, ".unauthorized", "the vendor refuses our credential; check it and its expiry"},
    {403,
     Fault::permanent,
     ".forbidden",
     "the vendor does not permit this to our credential; check its rights"},
    {404, Fault::permanent, ".not_found", "it does not exist, or our credential may not see it"},
    {409, Fault::transient, ".conflict", "somebody else changed it at the same time"},
    {410, Fault::permanent, ".gone", "the vendor removed this interface; update accessd"},
    {412, Fault::transient, ".conflict", "somebody else changed it at the same time"},
    {413, Fault::permanent, ".too_large", "the vendor accepts no more of it here"},
    {423, Fault::transient, ".conflict", "the vendor has locked it for now"},
    {425, Fault::transient, ".server_error", "the vendor wants it sent again"},
}};

const Meaning* meaning_of(int status) {
    const auto found = std::find_if(meanings.begin(), meanings.end(), [&](const Meaning& meaning) {
        return meaning.status == status;
    });
    return found != meanings.end() ? &*found : nullptr;
}

} // namespace

RestCall::RestCall(std::string_view http_method, RequestTarget call_target)
    : method(http_method), target(std::move(call_target)) {}

RestCall&& RestCall::json(boost::json::value json_body) && {
    body = std::move(json_body);
    return std::move(*this);
}

RestCall&& RestCall::header(std::string name, std::string value) && {
    headers.emplace_back(std::move(name), std::move(value));
    return std::move(*this);
}

RestCall&& RestCall::accept(std::initializer_list<int> statuses) && {
    accepted.assign(statuses);
    return std::move(*this);
}

RestClient::RestClient(
    RestProfile profile, HttpTransport& transport, TokenSource& tokens, Clock& clock, Random& random
)
    : profile_(std::move(profile)), transport_(transport), tokens_(tokens), clock_(clock), random_(random),
      limiter_(profile_.system, profile_.max_in_flight, clock) {}

Task<Result<RestReply>> RestClient::call(RestCall call, TimePoint deadline) {
    if (call.target.invalid()) {
        co_return Error(
            Fault::permanent,
            profile_.system + ".bad_request",
            "an id is empty or not one that a URL can hold"
        );
    }
    const SteadyDeadline end(clock_, std::min(deadline, clock_.now() + longest_call));
    auto permit = co_await limiter_.acquire(end.on_clock());
    if (!permit) {
        co_return permit.error();
    }
    std::string authorization;
    auto reply = co_await attempt(call, end, authorization);
    const bool refused = !reply && reply.error().fault() == Fault::credential && !authorization.empty();
    if (refused && tokens_.reject(authorization)) {
        reply = co_await attempt(call, end, authorization);
    }
    if (reply) {
        limiter_.succeeded();
    } else if (reply.error().fault() == Fault::throttled) {
        limiter_.throttled(*reply.error().retry_at());
    }
    if (!reply && log_enabled(LogLevel::debug)) {
        log(LogLevel::debug,
            "call_failed",
            {{"system", profile_.system}, {"code", reply.error().code()}, {"error", reply.error().message()}}
        );
    }
    co_return reply;
}

Task<Result<RestReply>>
RestClient::attempt(const RestCall& call, const SteadyDeadline& end, std::string& authorization) {
    authorization.clear();
    auto token = co_await tokens_.authorization(end.on_clock());
    if (!token) {
        co_return token.error();
    }
    authorization = std::move(*token);
    const HttpRequest request = build(call, authorization);
    auto response = co_await transport_.send(request, end.on_clock());
    if (!response) {
        co_return response.error();
    }
    co_return read(call, std::move(*response));
}

HttpRequest RestClient::build(const RestCall& call, const std::string& authorization) const {
    HttpRequest request(std::string(call.method), profile_.base_url + call.target.text());
    request.headers.add("Authorization", authorization);
    request.headers.add("Accept", "application/json");
    request.headers.add("Accept-Encoding", "identity");
    request.headers.add("User-Agent", "accessd/" ACCESSD_VERSION);
    if (!profile_.sent_request_id_header.empty()) {
        request.headers.add(profile_.sent_request_id_header, trace_id(random_));
    }
    for (const auto& [name, value] : profile_.headers) {
        request.headers.add(name, value);
    }
    for (const auto& [name, value] : call.headers) {
        request.headers.add(name, value);
    }
    if (!call.body.is_null()) {
        request.headers.add("Content-Type", "application/json");
        request.body = boost::json::serialize(call.body);
    }
    return request;
}

Result<RestReply> RestClient::read(const RestCall& call, HttpResponse response) const {
    RestReply reply;
    reply.status = response.status;
    reply.headers = std::move(response.headers);
    const bool success = accepts(call, reply.status);
    if (!trim(response.body).empty()) {
        auto body = parse_json(response.body);
        if (body) {
            reply.body = std::move(*body);
        } else if (success) {
            const std::string type(reply.headers.find("Content-Type").value_or("no content type"));
            Error error(
                Fault::transient,
                profile_.system + ".not_json",
                std::string(origin_of(profile_.base_url)) + " answered " + std::to_string(reply.status) +
                    " with something that is not JSON (" + escape_text(type, 60) +
                    "); check that the URL is the vendor's API and no proxy or login page answers"
            );
            error.with_effect(is_read(call.method) ? Effect::none : Effect::unknown);
            return error;
        }
    }
    if (success) {
        return reply;
    }
    return classify(call, reply);
}

Error RestClient::classify(const RestCall& call, const RestReply& reply) const {
    const int status = reply.status;
    VendorError vendor;
    if (profile_.read_error != nullptr && !reply.body.is_null()) {
        vendor = profile_.read_error(reply.body);
    }
    std::string message(call.method);
    message.append(" ").append(origin_of(profile_.base_url)).append(escape_text(path_of(call.target.text())));
    message.append(" answered ").append(std::to_string(status));
    if (!vendor.code.empty()) {
        message.append(" ").append(escape_text(vendor.code, 80));
    }
    if (!vendor.message.empty()) {
        message.append(" \"").append(vendor.message).append("\"");
    }
    const auto request_id = reply.headers.find(profile_.request_id_header);
    const auto with = [&](std::string_view advice) {
        std::string text = message + ": " + std::string(advice);
        if (request_id && !request_id->empty()) {
            text += " (request id " + escape_text(*request_id, 80) + ")";
        }
        return text;
    };
    // A gateway's 408 or 5xx may come after the vendor has acted.
    const bool late = status >= 500 || status == 408;
    const Effect effect = late && !is_read(call.method) ? Effect::unknown : Effect::none;
    const auto wait = retry_after(reply.headers, clock_.now());
    if (status == 429 || (status == 503 && wait) || (status == 403 && says_throttled(reply.headers))) {
        return Error::throttled_until(
                   wait.value_or(clock_.now() + unsaid_wait),
                   profile_.system + ".throttled",
                   with("too many calls")
        )
            .with_effect(effect);
    }
    if (late) {
        return Error(Fault::transient, profile_.system + ".server_error", with("the vendor has trouble"))
            .with_effect(effect);
    }
    if (status >= 300 && status < 400) {
        return Error(
            Fault::permanent,
            profile_.system + ".redirected",
            with("redirects are not followed; check that the configured URL is the vendor's API")
        );
    }
    if (const Meaning* meaning = meaning_of(status)) {
        return Error(meaning->fault, profile_.system + std::string(meaning->code), with(meaning->advice));
    }
    if (status >= 400) {
        return Error(
            Fault::permanent, profile_.system + ".bad_request", with("the vendor does not accept the request")
        );
    }
    return Error(
               Fault::transient,
               profile_.system + ".unexpected_status",
               with("not a status that a vendor sends")
    )
        .with_effect(is_read(call.method) ? Effect::none : Effect::unknown);
}

Result<RequestTarget> RestClient::follow(std::string_view link) const {
    const auto foreign = [&] {
        return Error(
            Fault::permanent,
            profile_.system + ".foreign_link",
            std::string(origin_of(profile_.base_url)) +
                " sent a link that leads elsewhere: " + escape_text(link, 120)
        );
    };
    const std::string_view base = profile_.base_url;
    if (!link.starts_with(base) || link.size() <= base.size() || link[base.size()] != '/') {
        return foreign();
    }
    const std::string_view target = link.substr(base.size());
    const std::string path = ascii_lower(path_of(target));
    const bool climbs = path.find("/..") != std::string::npos || path.find("%2e") != std::string::npos ||
                        path.find("%2f") != std::string::npos || path.find("%5c") != std::string::npos ||
                        path.find('\\') != std::string::npos || path.starts_with("//");
    const bool printable =
        std::all_of(target.begin(), target.end(), [](char c) { return c > ' ' && c < '\x7f' && c != '#'; });
    if (climbs || !printable) {
        return foreign();
    }
    return RequestTarget::checked(std::string(target));
}

} // namespace accessd
