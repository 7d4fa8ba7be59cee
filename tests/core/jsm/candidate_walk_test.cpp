#include "core/jsm/candidate_walk.hpp"

#include <boost/json/parse.hpp>
#include <doctest/doctest.h>

#include <string>

using namespace accessd;

namespace {

Result<std::string> step(const std::string& page, const std::string& token, bool empty = false) {
    auto walk = CandidateWalk::resume(page);
    REQUIRE(walk);
    return walk->advance(token, empty);
}

} // namespace

TEST_CASE("walk: carries Jira's token through the opaque page, whatever is in it") {
    const auto page = step("", "a|b,c\"d");
    REQUIRE(page);
    const auto walk = CandidateWalk::resume(*page);
    REQUIRE(walk);
    CHECK(walk->token() == "a|b,c\"d");
    CHECK_FALSE(walk->first());
    const auto end = step(*page, "");
    REQUIRE(end);
    CHECK(end->empty());
}

TEST_CASE("walk: a token that comes again, at once or in a circle, ends it as incomplete") {
    const auto a = step("", "A");
    REQUIRE(a);
    CHECK(step(*a, "A").error().code() == "jira.token_repeated");
    const auto b = step(*a, "B");
    REQUIRE(b);
    const auto c = step(*b, "C");
    REQUIRE(c);
    const auto again = step(*c, "A");
    REQUIRE_FALSE(again);
    CHECK(again.error().code() == "jira.token_repeated");
    CHECK(again.error().fault() == Fault::transient);
}

TEST_CASE("walk: empty pages and pages without end are bounded") {
    std::string page;
    std::string code;
    int steps = 0;
    for (; steps < 100 && code.empty(); ++steps) {
        auto next = step(page, "t" + std::to_string(steps), true);
        code = next ? "" : next.error().code();
        page = next ? *next : page;
    }
    CHECK(code == "jira.empty_pages");
    CHECK(steps == 11);

    page.clear();
    code.clear();
    for (steps = 0; steps < 5000 && code.empty(); ++steps) {
        auto next = step(page, "t" + std::to_string(steps), false);
        code = next ? "" : next.error().code();
        page = next ? *next : page;
    }
    CHECK(code == "jira.search_too_long");
    CHECK(step("", std::string(9000, 'x')).error().code() == "jira.bad_token");
}

TEST_CASE("walk: a full page resets the count of empty ones") {
    std::string page;
    for (int i = 0; i < 50; ++i) {
        auto next = step(page, "t" + std::to_string(i), i % 5 != 0);
        REQUIRE(next);
        page = *next;
    }
}

TEST_CASE("walk: what is not a page of ours is refused") {
    for (const char* page : {"x", "0|t", "0,|t", "0,zz|t", "0,1|", "|", "0,1"}) {
        CAPTURE(page);
        const auto walk = CandidateWalk::resume(page);
        REQUIRE_FALSE(walk);
        CHECK(walk.error().code() == "jira.bad_page");
    }
}

TEST_CASE("candidates: read from issues; warnings and nonsense make the walk incomplete") {
    const auto candidates = candidates_from(boost::json::parse(R"({"issues":[
        {"id":"10100","key":"ACC-1","fields":{"status":{"id":"10012"},"updated":"2026-01-31T10:20:30.000+0000"}},
        {"id":"10101","key":"ACC-2","fields":null}],"warnings":[]})"));
    REQUIRE(candidates);
    REQUIRE(candidates->size() == 2);
    CHECK((*candidates)[0].status_id == "10012");
    CHECK((*candidates)[0].updated_at == TimePoint(Duration(1'769'854'830'000)));
    CHECK((*candidates)[1].issue_key == "ACC-2");
    CHECK((*candidates)[1].updated_at == TimePoint());

    const auto warned = candidates_from(boost::json::parse(R"({"issues":[],"warnings":["truncated"]})"));
    REQUIRE_FALSE(warned);
    CHECK(warned.error().code() == "jira.search_incomplete");
    CHECK(warned.error().fault() == Fault::transient);
    for (const char* json : {"null", "{}", R"({"issues":[{}]})", R"({"issues":[{"id":10100}]})"}) {
        CAPTURE(json);
        const auto bad = candidates_from(boost::json::parse(json));
        REQUIRE_FALSE(bad);
        CHECK(bad.error().code() == "jira.malformed_search");
    }
}
