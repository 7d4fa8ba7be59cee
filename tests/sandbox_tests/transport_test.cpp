#include "core/support/json.hpp"
#include "core/support/text.hpp"
#include "tests/sandbox/entra.hpp"
#include "tests/sandbox/sandbox_transport.hpp"
#include "tests/support/sim_world.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <doctest/doctest.h>

#include <map>
#include <optional>

using namespace accessd;
using namespace accessd::sandbox;
using namespace std::chrono_literals;

namespace {

// Asio spawns coroutines of default-constructible values only.
Task<std::optional<Result<HttpResponse>>>
ask(SandboxTransport& transport, const HttpRequest& request, TimePoint deadline) {
    std::optional<Result<HttpResponse>> answer(co_await transport.send(request, deadline));
    co_return answer;
}

class TransportTest {
public:
    TransportTest() : world(11), sandbox(world), transport(sandbox, world) {
        sandbox.add(std::make_unique<EntraModel>(), {"https://graph.test", "https://login.test"});
        HttpRequest sign_in(
            "POST", "https://login.test/10000000-0000-4000-8000-000000000001/oauth2/v2.0/token"
        );
        sign_in.headers.add("Content-Type", "application/x-www-form-urlencoded");
        sign_in.body =
            "grant_type=client_credentials&client_id=20000000-0000-4000-8000-000000000001"
            "&scope=https%3A%2F%2Fgraph.test%2F.default&client_secret=sandbox~Entra-client-secret.1";
        token = string_or_empty(boost::json::parse(send(sign_in)->body), "access_token");
    }

    HttpRequest get(const std::string& path) const {
        HttpRequest out("GET", "https://graph.test/v1.0" + path);
        out.headers.add("Authorization", "Bearer " + token);
        return out;
    }

    HttpRequest add() {
        HttpRequest out("POST", "https://graph.test/v1.0/groups/" + group() + "/members/$ref");
        out.headers.add("Authorization", "Bearer " + token);
        out.headers.add("Content-Type", "application/json");
        out.body = R"({"@odata.id":"https://graph.test/v1.0/directoryObjects/)" + jane() + "\"}";
        return out;
    }

    /// Adds Jane between two reads.
    HttpRequest batch() {
        HttpRequest out("POST", "https://graph.test/v1.0/$batch");
        out.headers.add("Authorization", "Bearer " + token);
        out.headers.add("Content-Type", "application/json");
        out.body = R"({"requests":[{"id":"1","method":"GET","url":"/users/jane@acme.example"},)"
                   R"({"id":"2","method":"POST","url":"/groups/)" +
                   group() +
                   R"(/members/$ref","headers":{"Content-Type":"application/json"},)"
                   R"("body":{"@odata.id":"https://graph.test/v1.0/directoryObjects/)" +
                   jane() +
                   R"("}},{"id":"3","dependsOn":["2"],"method":"GET","url":"/users/bob@acme.example"}]})";
        return out;
    }

    std::string group() {
        return string_or_empty(*find(control("groups", {}), "groups"), "confluence-users");
    }

    std::string jane() { return string_or_empty(control("user", {{"user", "jane@acme.example"}}), "id"); }

    bool has_jane() {
        const auto answer =
            control("is_member", {{"user", "jane@acme.example"}, {"group", "confluence-users"}});
        return find_bool(answer, "member").value_or(false);
    }

    boost::json::value control(std::string_view verb, const boost::json::object& arguments) {
        last = sandbox.control("entra", verb, arguments, world.now());
        return last;
    }

    void fault(const std::string& rule) {
        REQUIRE_FALSE(
            find_string(sandbox.control("faults", "add", boost::json::parse(rule), world.now()), "error")
        );
    }

    Result<HttpResponse> send(const HttpRequest& request, Duration limit = 30s) {
        return *world.run(ask(transport, request, world.now() + limit));
    }

    test::SimWorld world;
    Sandbox sandbox;
    SandboxTransport transport;
    std::string token;
    boost::json::value last;
};

} // namespace

TEST_CASE("transport: requests go to the vendor of their origin, are counted and kept") {
    TransportTest test;
    const auto answer = test.send(test.get("/users/jane@acme.example"));
    REQUIRE(answer);
    CHECK(answer->status == 200);
    CHECK(answer->headers.find("date").has_value());
    CHECK(test.sandbox.calls("entra") == 2);
    CHECK(test.sandbox.calls_to("GET /v1.0/users/*") == 1);
    CHECK(test.sandbox.log().back().status == 200);
    const HttpRequest stranger("GET", "https://elsewhere.test/");
    const auto nowhere = test.send(stranger);
    REQUIRE_FALSE(nowhere);
    CHECK(nowhere.error().code() == "http.resolve");
    CHECK(nowhere.error().effect() == Effect::none);
}

TEST_CASE("transport: an answer takes the latency, in virtual time") {
    TransportTest test;
    test.transport.set_latency(80ms);
    const TimePoint start = test.world.now();
    CHECK(test.send(test.get("/users")));
    CHECK(test.world.now() - start == 80ms);
    test.fault(R"({"kind":"slow","delay_ms":1000})");
    CHECK(test.send(test.get("/users")));
    CHECK(test.world.now() - start == 1160ms);
}

TEST_CASE("transport: a lost request and a lost reply look alike; only one was applied") {
    TransportTest test;
    test.fault(R"({"kind":"lost_request","times":1})");
    const auto lost = test.send(test.add());
    REQUIRE_FALSE(lost);
    CHECK(lost.error().code() == "http.closed");
    CHECK(lost.error().effect() == Effect::unknown);
    CHECK_FALSE(test.has_jane());
    test.fault(R"({"kind":"lost_reply","times":1})");
    const auto unheard = test.send(test.add());
    REQUIRE_FALSE(unheard);
    CHECK(unheard.error().code() == "http.closed");
    CHECK(unheard.error().effect() == Effect::unknown);
    CHECK(test.has_jane());
}

