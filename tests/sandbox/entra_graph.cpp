#include "core/support/json.hpp"
#include "core/support/text.hpp"
#include "tests/sandbox/entra_call.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <array>

namespace accessd::sandbox {

namespace json = boost::json;

namespace {

class Route {
public:
    std::string_view method;
    std::string_view pattern; ///< "*" is one segment that does not begin with "$"
    GraphReply (*handler)(EntraState&, const GraphCall&);
};

constexpr std::array<Route, 25> routes = {{
    {"GET", "users", graph_list_users},
    {"GET", "users/*", graph_get_user},
    {"DELETE", "users/*", graph_catastrophe},
    {"GET", "users/*/memberOf", graph_member_of},
    {"GET", "users/*/memberOf/*", graph_get_member_of},
    {"GET", "users/*/transitiveMemberOf", graph_transitive_member_of},
    {"POST", "users/*/checkMemberGroups", graph_check_member_groups},
    {"POST", "users/*/microsoft.graph.checkMemberGroups", graph_check_member_groups},
    {"POST", "directoryObjects/*/checkMemberGroups", graph_check_member_groups},
    {"POST", "directoryObjects/*/microsoft.graph.checkMemberGroups", graph_check_member_groups},
    {"DELETE", "directoryObjects/*", graph_catastrophe},
    {"GET", "groups", graph_list_groups},
    {"GET", "groups/*", graph_get_group},
    {"DELETE", "groups/*", graph_catastrophe},
    {"GET", "groups/*/members", graph_members},
    {"GET", "groups/*/members/$ref", graph_member_refs},
    {"GET", "groups/*/members/$count", graph_count_members},
    {"GET", "groups/*/transitiveMembers", graph_transitive_members},
    {"POST", "groups/*/members/$ref", graph_add_member},
    {"DELETE", "groups/*/members/*/$ref", graph_remove_member},
    {"DELETE", "groups/*/members/*", graph_catastrophe},
    {"DELETE", "groups/*/members/*/microsoft.graph.user", graph_catastrophe},
    {"DELETE", "groups/*/members/*/microsoft.graph.user/$ref", graph_remove_member},
    {"GET", "organization", graph_organization},
    {"POST", "$batch", graph_batch},
}};

bool matches(std::string_view pattern, const std::vector<std::string>& segments) {
    const auto wanted = split(pattern, '/');
    if (wanted.size() != segments.size()) {
        return false;
    }
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        const bool any = wanted[i] == "*" && !segments[i].empty() && segments[i][0] != '$';
        if (!any && wanted[i] != segments[i]) {
            return false;
        }
    }
    return true;
}

// "users('x@y')" is another spelling of "users/x@y" (needed for names that begin with "$").
bool split_key(std::string_view segment, std::vector<std::string>& out) {
    const std::size_t open = segment.find("('");
    if (open == std::string_view::npos || !segment.ends_with("')")) {
        return false;
    }
    out.emplace_back(segment.substr(0, open));
    out.emplace_back(segment.substr(open + 2, segment.size() - open - 4));
    return true;
}

HttpResponse to_http(EntraState& state, GraphReply reply, const HttpHeaders& asked, TimePoint now) {
    HttpResponse response(reply.status);
    const std::string id = state.next_id();
    const std::string client_id(asked.find("client-request-id").value_or(id));
    response.headers.add("request-id", id);
    response.headers.add("client-request-id", client_id);
    response.headers.add("Date", format_http_date(now));
    if (reply.status == 401) {
        response.headers.add("WWW-Authenticate", "Bearer realm=\"\", error=\"invalid_token\"");
    }
    add_inner_error(reply, id, client_id, now);
    if (reply.body) {
        response.headers.add(
            "Content-Type",
            "application/"
            "json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8"
        );
        response.body = json::serialize(*reply.body);
    } else if (!reply.text.empty()) {
        response.headers.add("Content-Type", "text/plain");
        response.body = reply.text;
    }
    return response;
}

// The token, or the reply that refuses it.
std::optional<GraphReply> authenticate(const EntraState& state, const HttpRequest& request, GraphCall& call) {
    constexpr std::string_view scheme = "Bearer ";
    const auto header = request.headers.find("authorization");
    if (!header || header->size() <= scheme.size() ||
        !equals_ignoring_case(header->substr(0, scheme.size()), scheme)) {
        return graph_error(401, "InvalidAuthenticationToken", "Access token is empty.");
    }
    const auto known = state.tokens.find(std::string(header->substr(scheme.size())));
    if (known == state.tokens.end()) {
        return graph_error(
            401, "InvalidAuthenticationToken", "IDX14100: JWT is not well formed, there are no dots (.)."
        );
    }
    if (known->second.expires <= call.now) {
        return graph_error(
            401, "InvalidAuthenticationToken", "Lifetime validation failed, the token is expired."
        );
    }
    call.token = &known->second;
    return std::nullopt;
}

std::optional<GraphReply> read_body(const HttpRequest& request, GraphCall& call) {
    if (request.body.empty() && request.method != "POST") {
        return std::nullopt;
    }
    if (request.method == "GET" || request.method == "DELETE") {
        return graph_bad_request("A " + request.method + " request takes no body.");
    }
    const std::string type = media_type(request.headers);
    if (type.empty()) {
        return graph_bad_request(
            "Write requests (excluding DELETE) must contain the Content-Type header declaration."
        );
    }
    auto parsed = parse_json(request.body);
    if (type != "application/json" || !parsed) {
        return graph_error(
            400,
            "BadRequest",
            "Unable to read JSON request payload. Please ensure Content-Type header is set and payload is of "
            "valid JSON format."
        );
    }
    call.body = std::move(*parsed);
    return std::nullopt;
}

GraphReply answer(EntraState& state, const HttpRequest& request, TimePoint now) {
    GraphCall call;
    const Url url(request.url);
    call.origin = url.origin;
    call.method = request.method;
    call.path = url.path;
    call.headers = request.headers;
    call.now = now;
    if (auto refused = authenticate(state, request, call)) {
        return std::move(*refused);
    }
    auto options = parse_pairs(url.query);
    if (!options) {
        return graph_error(400, "BadRequest", "The query string is malformed.");
    }
    call.options = std::move(*options);
    if (auto refused = read_body(request, call)) {
        return std::move(*refused);
    }
    return graph_route(state, std::move(call));
}

} // namespace

