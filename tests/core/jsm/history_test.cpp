#include "core/jsm/history.hpp"

#include <boost/json/parse.hpp>
#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

using namespace accessd;

TEST_CASE("history: a moment is seconds, milliseconds or text") {
    const TimePoint expected(Duration(1'769'854'830'000));
    for (const char* json : {
             "1769854830000",
             "1769854830",
             "1769854830.0",
             "1769854830000.0",
             "\"2026-01-31T10:20:30.000+0000\"",
             "\"2026-01-31T12:20:30.000+0200\"",
         }) {
        CAPTURE(json);
        CHECK(moment_from(boost::json::parse(json)) == expected);
    }
    for (const char* json :
         {"null", "0", "-5", "200.5", "1e300", "18446744073709551615", "\"soon\"", "{}", "true"}) {
        CAPTURE(json);
        CHECK_FALSE(moment_from(boost::json::parse(json)));
    }
}

TEST_CASE("history: pages are put together, ordered by entry and each entry counts once") {
    Histories histories;
    const auto late = boost::json::parse(R"({"issueChangeLogs":[{"issueId":"1","changeHistories":[
        {"id":"100","author":{"accountId":"bob","accountType":"atlassian"},"created":1769854832000,"items":[
            {"field":"status","fieldId":"status","from":"1","fromString":"Open","to":"2","toString":"Approved"},
            {"field":"Application","fieldId":"customfield_1","from":null,"to":"10044"}]}]}]})");
    const auto early = boost::json::parse(R"({"issueChangeLogs":[{"issueId":"1","changeHistories":[
        {"id":"9","author":null,"created":"2026-01-31T10:20:30.000+0000","items":[
            {"field":"Rank","to":"x"}]},
        {"id":"100","created":1769854832000,"items":[{"field":"status","to":"2"}]}]}]})");
    CHECK_FALSE(histories.add_page(late));
    CHECK_FALSE(histories.add_page(early));
    const auto changes = histories.take("1", "ACC-1");
    REQUIRE(changes);
    REQUIRE(changes->size() == 3);
    CHECK((*changes)[0].history_id == "9");
    CHECK((*changes)[0].field_id == "Rank");
    CHECK((*changes)[0].author.account_id.empty());
    CHECK((*changes)[1].field_id == "status");
    CHECK((*changes)[1].from == "1");
    CHECK((*changes)[1].to == "2");
    CHECK((*changes)[1].author.account_id == "bob");
    CHECK((*changes)[2].field_id == "customfield_1");
    CHECK((*changes)[2].from.empty());
    const auto other = histories.take("2", "ACC-2");
    REQUIRE(other);
    CHECK(other->empty());
}

TEST_CASE("history: what is wrong with one issue does not harm another") {
    const std::vector<std::string> entries = {
        R"({"id":"x","created":1769854832000,"items":[]})",
        R"({"created":1769854832000,"items":[]})",
        R"({"id":"1","created":null,"items":[]})",
        R"({"id":"1","created":1769854832000})",
        R"({"id":"1","created":1769854832000,"items":[null]})",
        R"({"id":"1","created":1769854832000,"items":[{"to":"2"}]})",
        R"({"id":"1","created":1769854832000,"items":[{"fieldId":"status","to":2}]})",
        R"({"id":"1","created":1769854832000,"items":[],"author":"bob"})",
        R"({"id":"1","created":1769854832000,"items":[],"author":{"name":"bob"}})",
    };
    for (const std::string& entry : entries) {
        CAPTURE(entry);
        Histories histories;
        const auto page = boost::json::parse(
            R"({"issueChangeLogs":[{"issueId":"1","changeHistories":[)" + entry +
            R"(]},{"issueId":"2","changeHistories":[]}]})"
        );
        CHECK_FALSE(histories.add_page(page));
        const auto broken = histories.take("1", "ACC-1");
        REQUIRE_FALSE(broken);
        CHECK(broken.error().code() == "jira.malformed_ticket");
        CHECK(broken.error().message().find("ACC-1: field changelog") != std::string::npos);
        CHECK(histories.take("2", "ACC-2"));
    }
}

TEST_CASE("history: a page that is none is a transient error") {
    for (const char* json : {"null", "[]", "{}", R"({"issueChangeLogs":[{}]})"}) {
        CAPTURE(json);
        Histories histories;
        const auto error = histories.add_page(boost::json::parse(json));
        REQUIRE(error);
        CHECK(error->fault() == Fault::transient);
    }
}

TEST_CASE("history: a changelog of no issue spoils the page, so that no history looks empty") {
    for (const char* id : {R"("")", R"("ACC-1")", R"("1\u0000")", "1", "null"}) {
        CAPTURE(id);
        Histories histories;
        const auto page = boost::json::parse(
            std::string(R"({"issueChangeLogs":[{"issueId":)") + id + R"(,"changeHistories":[]}]})"
        );
        const auto error = histories.add_page(page);
        REQUIRE(error);
        CHECK(error->code() == "jira.malformed_history");
    }
}
