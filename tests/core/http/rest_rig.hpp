#pragma once

#include "core/http/rest_client.hpp"
#include "core/support/json.hpp"
#include "tests/core/http/outcome.hpp"
#include "tests/core/http/queued_transport.hpp"
#include "tests/support/sim_world.hpp"

#include <string>
#include <utility>

namespace accessd::test {

/// A client of a made-up vendor whose answers are queued.
class RestRig {
public:
    RestRig() : transport(world), client(profile(), transport, tokens, world, world) {}

    static RestProfile profile() {
        RestProfile profile;
        profile.system = "acme";
        profile.base_url = "https://api.acme.example/v1";
        profile.request_id_header = "X-Request-Id";
        profile.sent_request_id_header = "client-request-id";
        profile.read_error = [](const boost::json::value& body) {
            VendorError error;
            error.code = string_or_empty(body, "code");
            error.message = string_or_empty(body, "message");
            return error;
        };
        profile.headers.emplace_back("X-Fixed", "yes");
        return profile;
    }

    Result<RestReply> call(RestCall call) {
        return outcome_of(world, client.call(std::move(call), world.now() + std::chrono::seconds(30)));
    }

    Result<RestReply> get() { return call(RestCall("GET", RequestTarget("/users"))); }

    Result<RestReply> post() {
        return call(RestCall("POST", RequestTarget("/users")).json(boost::json::object()));
    }

    SimWorld world;
    QueuedTransport transport;
    CountedTokens tokens;
    RestClient client;
};

} // namespace accessd::test
