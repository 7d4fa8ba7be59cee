#include "core/jsm/ticket_search.hpp"
#include "tests/core/jsm/scripted_jira.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <doctest/doctest.h>

#include <string>
#include <utility>

using namespace accessd;
using test::ScriptedJira;

namespace {

constexpr const char* one_issue = R"({"issues":[{"id":"10100","key":"ACC-1","fields":{}}],"isLast":true})";

Result<CandidatePage>
search(ScriptedJira& jira, SearchWindow window = SearchWindow(), std::string page = "") {
    return test::finish(
        jira.world,
        search_tickets(jira.rest, test::small_portal(), std::move(window), std::move(page), jira.deadline())
    );
}

std::string code_of(const Result<CandidatePage>& page) {
    return page ? "" : page.error().code();
}

} // namespace

TEST_CASE("search: one call per page, with the query, the fields and numeric ids to reconcile") {
    ScriptedJira jira;
    jira.transport.answer(
        "POST", "/search/jql", 200, R"({"issues":[{"id":"1","key":"A-1"}],"nextPageToken":"T"})"
    );
    jira.transport.answer("POST", "/search/jql", 200, one_issue);
    SearchWindow window;
    window.since = TimePoint(Duration(1'769'854'830'000));
    window.reconcile = {"10100", "nonsense", "10101"};
    for (int i = 0; i < 60; ++i) {
        window.reconcile.push_back(std::to_string(20'000 + i));
    }
    const auto first = search(jira, window);
    REQUIRE(first);
    REQUIRE_FALSE(first->next_page.empty());
    const auto second = search(jira, window, first->next_page);
    REQUIRE(second);
    CHECK(second->next_page.empty());
    CHECK(second->candidates.at(0).issue_id == "10100");
    REQUIRE(jira.transport.requests.size() == 2);
    auto sent = jira.transport.body(0);
    CHECK(
        sent.at("jql") == "project = 10001 AND status in (10012, 10034) AND updated >= 1769854830000 "
                          "ORDER BY updated ASC, key ASC"
    );
    CHECK(sent.at("fields") == boost::json::value({"status", "updated"}));
    CHECK(sent.at("maxResults") == 100);
    CHECK(sent.at("reconcileIssues").as_array().size() == 50);
    CHECK(sent.at("reconcileIssues").at(1) == 10101);
    CHECK(sent.as_object().size() == 4);
    auto more = jira.transport.body(1);
    CHECK(more.at("nextPageToken") == "T");
    more.as_object().erase("nextPageToken");
    CHECK(more == sent);
}

TEST_CASE("search: an empty answer that names nobody is believed only after /myself is us") {
    ScriptedJira jira;
    jira.transport.answer("POST", "/search/jql", 200, R"({"issues":[]})");
    jira.transport.answer("GET", "/myself", 200, R"({"accountId":"557058:own"})");
    const auto page = search(jira);
    REQUIRE(page);
    CHECK(page->candidates.empty());
    CHECK(jira.transport.requests.size() == 2);

    jira.transport.answer("POST", "/search/jql", 200, R"({"issues":[]})");
    jira.transport.answer("GET", "/myself", 200, R"({"accountId":"557058:other"})");
    CHECK(code_of(search(jira)) == "jira.wrong_account");

    jira.transport.answer("POST", "/search/jql", 200, R"({"issues":[]})");
    jira.transport.answer("GET", "/myself", 401, "");
    const auto refused = search(jira);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().fault() == Fault::credential);
}

TEST_CASE("search: the account that the answer names must be ours, and spares the second call") {
    ScriptedJira jira;
    const auto answer_as = [&](const char* account) {
        jira.transport.answer_with("POST", "/search/jql", 200, R"({"issues":[]})", "X-AACCOUNTID", account);
    };
    answer_as("557058:own");
    CHECK(search(jira));
    answer_as("557058%3Aown");
    CHECK(search(jira));
    CHECK(jira.transport.requests.size() == 2);
    answer_as("anonymous");
    const auto other = search(jira);
    REQUIRE_FALSE(other);
    CHECK(other.error().code() == "jira.wrong_account");
    CHECK(other.error().fault() == Fault::credential);
}

TEST_CASE("search: a walk that cannot be whole is an error, never a short list") {
    ScriptedJira jira;
    jira.transport.answer("POST", "/search/jql", 200, R"({"issues":[],"warnings":["limit"]})");
    CHECK(code_of(search(jira)) == "jira.search_incomplete");
    const std::string same = R"({"issues":[{"id":"1","key":"A-1"}],"nextPageToken":"T"})";
    jira.transport.answer("POST", "/search/jql", 200, same);
    const auto first = search(jira);
    REQUIRE(first);
    jira.transport.answer("POST", "/search/jql", 200, same);
    CHECK(code_of(search(jira, SearchWindow(), first->next_page)) == "jira.token_repeated");
    CHECK(code_of(search(jira, SearchWindow(), "nonsense")) == "jira.bad_page");
    jira.transport.answer("POST", "/search/jql", 400, R"({"errorMessages":["no such status"]})");
    const auto bad = search(jira);
    REQUIRE_FALSE(bad);
    CHECK(bad.error().fault() == Fault::permanent);
    CHECK(bad.error().message().find("no such status") != std::string::npos);
}
