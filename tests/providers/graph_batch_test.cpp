#include "core/http/rest_client.hpp"
#include "core/support/json.hpp"
#include "providers/entra/entra_errors.hpp"
#include "providers/entra/graph_batch.hpp"
#include "providers/entra/membership.hpp"
#include "tests/providers/conformance.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace accessd;
using namespace accessd::entra;

namespace {

constexpr const char* user_id = "11111111-0000-4000-8000-00000000000a";
constexpr const char* group_id = "22222222-0000-4000-8000-00000000000b";

class FixedToken final : public TokenSource {
public:
    Task<Result<std::string>> authorization(TimePoint) override { co_return std::string("Bearer token"); }

    bool reject(const std::string&) override { return true; }
};

/// Answers with what it was told to, in order, and keeps what was asked.
class ScriptedTransport final : public HttpTransport {
public:
    Task<Result<HttpResponse>> send(const HttpRequest& request, TimePoint) override {
        asked.push_back(request);
        HttpResponse response(answers.empty() ? 500 : answers.front().first);
        response.body = answers.empty() ? "" : answers.front().second;
        response.headers.add("Content-Type", "application/json");
        if (!answers.empty()) {
            answers.pop_front();
        }
        co_return response;
    }

    void answer(int status, std::string body) { answers.emplace_back(status, std::move(body)); }

    std::deque<std::pair<int, std::string>> answers;
    std::vector<HttpRequest> asked;
};

class Scene {
public:
    Scene() : client(profile(), transport, tokens, world, world), batch(client) {}

    Result<BatchReply> send() {
        auto made = Membership::of(AccessKey("Entra ID", group_id, user_id));
        REQUIRE(made.has_value());
        auto task = batch.send(
            made->add(client.profile().base_url),
            made->look(Depth::direct),
            world.now() + std::chrono::seconds(30)
        );
        return world.run(test::boxed(std::move(task))).value();
    }

    static RestProfile profile() {
        RestProfile made;
        made.system = "entra";
        made.base_url = "https://graph.test/v1.0";
        made.read_error = read_graph_error;
        return made;
    }

    test::SimWorld world;
    ScriptedTransport transport;
    FixedToken tokens;
    RestClient client;
    GraphBatch batch;
};

std::string items(const std::string& first, const std::string& second) {
    return R"({"responses":[)" + first + "," + second + "]}";
}

} // namespace

TEST_CASE("graph batch: a write and the look behind it are one call of Graph's documented form") {
    Scene scene;
    scene.transport.answer(
        200,
        items(
            R"({"id":"2","status":200,"body":{"value":[]}})", R"({"id":"1","status":204,"headers":{"a":"b"}})"
        )
    );
    const auto reply = scene.send();
    REQUIRE(reply.has_value());
    CHECK(reply->write.status == 204);
    REQUIRE(reply->look.has_value());
    CHECK(reply->look->status == 200);
    REQUIRE(scene.transport.asked.size() == 1);
    const HttpRequest& asked = scene.transport.asked.front();
    CHECK(asked.method == "POST");
    CHECK(asked.url == "https://graph.test/v1.0/$batch");
    const auto body = parse_json(asked.body);
    const auto expected = parse_json(
        R"({"requests":[{"id":"1","method":"POST",
            "url":"/groups/22222222-0000-4000-8000-00000000000b/members/$ref",
            "headers":{"Content-Type":"application/json"},
            "body":{"@odata.id":"https://graph.test/v1.0/directoryObjects/11111111-0000-4000-8000-00000000000a"}},
            {"id":"2","method":"GET","dependsOn":["1"],"headers":{"ConsistencyLevel":"eventual"},
            "url":"/groups/22222222-0000-4000-8000-00000000000b/members?$filter=id%20eq%20%2711111111-0000-4000-8000-00000000000a%27&$count=true&$select=id"}]})"
    );
    REQUIRE(body.has_value());
    REQUIRE(expected.has_value());
    CHECK(canonical_json(*body) == canonical_json(*expected));
}