TEST_CASE("transport: a late effect shows when its time has come") {
    TransportTest test;
    test.fault(R"({"kind":"late_effect","times":1,"delay_ms":60000})");
    CHECK_FALSE(test.send(test.add()));
    CHECK_FALSE(test.has_jane());
    test.world.run_until(test.world.now() + 59s);
    CHECK_FALSE(test.has_jane());
    test.world.run_until(test.world.now() + 2s);
    CHECK(test.has_jane());
}

TEST_CASE("transport: what was carried out is done once more, what was refused is not") {
    for (const bool refused : {false, true}) {
        CAPTURE(refused);
        TransportTest test;
        test.fault(R"({"kind":"repeated","times":1,"delay_ms":60000})");
        if (refused) {
            test.fault(R"({"kind":"throttle_bare","in_batch":true,"method":"POST","times":1})");
        }
        CHECK(test.send(test.batch())->status == 200);
        CHECK(test.has_jane() == !refused);
        test.control("remove_member", {{"user", "jane@acme.example"}, {"group", "confluence-users"}});
        test.world.run_until(test.world.now() + 2min);
        CHECK(test.has_jane() == !refused);
    }
}

TEST_CASE("transport: a deadline ends the wait, not the request") {
    TransportTest test;
    test.transport.set_latency(10s);
    const auto late = test.send(test.add(), 2s);
    REQUIRE_FALSE(late);
    CHECK(late.error().code() == "http.timeout");
    CHECK(late.error().effect() == Effect::unknown);
    CHECK_FALSE(test.has_jane());
    test.world.run_until(test.world.now() + 4s);
    CHECK(test.has_jane());
}

TEST_CASE("transport: a cancelled call's request arrives all the same") {
    TransportTest test;
    test.transport.set_latency(10s);
    const HttpRequest request = test.add();
    boost::asio::cancellation_signal signal;
    boost::asio::co_spawn(
        test.world.get_executor(),
        ask(test.transport, request, test.world.now() + 30s),
        boost::asio::bind_cancellation_slot(
            signal.slot(), [](std::exception_ptr, const std::optional<Result<HttpResponse>>&) {}
        )
    );
    test.world.run_until(test.world.now() + 1s);
    signal.emit(boost::asio::cancellation_type::terminal);
    test.world.run();
    CHECK_FALSE(test.has_jane());
    test.world.run_until(test.world.now() + 9s);
    CHECK(test.has_jane());
}

TEST_CASE("transport: falsified answers come as a real network would show them") {
    TransportTest test;
    test.fault(R"({"kind":"malformed","times":1})");
    const auto cut = test.send(test.get("/users"));
    REQUIRE(cut);
    CHECK(cut->status == 200);
    CHECK_FALSE(parse_json(cut->body));
    test.fault(R"({"kind":"truncated","times":1})");
    const auto shortened = test.send(test.get("/users"));
    REQUIRE_FALSE(shortened);
    CHECK(shortened.error().code() == "http.closed");
    test.fault(R"({"kind":"oversized","times":1})");
    const auto big = test.send(test.get("/users"));
    REQUIRE_FALSE(big);
    CHECK(big.error().code() == "http.too_large");
    test.fault(R"({"kind":"html_200","times":1})");
    const auto page = test.send(test.get("/users"));
    REQUIRE(page);
    CHECK(page->headers.find("content-type") == "text/html");
    test.fault(R"({"kind":"unauthorized","times":1})");
    CHECK(test.send(test.get("/users"))->status == 401);
    CHECK(test.send(test.get("/users"))->status == 200);
}

TEST_CASE("transport: a fault inside a batch strikes one request of it") {
    TransportTest test;
    test.fault(
        R"({"kind":"throttle_seconds","in_batch":true,"method":"POST","path":"/v1.0/groups/*","retry_after_s":7,"times":1})"
    );
    const HttpRequest batch = test.batch();
    const auto answer = test.send(batch);
    REQUIRE(answer);
    REQUIRE(answer->status == 200);
    const boost::json::value body = boost::json::parse(answer->body);
    std::map<std::string, std::int64_t> statuses;
    for (const auto& one : *find_array(body, "responses")) {
        statuses[string_or_empty(one, "id")] = find_integer(one, "status").value_or(0);
        if (string_or_empty(one, "id") == "2") {
            CHECK(string_or_empty(*find(one, "headers"), "Retry-After") == "7");
        }
    }
    const std::map<std::string, std::int64_t> wanted = {{"1", 200}, {"2", 429}, {"3", 424}};
    CHECK(statuses == wanted);
    CHECK_FALSE(test.has_jane());
    CHECK(test.send(batch));
    CHECK(test.has_jane());
}

TEST_CASE("transport: endpoints are counted without their ids") {
    CHECK(
        endpoint_of("GET", "/v1.0/groups/b0000000-0000-4000-8000-000000000001/members") ==
        "GET /v1.0/groups/*/members"
    );
    CHECK(endpoint_of("POST", "/rest/api/3/issue/ACC-12/comment") == "POST /rest/api/3/issue/*/comment");
    CHECK(
        endpoint_of("POST", "/10000000-0000-4000-8000-000000000001/oauth2/v2.0/token") ==
        "POST /*/oauth2/v2.0/token"
    );
}
