#include "providers/entra/graph_batch.hpp"

#include "core/http/target.hpp"
#include "core/support/json.hpp"
#include "providers/entra/entra_errors.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

namespace accessd::entra {

namespace {

constexpr std::string_view write_id = "1";
constexpr std::string_view look_id = "2";

bool is_good(const RestCall& call, int status) {
    const bool accepted = std::ranges::find(call.accepted, status) != call.accepted.end();
    return accepted || (status >= 200 && status < 300);
}

boost::json::object item(std::string_view id, const RestCall& call) {
    boost::json::object headers;
    for (const auto& [name, value] : call.headers) {
        headers[name] = value;
    }
    boost::json::object request;
    request["id"] = id;
    request["method"] = call.method;
    request["url"] = call.target.text();
    if (!call.body.is_null()) {
        headers["Content-Type"] = "application/json";
        request["body"] = call.body;
    }
    if (!headers.empty()) {
        request["headers"] = std::move(headers);
    }
    return request;
}

RestCall batch(const RestCall& write, const RestCall& look) {
    boost::json::object second = item(look_id, look);
    second["dependsOn"] = boost::json::array({boost::json::value(write_id)});
    boost::json::array requests;
    requests.push_back(item(write_id, write));
    requests.push_back(std::move(second));
    boost::json::object body;
    body["requests"] = std::move(requests);
    // Refusals of the batch as such: nothing in it was done, and the plain call will tell the real reason.
    return RestCall("POST", RequestTarget("/$batch")).json(std::move(body)).accept({400, 403, 404, 405, 501});
}

/// The item's own answer; nothing when the batch has none that can be understood. Items come in any order.
std::optional<RestReply> answer(const RestReply& outer, std::string_view id) {
    const boost::json::array* responses = find_array(outer.body, "responses");
    if (responses == nullptr) {
        return std::nullopt;
    }
    for (const boost::json::value& response : *responses) {
        const auto status = find_integer(response, "status");
        if (find_string(response, "id") != id || !status || *status < 200 || *status > 599) {
            continue;
        }
        RestReply reply;
        reply.status = static_cast<int>(*status);
        if (const boost::json::value* body = find(response, "body")) {
            reply.body = *body;
        }
        if (const boost::json::object* headers = find_object(response, "headers")) {
            for (const auto& header : *headers) {
                if (header.value().is_string()) {
                    reply.headers.add(std::string(header.key()), std::string(header.value().get_string()));
                }
            }
        }
        return reply;
    }
    return std::nullopt;
}

} // namespace

Task<Result<BatchReply>> GraphBatch::send(RestCall write, RestCall look, TimePoint deadline) {
    if (batching_) {
        auto outer = co_await client_.call(batch(write, look), deadline);
        if (!outer) {
            // A gateway's refusal may be a web page; then the next try goes alone.
            batching_ = outer.error().code() != "entra.not_json";
            co_return outer.error();
        }
        batching_ = outer->status < 300;
        const auto own = answer(*outer, write_id);
        // A token that died between the gateway and the item is renewed by the plain call.
        const bool again_alone = !batching_ || (own && own->status == 401);
        if (!again_alone) {
            co_return read(write, look, *outer);
        }
    }
    auto reply = co_await client_.call(std::move(write), deadline);
    if (!reply) {
        co_return reply.error();
    }
    BatchReply alone;
    alone.write = *std::move(reply);
    co_return alone;
}

Result<BatchReply> GraphBatch::read(const RestCall& write, const RestCall& look, const RestReply& outer) {
    auto own = answer(outer, write_id);
    if (!own) {
        return unreadable("the answer to a batch does not say what became of the write")
            .with_effect(Effect::unknown);
    }
    if (!is_good(write, own->status)) {
        return failed(write, *own);
    }
    BatchReply both;
    both.write = *std::move(own);
    auto seen = answer(outer, look_id);
    if (seen && is_good(look, seen->status)) {
        both.look = std::move(seen);
    } else if (seen && both.write.status < 300) {
        failed(look, *seen);
    }
    return both;
}

Error GraphBatch::failed(const RestCall& call, const RestReply& reply) {
    Error error = client_.classify(call, reply);
    // Items are throttled one by one inside a batch that as a whole succeeded.
    if (error.fault() == Fault::throttled && error.retry_at()) {
        client_.limiter().throttled(*error.retry_at());
    }
    return error;
}

} // namespace accessd::entra