TEST_CASE("graph batch: an answer that does not name the write leaves its effect unknown") {
    for (const std::string body :
         {R"({})",
          R"([])",
          R"({"responses":[]})",
          R"({"responses":[7,null,{"id":"2","status":200}]})",
          R"({"responses":[{"id":"1","status":"204"}]})",
          R"({"responses":[{"id":"1","status":20400000000}]})",
          R"({"responses":[{"id":"1"}]})"}) {
        CAPTURE(body);
        Scene scene;
        scene.transport.answer(200, body);
        const auto reply = scene.send();
        REQUIRE_FALSE(reply.has_value());
        CHECK(reply.error().fault() == Fault::transient);
        CHECK(reply.error().effect() == Effect::unknown);
    }
}

TEST_CASE("graph batch: a throttled item closes the limiter for everybody") {
    Scene scene;
    scene.transport.answer(
        200,
        items(
            R"({"id":"1","status":429,"headers":{"Retry-After":"7"},"body":{"error":{"code":"TooManyRequests"}}})",
            R"({"id":"2","status":424})"
        )
    );
    const auto reply = scene.send();
    REQUIRE_FALSE(reply.has_value());
    CHECK(reply.error().fault() == Fault::throttled);
    CHECK(reply.error().effect() == Effect::none);
    REQUIRE(reply.error().retry_at().has_value());
    CHECK(*reply.error().retry_at() >= scene.world.now() + std::chrono::seconds(7));
    REQUIRE(scene.client.limiter().closed_until().has_value());
    CHECK(*scene.client.limiter().closed_until() == *reply.error().retry_at());
}

TEST_CASE("graph batch: a failed write in a good batch is that write's error, its effect unknown") {
    Scene scene;
    scene.transport.answer(200, items(R"({"id":"1","status":503})", R"({"id":"2","status":424})"));
    const auto reply = scene.send();
    REQUIRE_FALSE(reply.has_value());
    CHECK(reply.error().fault() == Fault::transient);
    CHECK(reply.error().effect() == Effect::unknown);
}

TEST_CASE("graph batch: a failed look does not spoil the write") {
    Scene scene;
    scene.transport.answer(
        200, items(R"({"id":"1","status":204})", R"({"id":"2","status":429,"headers":{"Retry-After":"7"}})")
    );
    const auto reply = scene.send();
    REQUIRE(reply.has_value());
    CHECK(reply->write.status == 204);
    CHECK_FALSE(reply->look.has_value());
    CHECK(scene.client.limiter().closed_until().has_value());
}

TEST_CASE("graph batch: behind a gateway without $batch the write goes alone, and so do all later ones") {
    for (const int status : {400, 403, 404, 405, 501}) {
        CAPTURE(status);
        Scene scene;
        scene.transport.answer(status, R"({"error":{"code":"x","message":"no such segment"}})");
        scene.transport.answer(204, "");
        scene.transport.answer(204, "");
        for (int time = 0; time < 2; ++time) {
            const auto reply = scene.send();
            REQUIRE(reply.has_value());
            CHECK(reply->write.status == 204);
            CHECK_FALSE(reply->look.has_value());
        }
        REQUIRE(scene.transport.asked.size() == 3);
        CHECK(scene.transport.asked[1].url.ends_with("/members/$ref"));
        CHECK(scene.transport.asked[2].url.ends_with("/members/$ref"));
    }
}

TEST_CASE("graph batch: after a gateway's web page the next try goes alone") {
    Scene scene;
    scene.transport.answer(404, "<html>no such page</html>");
    scene.transport.answer(204, "");
    const auto first = scene.send();
    REQUIRE_FALSE(first.has_value());
    CHECK(first.error().fault() == Fault::transient);
    CHECK(first.error().effect() == Effect::unknown);
    const auto second = scene.send();
    REQUIRE(second.has_value());
    CHECK(second->write.status == 204);
}

TEST_CASE("graph batch: a token refused by an item is renewed by the plain call") {
    Scene scene;
    scene.transport.answer(200, items(R"({"id":"1","status":401})", R"({"id":"2","status":424})"));
    scene.transport.answer(401, R"({"error":{"code":"InvalidAuthenticationToken"}})");
    scene.transport.answer(204, "");
    const auto reply = scene.send();
    REQUIRE(reply.has_value());
    CHECK(reply->write.status == 204);
    CHECK(scene.transport.asked.size() == 3);
}
