#include "tests/core/http/rest_rig.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

using namespace accessd;
using namespace std::chrono_literals;
using accessd::test::RestRig;

namespace {

/// What an answer with this status means to the engine.
class Expected {
public:
    int status;
    Fault fault;
    std::string code;
    Effect of_write;
};

const std::vector<Expected> table = {
    {301, Fault::permanent, "acme.redirected", Effect::none},
    {302, Fault::permanent, "acme.redirected", Effect::none},
    {400, Fault::permanent, "acme.bad_request", Effect::none},
    {403, Fault::permanent, "acme.forbidden", Effect::none},
    {404, Fault::permanent, "acme.not_found", Effect::none},
    {405, Fault::permanent, "acme.bad_request", Effect::none},
    {408, Fault::transient, "acme.server_error", Effect::unknown},
    {409, Fault::transient, "acme.conflict", Effect::none},
    {410, Fault::permanent, "acme.gone", Effect::none},
    {412, Fault::transient, "acme.conflict", Effect::none},
    {413, Fault::permanent, "acme.too_large", Effect::none},
    {422, Fault::permanent, "acme.bad_request", Effect::none},
    {423, Fault::transient, "acme.conflict", Effect::none},
    {425, Fault::transient, "acme.server_error", Effect::none},
    {429, Fault::throttled, "acme.throttled", Effect::none},
    {500, Fault::transient, "acme.server_error", Effect::unknown},
    {502, Fault::transient, "acme.server_error", Effect::unknown},
    {503, Fault::transient, "acme.server_error", Effect::unknown},
    {504, Fault::transient, "acme.server_error", Effect::unknown},
    {599, Fault::transient, "acme.server_error", Effect::unknown},
};

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("rest: every status has its place in the closed set of faults") {
    for (const Expected& expected : table) {
        CAPTURE(expected.status);
        RestRig rig;
        rig.transport.answer(expected.status, "{}");
        const auto written = rig.post();
        REQUIRE_FALSE(written);
        CHECK(written.error().fault() == expected.fault);
        CHECK(written.error().code() == expected.code);
        CHECK(written.error().effect() == expected.of_write);
        CHECK(contains(written.error().message(), std::to_string(expected.status)));
        CHECK(contains(written.error().message(), "POST https://api.acme.example"));

        RestRig other;
        other.transport.answer(expected.status, "{}");
        const auto read = other.get();
        REQUIRE_FALSE(read);
        CHECK(read.error().effect() == Effect::none);
    }
}

TEST_CASE("rest: a success brings status, body and headers") {
    RestRig rig;
    rig.transport.answer(201, "{\"id\":7}").headers.add("ETag", "e");
    const auto reply = rig.post();
    REQUIRE(reply);
    CHECK(reply->status == 201);
    CHECK(find_integer(reply->body, "id") == 7);
    CHECK(reply->headers.find("etag") == "e");
}

TEST_CASE("rest: an empty body is null") {
    RestRig rig;
    rig.transport.answer(204);
    const auto reply = rig.post();
    REQUIRE(reply);
    CHECK(reply->body.is_null());
}

TEST_CASE("rest: statuses that the caller wants to see are no errors") {
    RestRig rig;
    rig.transport.answer(404, "{\"code\":\"gone\"}");
    const auto reply = rig.call(RestCall("GET", RequestTarget("/users")).accept({404, 409}));
    REQUIRE(reply);
    CHECK(reply->status == 404);
    CHECK(string_or_empty(reply->body, "code") == "gone");
}

TEST_CASE("rest: a request carries the token, the vendor's headers and the call's own") {
    RestRig rig;
    rig.transport.answer(200, "{}");
    boost::json::object body;
    body["a"] = 1;
    REQUIRE(rig.call(
        RestCall("PATCH", RequestTarget("/users/").segment("x/y")).json(body).header("If-Match", "e")
    ));
    REQUIRE(rig.transport.requests.size() == 1);
    const HttpRequest& sent = rig.transport.requests[0];
    CHECK(sent.method == "PATCH");
    CHECK(sent.url == "https://api.acme.example/v1/users/x%2Fy");
    CHECK(sent.body == "{\"a\":1}");
    CHECK(sent.headers.find("Authorization") == "Bearer 1");
    CHECK(sent.headers.find("Content-Type") == "application/json");
    CHECK(sent.headers.find("Accept-Encoding") == "identity");
    CHECK(sent.headers.find("X-Fixed") == "yes");
    CHECK(sent.headers.find("If-Match") == "e");
    CHECK(sent.headers.find("client-request-id").value_or("").size() == 36);
    CHECK(rig.transport.deadlines[0] == rig.world.now() + 30s);
}

TEST_CASE("rest: a target that could not be built is never sent") {
    RestRig rig;
    const auto reply = rig.call(RestCall("GET", RequestTarget("/users/").segment("..")));
    REQUIRE_FALSE(reply);
    CHECK(reply.error().fault() == Fault::permanent);
    CHECK(rig.transport.requests.empty());
    CHECK(rig.tokens.asked == 0);
}

TEST_CASE("rest: a refused token is renewed once and the call repeated once") {
    RestRig rig;
    rig.transport.answer(401, "{}");
    rig.transport.answer(200, "{}");
    CHECK(rig.post());
    CHECK(rig.tokens.rejected == std::vector<std::string>{"Bearer 1"});
    REQUIRE(rig.transport.requests.size() == 2);
    CHECK(rig.transport.requests[1].headers.find("Authorization") == "Bearer 2");
}

TEST_CASE("rest: when the renewed token is refused too the credential is at fault") {
    RestRig rig;
    rig.transport.answer(401, "{}");
    rig.transport.answer(401, "{}");
    const auto reply = rig.post();
    REQUIRE_FALSE(reply);
    CHECK(reply.error().fault() == Fault::credential);
    CHECK(reply.error().code() == "acme.unauthorized");
    CHECK(rig.transport.requests.size() == 2);
}

TEST_CASE("rest: a fixed credential is not tried again") {
    RestRig rig;
    rig.tokens.renewable = false;
    rig.transport.answer(401, "{}");
    const auto reply = rig.post();
    REQUIRE_FALSE(reply);
    CHECK(reply.error().fault() == Fault::credential);
    CHECK(rig.transport.requests.size() == 1);
}

TEST_CASE("rest: throttling says until when and shuts the door for the next call") {
    for (const int status : {429, 503, 403}) {
        CAPTURE(status);
        RestRig rig;
        rig.transport.answer(status, "{}").headers.add("Retry-After", "120");
        const auto reply = rig.post();
        REQUIRE_FALSE(reply);
        CHECK(reply.error().fault() == Fault::throttled);
        CHECK(reply.error().retry_at() == rig.world.now() + 120s);
        CHECK(reply.error().effect() == (status == 503 ? Effect::unknown : Effect::none));
        CHECK(rig.client.limiter().limit() == 4);
        const auto next = rig.post();
        REQUIRE_FALSE(next);
        CHECK(next.error().fault() == Fault::throttled);
        CHECK(rig.transport.requests.size() == 1);
    }
}

TEST_CASE("rest: a 403 is throttling only when it says so, not because a quota has an end") {
    for (const std::string remaining : {"0", "17"}) {
        RestRig rig;
        auto& answer = rig.transport.answer(403, "{}");
        answer.headers.add("X-RateLimit-Reset", "60");
        answer.headers.add("X-RateLimit-Remaining", remaining);
        const auto reply = rig.get();
        REQUIRE_FALSE(reply);
        CHECK(reply.error().code() == (remaining == "0" ? "acme.throttled" : "acme.forbidden"));
    }
}

TEST_CASE("rest: throttling that does not say until when lasts a while") {
    RestRig rig;
    rig.transport.answer(429);
    const auto reply = rig.get();
    REQUIRE_FALSE(reply);
    REQUIRE(reply.error().retry_at());
    CHECK(*reply.error().retry_at() > rig.world.now());
}

TEST_CASE("rest: a success that is not JSON is an error that tells what to look at") {
    RestRig rig;
    rig.transport.answer(200, "<html>Sign in</html>");
    rig.transport.answer(200, "<html>Sign in</html>");
    const auto read = rig.get();
    REQUIRE_FALSE(read);
    CHECK(read.error().code() == "acme.not_json");
    CHECK(read.error().fault() == Fault::transient);
    CHECK(read.error().effect() == Effect::none);
    const auto written = rig.post();
    REQUIRE_FALSE(written);
    CHECK(written.error().effect() == Effect::unknown);
    CHECK(contains(written.error().message(), "api.acme.example"));
}

TEST_CASE("rest: an error page that is not JSON is judged by its status alone") {
    RestRig rig;
    rig.transport.answer(502, "<html>Bad gateway</html>");
    const auto reply = rig.get();
    REQUIRE_FALSE(reply);
    CHECK(reply.error().code() == "acme.server_error");
    CHECK_FALSE(contains(reply.error().message(), "html"));
}

TEST_CASE("rest: a message names the vendor's code, its words and its request id, escaped, no query") {
    RestRig rig;
    rig.transport.answer(400, "{\"code\":\"bad\\nthing\",\"message\":\"no such group\"}")
        .headers.add("X-Request-Id", "id-1\x1b[2J");
    const auto reply = rig.call(RestCall("GET", RequestTarget("/users").query("q", "private")));
    REQUIRE_FALSE(reply);
    const std::string message = reply.error().message();
    CHECK(contains(message, "no such group"));
    CHECK(contains(message, "request id id-1"));
    CHECK(contains(message, "/users"));
    CHECK_FALSE(contains(message, "private"));
    CHECK(std::none_of(message.begin(), message.end(), [](char c) { return c == '\n' || c == '\x1b'; }));
}

TEST_CASE("rest: no error holds the token") {
    std::vector<Expected> all = table;
    all.push_back({401, Fault::credential, "", Effect::none});
    for (const Expected& expected : all) {
        RestRig rig;
        rig.transport.answer(expected.status, "not json");
        rig.transport.answer(expected.status, "not json");
        const auto reply = rig.post();
        REQUIRE_FALSE(reply);
        CHECK_FALSE(contains(reply.error().message(), "Bearer"));
    }
}

TEST_CASE("rest: what the transport says is passed on as it is") {
    RestRig rig;
    rig.transport.answers.emplace_back(
        Error(Fault::transient, "http.timeout", "api.acme.example: late").with_effect(Effect::unknown)
    );
    const auto reply = rig.post();
    REQUIRE_FALSE(reply);
    CHECK(reply.error().code() == "http.timeout");
    CHECK(reply.error().effect() == Effect::unknown);
    CHECK(rig.client.limiter().in_flight() == 0);
}

TEST_CASE("rest: no more calls are under way than the vendor allows") {
    RestRig rig;
    rig.transport.delay = 1s;
    int ended = 0;
    for (int i = 0; i < 30; ++i) {
        rig.transport.answer(200, "{}");
        boost::asio::co_spawn(
            rig.world.get_executor(),
            test::in_box(rig.client.call(RestCall("GET", RequestTarget("/users")), rig.world.now() + 1h)),
            [&](std::exception_ptr, const std::shared_ptr<Result<RestReply>>& reply) {
                ended += reply && *reply ? 1 : 0;
            }
        );
    }
    rig.world.run();
    CHECK(ended == 30);
    CHECK(rig.transport.most_under_way == 8);
}