bool GraphCall::may(std::initializer_list<std::string_view> any_of) const {
    return std::any_of(any_of.begin(), any_of.end(), [this](std::string_view wanted) {
        return std::find(token->permissions.begin(), token->permissions.end(), wanted) !=
               token->permissions.end();
    });
}

bool GraphCall::is_eventual() const {
    return equals_ignoring_case(headers.find("consistencylevel").value_or(""), "eventual");
}

GraphReply graph_error(int status, std::string_view code, std::string_view message) {
    GraphReply reply(status);
    reply.body = json::object{{"error", json::object{{"code", code}, {"message", message}}}};
    return reply;
}

void add_inner_error(GraphReply& reply, std::string_view id, std::string_view client_id, TimePoint now) {
    json::value* const error = reply.body ? reply.body->as_object().if_contains("error") : nullptr;
    if (error != nullptr) {
        error->as_object()["innerError"] = json::object{
            {"date", format_utc(now).substr(0, 19)}, {"request-id", id}, {"client-request-id", client_id}};
    }
}

GraphReply graph_denied() {
    return graph_error(
        403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation."
    );
}

GraphReply graph_not_found(std::string_view id) {
    return graph_error(
        404,
        "Request_ResourceNotFound",
        "Resource '" + std::string(id) +
            "' does not exist or one of its queried reference-property objects are not present."
    );
}

GraphReply graph_bad_request(std::string_view message) {
    return graph_error(400, "Request_BadRequest", message);
}

std::optional<GraphReply>
refuse_options(const GraphCall& call, std::initializer_list<std::string_view> known) {
    std::set<std::string_view> seen;
    for (const auto& [name, value] : call.options) {
        if (std::find(known.begin(), known.end(), name) == known.end()) {
            return graph_error(
                400,
                "BadRequest",
                "The query specified in the URI is not valid. Query option '" + name +
                    "' is not supported here."
            );
        }
        if (!seen.insert(name).second) {
            return graph_error(
                400,
                "BadRequest",
                "Query option '" + name +
                    "' was specified more than once, but it must be specified at most once."
            );
        }
    }
    return std::nullopt;
}

GraphReply graph_route(EntraState& state, GraphCall call) {
    std::string_view path = call.path;
    path.remove_prefix(std::string_view("/v1.0/").size());
    for (const std::string_view raw : split(path, '/')) {
        const auto segment = percent_decode(raw);
        if (!segment || segment->empty()) {
            return graph_error(
                400, "BadRequest", "Resource not found for the segment '" + std::string(raw) + "'."
            );
        }
        if (!split_key(*segment, call.segments)) {
            call.segments.push_back(*segment);
        }
    }
    bool known_path = false;
    for (const Route& route : routes) {
        if (matches(route.pattern, call.segments)) {
            known_path = true;
            if (route.method == call.method) {
                return route.handler(state, call);
            }
        }
    }
    if (known_path) {
        return graph_error(
            405, "Request_BadRequest", "Specified HTTP method is not allowed for the request target."
        );
    }
    return graph_error(
        400, "BadRequest", "Resource not found for the segment '" + call.segments.back() + "'."
    );
}

HttpResponse entra_graph(EntraState& state, const HttpRequest& request, TimePoint now) {
    return to_http(state, answer(state, request, now), request.headers, now);
}

} // namespace accessd::sandbox
