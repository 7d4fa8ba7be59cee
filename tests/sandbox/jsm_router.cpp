#include "tests/sandbox/jsm_router.hpp"

#include "core/support/json.hpp"
#include "core/support/text.hpp"
#include "tests/sandbox/wire.hpp"

#include <algorithm>

namespace accessd::sandbox::jsm {

namespace {

constexpr std::string_view desk_root = "/rest/servicedeskapi/";
constexpr std::size_t body_limit = 1U << 20U;

/// The segments that "*" stands for, when the path fits.
bool fits(std::string_view pattern, std::string_view path, std::vector<std::string>& found) {
    found.clear();
    while (true) {
        const std::size_t want = std::min(pattern.find('/', 1), pattern.size());
        const std::size_t have = std::min(path.find('/', 1), path.size());
        const std::string_view segment = path.substr(0, have);
        if (pattern.substr(0, want) == "/*") {
            auto decoded = percent_decode(segment.substr(std::min<std::size_t>(1, segment.size())));
            if (!decoded || decoded->empty()) {
                return false;
            }
            found.push_back(std::move(*decoded));
        } else if (pattern.substr(0, want) != segment) {
            return false;
        }
        pattern.remove_prefix(want);
        path.remove_prefix(have);
        if (pattern.empty() || path.empty()) {
            return pattern.empty() && path.empty();
        }
    }
}

const User* authenticate(State& state, const HttpRequest& request) {
    const auto given = request.headers.find("Authorization");
    const std::string pair = state.settings.email + ":" + state.settings.token;
    return given == "Basic " + to_base64(as_bytes(pair)) ? state.self() : nullptr;
}

bool accepts_json(const HttpRequest& request) {
    const auto accept = request.headers.find("Accept");
    return accept && (accept->find("application/json") != std::string_view::npos ||
                      accept->find("*/*") != std::string_view::npos);
}

HttpResponse refuse(std::string_view path, int status, std::string_view why) {
    return path.starts_with(desk_root) ? desk_error(status, why) : jira_error(status, why);
}

std::string_view without_gateway(std::string_view path) {
    constexpr std::string_view gateway = "/ex/jira/";
    if (path.starts_with(gateway)) {
        path.remove_prefix(gateway.size());
        path.remove_prefix(std::min(path.find('/'), path.size()));
    }
    return path;
}

/// The query's parameters into the call; the refusal of one that the route does not know.
std::optional<HttpResponse>
read_query(const Route& route, std::string_view path, std::string_view query, Call& call) {
    auto pairs = parse_pairs(query);
    if (!pairs) {
        return refuse(path, 400, "The query string is malformed.");
    }
    for (const auto& [name, value] : *pairs) {
        if (route.query != "*" && !has_word(route.query, name)) {
            return refuse(path, 400, "The query parameter '" + name + "' is not known.");
        }
    }
    call.query = std::move(*pairs);
    return std::nullopt;
}

std::optional<HttpResponse> read_body(const HttpRequest& request, std::string_view path, Call& call) {
    if (request.method != "POST") {
        return request.body.empty()
                   ? std::nullopt
                   : std::optional<HttpResponse>(refuse(path, 400, "This call takes no body."));
    }
    if (media_type(request.headers) != "application/json") {
        return refuse(path, 415, "The Content-Type must be application/json.");
    }
    if (request.body.size() > body_limit) {
        return refuse(path, 413, "The body is too large.");
    }
    auto parsed = parse_json(request.body);
    if (!parsed) {
        return refuse(path, 400, "There was an error parsing JSON. Check that your request body is valid.");
    }
    call.body = std::move(*parsed);
    return std::nullopt;
}

} // namespace

Router::Router(State& state) : state_(state) {
    for (const auto& routes :
         {search_routes(),
          issue_routes(),
          comment_routes(),
          transition_routes(),
          desk_routes(),
          site_routes(),
          people_routes()}) {
        for (const Route& route : routes) {
            Counted& counted = routes_.emplace_back();
            counted.route = &route;
            counted.start = route.path.substr(0, route.path.find('*'));
        }
    }
}

void Router::reset() {
    total_ = 0;
    for (Counted& counted : routes_) {
        counted.calls = 0;
    }
}

HttpResponse Router::handle(const HttpRequest& request, TimePoint now) {
    Call call(state_, now);
    call.caller = authenticate(state_, request);
    HttpResponse response = answer(request, call);
    response.headers.add("X-AREQUESTID", std::to_string(++total_));
    if (call.caller != nullptr) {
        response.headers.add("X-AACCOUNTID", call.caller->account_id);
    } else if (request.headers.find("Authorization")) {
        response.headers.add("X-Seraph-LoginReason", "AUTHENTICATED_FAILED");
    }
    return response;
}

HttpResponse Router::answer(const HttpRequest& request, Call& call) {
    const Url url(request.url);
    const std::string_view path = without_gateway(url.path);
    std::string allowed;
    for (Counted& counted : routes_) {
        const Route& route = *counted.route;
        if (!path.starts_with(counted.start) || !fits(route.path, path, call.path)) {
            continue;
        }
        if (route.method != request.method) {
            allowed += (allowed.empty() ? "" : ", ") + std::string(route.method);
            continue;
        }
        ++counted.calls;
        if (!accepts_json(request)) {
            return refuse(path, 406, "The Accept header must allow application/json.");
        }
        if (call.caller == nullptr && route.anonymous == Anonymous::refused) {
            return refuse(path, 401, "Client must be authenticated to access this resource.");
        }
        if (auto refusal = read_query(route, path, url.query, call)) {
            return std::move(*refusal);
        }
        if (auto refusal = read_body(request, path, call)) {
            return std::move(*refusal);
        }
        return route.operation(call);
    }
    if (!allowed.empty()) {
        HttpResponse response = refuse(path, 405, "Method Not Allowed");
        response.headers.add("Allow", allowed);
        return response;
    }
    return refuse(path, 404, "No resource is found at this path.");
}

} // namespace accessd::sandbox::jsm
