#include "tests/core/jsm/played_jira.hpp"

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>
#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <string>

using namespace accessd;
using test::comments_of;
using test::fault_once;
using test::granted;
using test::status_of;
using Site = test::PlayedJira;

TEST_CASE("source: after a lost reply, looking first leaves one comment and one move") {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        CAPTURE(seed);
        Site site(seed);
        site.connect();
        const std::string id = site.approved_request();
        REQUIRE(site.read({id}));
        site.sandbox.faults().add(
            fault_once(sandbox::FaultKind::lost_reply, "POST", "/rest/api/3/issue/" + id + "/transitions")
        );
        auto message = granted(id, "[accessd:42]");
        const auto lost = site.tell(message);
        REQUIRE_FALSE(lost);
        CHECK(lost.error().effect() == Effect::unknown);
        message.look_first = true;
        const auto told = site.tell(message);
        REQUIRE(told);
        CHECK(told->moved);
        CHECK(told->comment == Applied::already_so);
        CHECK(comments_of(site, id) == 1);
        CHECK(status_of(site, id) == "Access Granted");
    }
}

TEST_CASE("source: an internal note stays hidden from customers") {
    Site site;
    site.connect();
    const std::string id = site.approved_request();
    REQUIRE(site.read({id}));
    auto note = granted(id, "[accessd:7]");
    note.visibility = Comments::internal;
    const auto told = site.tell(note);
    REQUIRE(told);
    CHECK(told->moved);
    const auto shown = site.control("show", R"({"issue":")" + id + R"("})");
    REQUIRE(shown.at("comments").as_array().size() == 1);
    CHECK(shown.at("comments").at(0).at("public") == false);
}

TEST_CASE("source: where transitions take no comment both arrive all the same") {
    Site site;
    site.connect();
    site.control("set", R"({"transition_screens":false})");
    for (int i = 0; i < 3; ++i) {
        const std::string id = site.approved_request();
        REQUIRE(site.read({id}));
        const auto told = site.tell(granted(id, "[accessd:" + std::to_string(i) + "]"));
        REQUIRE(told);
        CHECK(told->moved);
        CHECK(told->comment == Applied::changed);
        CHECK(comments_of(site, id) == 1);
        CHECK(status_of(site, id) == "Access Granted");
    }
}

TEST_CASE("source: a move that the workflow does not have is told, and the comment still comes") {
    Site site;
    site.connect();
    const auto created = site.control("create_request");
    const std::string id = string_or_empty(created, "id");
    REQUIRE(site.read({id}));
    auto message = granted(id, "[accessd:9]");
    message.move_to = "10011"; // only an approval leads there
    const auto told = site.tell(message);
    REQUIRE(told);
    CHECK_FALSE(told->moved);
    CHECK_FALSE(told->not_moved_why.empty());
    CHECK(comments_of(site, id) == 1);
}

TEST_CASE("source: hostile text in lines is posted as text") {
    Site site;
    site.connect();
    const std::string id = site.approved_request();
    REQUIRE(site.read({id}));
    auto message = granted(id, "[accessd:1]");
    message.lines = {"", "\x01", "[~accountid:x] {\"type\":\"mention\"} \xFF", "a\n\nb", "audit [accessd:1]"};
    const auto told = site.tell(message);
    REQUIRE(told);
    CHECK(told->moved);
    CHECK(told->comment == Applied::changed);
    CHECK(comments_of(site, id) == 1);
}

TEST_CASE("source: whatever fails on the way, looking first ends in one comment and one move") {
    using sandbox::FaultKind;
    const FaultKind kinds[] = {
        FaultKind::lost_request,
        FaultKind::lost_reply,
        FaultKind::error_500,
        FaultKind::error_503,
        FaultKind::throttle_seconds,
        FaultKind::malformed,
        FaultKind::truncated,
        FaultKind::html_200,
    };
    for (std::uint64_t seed = 1; seed <= 100; ++seed) {
        CAPTURE(seed);
        Site site(seed);
        site.connect();
        site.control("set", seed % 2 == 0 ? R"({"transition_screens":false})" : "{}");
        const std::string id = site.approved_request();
        REQUIRE(site.read({id}));
        for (const FaultKind kind : kinds) {
            sandbox::FaultRule rule(kind, "", "/rest/api/3/issue/*");
            rule.probability = 0.04;
            site.sandbox.faults().add(rule);
        }
        auto message = granted(id, "[accessd:42]");
        message.visibility = seed % 3 == 0 ? Comments::internal : Comments::public_;
        auto told = site.tell(message);
        for (int attempt = 0; attempt < 100 && !told; ++attempt) {
            message.look_first = message.look_first || told.error().effect() == Effect::unknown;
            site.world.run_until(site.world.now() + std::chrono::seconds(30));
            told = site.tell(message);
        }
        REQUIRE(told);
        CHECK(told->moved);
        CHECK(comments_of(site, id) == 1);
        CHECK(status_of(site, id) == "Access Granted");
    }
}
