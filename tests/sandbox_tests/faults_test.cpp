#include "core/support/json.hpp"
#include "tests/sandbox/faults.hpp"
#include "tests/sandbox/wire.hpp"
#include "tests/support/sim_world.hpp"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <doctest/doctest.h>

using namespace accessd;
using namespace accessd::sandbox;
using namespace std::chrono_literals;

namespace {

int strikes(FaultPlan& plan, int calls, std::string_view method = "GET", std::string_view path = "/a") {
    int struck = 0;
    Duration slow{0};
    for (int i = 0; i < calls; ++i) {
        struck += plan.strike("entra", method, path, false, slow) != nullptr ? 1 : 0;
    }
    return struck;
}

FaultRule throttle(FaultKind kind) {
    FaultRule rule(kind, "", "*");
    rule.retry_after_s = 90;
    return rule;
}

} // namespace

TEST_CASE("faults: a rule strikes the calls it means, as often as it says, after those it lets pass") {
    test::SimWorld world(1);
    FaultPlan plan(world);
    const auto answer = plan.control(
        "add",
        boost::json::parse(
            R"({"vendor":"entra","method":"POST","path":"/groups/*/$ref","kind":"error_503","times":2,"after":1})"
        )
    );
    CHECK(find_string(answer, "error") == std::nullopt);
    CHECK(strikes(plan, 5, "GET", "/groups/1/members/$ref") == 0);
    CHECK(strikes(plan, 5, "POST", "/users") == 0);
    CHECK(strikes(plan, 1, "POST", "/groups/1/members/$ref") == 0);
    CHECK(strikes(plan, 9, "POST", "/groups/1/members/$ref") == 2);
    plan.control("clear", nullptr);
    CHECK(strikes(plan, 5, "POST", "/groups/1/members/$ref") == 0);
}

TEST_CASE("faults: probability is drawn from the seed") {
    const auto run = [](std::uint64_t seed) {
        test::SimWorld world(seed);
        FaultPlan plan(world);
        FaultRule rule(FaultKind::error_500, "", "*");
        rule.probability = 0.25;
        plan.add(rule);
        return strikes(plan, 1000);
    };
    CHECK(run(1) == run(1));
    CHECK(run(1) != run(2));
    CHECK(run(3) > 150);
    CHECK(run(3) < 350);
}

TEST_CASE("faults: a rule that is not understood is refused and changes nothing") {
    test::SimWorld world(1);
    FaultPlan plan(world);
    for (const char* text :
         {R"({"kind":"explode"})",
          R"({"path":"*"})",
          R"({"kind":"slow","color":1})",
          R"({"kind":"slow","times":-1})",
          R"({"kind":"slow","probability":2})",
          R"({"kind":"lost_reply","in_batch":true})",
          R"([])"}) {
        CHECK(find_string(plan.control("add", boost::json::parse(text)), "error").has_value());
    }
    CHECK(find_string(plan.control("set", boost::json::parse(R"({"rules":[{"kind":"slow"},{}]})")), "error"));
    CHECK(plan.rules().empty());
}

TEST_CASE("faults: each way of throttling says when in its own header") {
    const TimePoint now{std::chrono::sys_days(std::chrono::January / 1 / 2026)};
    const auto header = [&](FaultKind kind, std::string_view name) {
        const HttpResponse response = fault_answer(throttle(kind), "jsm", now);
        return std::string(response.headers.find(name).value_or("none"));
    };
    CHECK(header(FaultKind::throttle_seconds, "Retry-After") == "90");
    CHECK(header(FaultKind::throttle_date, "Retry-After") == "Thu, 01 Jan 2026 00:01:30 GMT");
    CHECK(header(FaultKind::throttle_reset_iso, "X-RateLimit-Reset") == "2026-01-01T00:02Z");
    CHECK(header(FaultKind::throttle_reset_epoch, "X-RateLimit-Reset") == "1767225690");
    CHECK(header(FaultKind::throttle_beta, "Beta-Retry-After") == "90");
    CHECK(header(FaultKind::throttle_bare, "Retry-After") == "none");
    CHECK(fault_answer(throttle(FaultKind::throttle_503), "jsm", now).status == 503);
    CHECK(fault_answer(throttle(FaultKind::throttle_bare), "jsm", now).status == 429);
    CHECK(fault_answer(throttle(FaultKind::redirect), "jsm", now).headers.find("location").has_value());
}

TEST_CASE("faults: an error has the shape of the vendor it comes from") {
    const TimePoint now{};
    const auto graph = boost::json::parse(fault_answer(throttle(FaultKind::unauthorized), "entra", now).body);
    CHECK(string_or_empty(*find(graph, "error"), "code") == "InvalidAuthenticationToken");
    const auto jira = boost::json::parse(fault_answer(throttle(FaultKind::error_500), "jsm", now).body);
    CHECK(find_array(jira, "errorMessages") != nullptr);
}

TEST_CASE("wire: a URL falls into its parts, and escapes are decoded or refused") {
    const Url url("https://graph.test:8443/v1.0/users?$top=1&x=a%20b");
    CHECK(url.origin == "https://graph.test:8443");
    CHECK(url.path == "/v1.0/users");
    CHECK(url.query == "$top=1&x=a%20b");
    CHECK(Url("https://graph.test").path == "/");
    CHECK(Url("https://graph.test?x=1").query == "x=1");
    CHECK(percent_decode("a%2Fb+c") == "a/b+c");
    CHECK(percent_decode("a%2") == std::nullopt);
    CHECK(percent_decode("a%zz") == std::nullopt);
    CHECK(*find_pair(*parse_pairs("a=1&b=c+d"), "b") == "c d");
    CHECK(parse_pairs("a=1&&b=2") == std::nullopt);
    CHECK(base64url_decode("aGk") == "hi");
    CHECK(base64url_decode("aGl") == std::nullopt);
    CHECK(base64url_decode("a") == std::nullopt);
    CHECK(format_http_date(TimePoint(std::chrono::seconds(784111777))) == "Sun, 06 Nov 1994 08:49:37 GMT");
}
