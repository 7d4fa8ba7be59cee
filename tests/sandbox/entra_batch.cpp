#include "core/support/json.hpp"
#include "core/support/text.hpp"
#include "tests/sandbox/entra_call.hpp"

#include <boost/json/array.hpp>

#include <algorithm>
#include <array>
#include <map>

namespace accessd::sandbox {

namespace json = boost::json;

namespace {

constexpr std::size_t most_requests = 20;

GraphReply bad_batch(std::string_view message) {
    return graph_error(400, "BadRequest", message);
}

bool is_known_member(std::string_view name) {
    constexpr std::array<std::string_view, 6> known = {"id", "method", "url", "headers", "body", "dependsOn"};
    return std::find(known.begin(), known.end(), name) != known.end();
}

bool is_method(std::string_view method) {
    return method == "GET" || method == "POST" || method == "PATCH" || method == "PUT" || method == "DELETE";
}

// What is wrong with the payload as a whole; "" when nothing is. `order` gets the requests by id.
std::string
check_payload(const json::array& requests, std::map<std::string, const json::value*, std::less<>>& by_id) {
    for (const json::value& request : requests) {
        const auto id = find_string(request, "id");
        const auto url = find_string(request, "url");
        if (!id || id->empty() || !url || !is_method(find_string(request, "method").value_or(""))) {
            return "Invalid batch payload format.";
        }
        for (const auto& member : request.as_object()) {
            if (!is_known_member(member.key())) {
                return "Invalid batch payload format. Unknown property '" + std::string(member.key()) + "'.";
            }
        }
        if (!url->starts_with('/') || url->starts_with("//") || url->starts_with("/v1.0/")) {
            return "The url of request '" + std::string(*id) + "' must be relative to the API's version.";
        }
        const json::array* const on = find_array(request, "dependsOn");
        for (const json::value& other : on != nullptr ? *on : json::array()) {
            // The vendor runs them in an order that satisfies this; asking for the written order is stricter.
            if (!other.is_string() || !by_id.contains(std::string_view(other.as_string()))) {
                return "Request '" + std::string(*id) +
                       "' depends on a request that does not come before it.";
            }
        }
        if (!by_id.emplace(*id, &request).second) {
            return "Request Id '" + std::string(*id) + "' has to be unique in a batch.";
        }
    }
    return {};
}

bool depends_on_failure(const json::value& request, const std::map<std::string, int, std::less<>>& statuses) {
    const json::array* const on = find_array(request, "dependsOn");
    for (const json::value& other : on != nullptr ? *on : json::array()) {
        const auto status = statuses.find(std::string_view(other.as_string()));
        if (status != statuses.end() && status->second >= 400) {
            return true;
        }
    }
    return false;
}

GraphReply run_item(EntraState& state, const GraphCall& batch, const json::value& request) {
    GraphCall call;
    call.origin = batch.origin;
    call.token = batch.token;
    call.now = batch.now;
    call.method = string_or_empty(request, "method");
    if (const json::object* const headers = find_object(request, "headers")) {
        for (const auto& [name, value] : *headers) {
            call.headers.add(name, value.is_string() ? std::string(value.as_string()) : std::string());
        }
    }
    const std::string url = "/v1.0" + string_or_empty(request, "url");
    const std::size_t question = std::min(url.find('?'), url.size());
    call.path = url.substr(0, question);
    auto options = parse_pairs(std::string_view(url).substr(std::min(question + 1, url.size())));
    if (!options) {
        return bad_batch("The query string is malformed.");
    }
    call.options = std::move(*options);
    const json::value* const body = find(request, "body");
    const bool takes_body = call.method == "POST" || call.method == "PATCH" || call.method == "PUT";
    if (takes_body != (body != nullptr)) {
        return bad_batch("Unable to read JSON request payload.");
    }
    if (body != nullptr && media_type(call.headers) != "application/json") {
        return graph_bad_request(
            "Write requests (excluding DELETE) must contain the Content-Type header declaration."
        );
    }
    if (body != nullptr) {
        call.body = *body;
    }
    if (call.path == "/v1.0/$batch") {
        return bad_batch("A batch must not contain a batch.");
    }
    return graph_route(state, std::move(call));
}

} // namespace

GraphReply graph_batch(EntraState& state, const GraphCall& call) {
    if (auto refused = refuse_options(call, {})) {
        return std::move(*refused);
    }
    const json::array* const requests = find_array(*call.body, "requests");
    if (requests == nullptr || call.body->as_object().size() != 1 || requests->empty()) {
        return bad_batch("Invalid batch payload format.");
    }
    if (requests->size() > most_requests) {
        return bad_batch("Number of requests in the batch exceeds the limit of 20.");
    }
    std::map<std::string, const json::value*, std::less<>> by_id;
    const std::string problem = check_payload(*requests, by_id);
    if (!problem.empty()) {
        return bad_batch(problem);
    }
    std::map<std::string, int, std::less<>> statuses;
    json::array responses;
    for (const json::value& request : *requests) {
        const std::string id = string_or_empty(request, "id");
        GraphReply reply =
            depends_on_failure(request, statuses)
                ? graph_error(424, "FailedDependency", "A request that this one depends on has failed.")
                : run_item(state, call, request);
        statuses[id] = reply.status;
        const std::string inner_id = state.next_id();
        add_inner_error(reply, inner_id, inner_id, call.now);
        json::object headers;
        if (reply.body) {
            headers["Content-Type"] = "application/json";
        }
        json::object response{{"id", id}, {"status", reply.status}, {"headers", std::move(headers)}};
        if (reply.body) {
            response["body"] = std::move(*reply.body);
        } else if (!reply.text.empty()) {
            response["body"] = reply.text;
        }
        responses.emplace_back(std::move(response));
    }
    // The vendor promises no order; who relies on one shall notice here.
    std::reverse(responses.begin(), responses.end());
    return GraphReply(json::object{{"responses", std::move(responses)}});
}

} // namespace accessd::sandbox
