#include "core/jsm/ticket_reader.hpp"
#include "tests/core/jsm/scripted_jira.hpp"

#include <boost/json/array.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

using namespace accessd;
using test::ScriptedJira;

namespace {

std::string issue(
    const std::string& id,
    const std::string& status,
    const std::string& more = "",
    const std::string& type = "25"
) {
    const std::string request_type =
        type.empty() ? "" : R"("customfield_9":{"requestType":{"id":")" + type + R"("}},)";
    return R"({"id":")" + id + R"(","key":"ACC-)" + id + R"(","fields":{"project":{"id":"10001"},)" +
           R"("issuetype":{"id":"10039"},"created":"2026-01-31T10:00:00.000+0000",)" +
           R"("updated":"2026-01-31T10:20:30.000+0000",)" + request_type + R"("status":{"id":")" + status +
           R"("})" + more + "}}";
}

std::string change(const std::string& issue_id, const std::string& to, const std::string& at) {
    return R"({"issueId":")" + issue_id + R"(","changeHistories":[{"id":"7","created":)" + at +
           R"(,"author":{"accountId":"bob","accountType":"atlassian"},)" +
           R"("items":[{"field":"status","fieldId":"status","from":"1","to":")" + to + R"("}]}]})";
}

const std::string at_update = "1769854830000";

std::string approval(const std::string& id) {
    return R"({"id":")" + id +
           R"(","finalDecision":"approved","createdDate":{"epochMillis":1769854800000},)" +
           R"("completedDate":{"epochMillis":1769854829000},"approvers":[{"approver":{"accountId":"bob",)" +
           R"("active":true},"approverDecision":"approved"}]})";
}

std::string desk_page(const std::string& values, bool last) {
    return R"({"size":1,"isLastPage":)" + std::string(last ? "true" : "false") + R"(,"values":[)" + values +
           "]}";
}

Result<ReadTickets> read(ScriptedJira& jira, std::vector<std::string> ids) {
    return test::finish(
        jira.world, read_tickets(jira.rest, test::small_portal(), std::move(ids), jira.deadline())
    );
}

std::string failure_of(const Result<ReadTickets>& read, const std::string& id) {
    REQUIRE(read);
    for (const auto& [issue_id, error] : read->failed) {
        if (issue_id == id) {
            return error.code();
        }
    }
    return "";
}

} // namespace

TEST_CASE("read: two calls for all tickets and one approval call for each approved one") {
    ScriptedJira jira;
    jira.transport.answer(
        "POST",
        "/issue/bulkfetch",
        200,
        R"({"issues":[)" + issue("1", "10012") + "," + issue("2", "10012") + "," + issue("3", "10034") + "," +
            issue("99", "10012") + "]}"
    );
    jira.transport.answer(
        "POST",
        "/changelog/bulkfetch",
        200,
        R"({"issueChangeLogs":[)" + change("1", "10012", at_update) + "," + change("2", "10012", at_update) +
            "]}"
    );
    jira.transport.answer("GET", "/request/1/approval", 200, desk_page(approval("5"), true));
    jira.transport.answer("GET", "/request/2/approval", 200, desk_page("", true));
    const auto tickets = read(jira, {"3", "2", "1", "4", "1"});
    REQUIRE(tickets);
    CHECK(jira.transport.requests.size() == 4);
    CHECK(jira.transport.used_up());
    CHECK(tickets->failed.empty());
    CHECK(tickets->unseen == std::vector<std::string>{"4"});
    REQUIRE(tickets->tickets.size() == 3);
    const Ticket& first = tickets->tickets[0];
    CHECK(first.has_approvals);
    REQUIRE(first.approvals.size() == 1);
    CHECK(first.approvals[0].answers[0].approver.type == AccountType::atlassian); // told by the history
    REQUIRE(first.changes.size() == 1);
    CHECK(first.changes[0].author.account_id == "bob");
    CHECK(tickets->tickets[1].has_approvals);
    CHECK_FALSE(tickets->tickets[2].has_approvals);

    const auto asked = jira.transport.body(0);
    CHECK(asked.at("issueIdsOrKeys") == boost::json::value({"1", "2", "3", "4"}));
    const auto history = jira.transport.body(1);
    CHECK(history.at("issueIdsOrKeys") == boost::json::value({"1", "2", "3"}));
    CHECK(
        history.at("fieldIds") == boost::json::value({"customfield_1", "customfield_2", "reporter", "status"})
    );
    for (const HttpRequest& request : jira.transport.requests) {
        const bool desk = request.url.find("/servicedeskapi/") != std::string::npos;
        CHECK(request.headers.find("X-ExperimentalApi").value_or("") == (desk ? "opt-in" : ""));
        CHECK(request.headers.find("X-Atlassian-Token").value_or("") == "no-check");
    }
}

TEST_CASE("read: approvals are read where they decide, and not where there may be none") {
    ScriptedJira jira;
    const std::string elsewhere =
        R"({"id":"1","key":"HR-1","fields":{"project":{"id":"10002"},"issuetype":{"id":"10039"},)"
        R"("created":"2026-01-31T10:00:00.000+0000","updated":"2026-01-31T10:20:30.000+0000",)"
        R"("customfield_9":{"requestType":{"id":"25"}},"status":{"id":"10012"}}})";
    const std::string other_type = issue("2", "10012", "", "26");
    jira.transport.answer(
        "POST", "/issue/bulkfetch", 200, R"({"issues":[)" + elsewhere + "," + other_type + "]}"
    );
    jira.transport.answer("POST", "/changelog/bulkfetch", 200, R"({"issueChangeLogs":[]})");
    const auto tickets = read(jira, {"1", "2"});
    REQUIRE(tickets);
    CHECK(jira.transport.used_up());
    REQUIRE(tickets->tickets.size() == 2);
    CHECK_FALSE(tickets->tickets[0].has_approvals);
    CHECK_FALSE(tickets->tickets[1].has_approvals);
}

TEST_CASE("read: every page of changes and approvals counts") {
    ScriptedJira jira;
    jira.transport.answer("POST", "/issue/bulkfetch", 200, R"({"issues":[)" + issue("1", "10012") + "]}");
    jira.transport.answer(
        "POST",
        "/changelog/bulkfetch",
        200,
        R"({"issueChangeLogs":[{"issueId":"1","changeHistories":[{"id":"6","created":1769854000,"items":[)"
        R"({"fieldId":"customfield_1","to":"1"}]}]}],"nextPageToken":"T"})"
    );
    jira.transport.answer(
        "POST",
        "/changelog/bulkfetch",
        200,
        R"({"issueChangeLogs":[)" + change("1", "10012", at_update) + "]}"
    );
    jira.transport.answer("GET", "start=0&limit=50", 200, desk_page(approval("5"), false));
    jira.transport.answer("GET", "start=1&limit=50", 200, desk_page(approval("6"), false));
    jira.transport.answer("GET", "start=2&limit=50", 200, desk_page("", false));
    const auto tickets = read(jira, {"1"});
    REQUIRE(tickets);
    REQUIRE(tickets->tickets.size() == 1);
    CHECK(tickets->tickets[0].changes.size() == 2);
    CHECK(tickets->tickets[0].approvals.size() == 2);
    CHECK(jira.transport.used_up());
    CHECK(jira.transport.body(2).at("nextPageToken") == "T");
}

TEST_CASE("read: a ticket that could be read in part only is failed, the others are not") {
    ScriptedJira jira;
    jira.transport.answer(
        "POST",
        "/issue/bulkfetch",
        200,
        R"({"issues":[)" + issue("1", "10012") + "," + issue("2", "10012") + "," + issue("3", "10012") + "," +
            issue("4", "10012", R"(,"customfield_9":7)", "") +
            R"(],"issueErrors":[{"id":"5","errorMessage":"no"}]})"
    );
    jira.transport.answer("POST", "/changelog/bulkfetch", 200, R"({"issueChangeLogs":[]})");
    jira.transport.answer("GET", "/request/1/approval", 403, R"({"errorMessage":"no"})");
    jira.transport.answer("GET", "/request/2/approval", 500, R"({"errorMessage":"no"})");
    jira.transport.answer("GET", "/request/3/approval", 200, desk_page(approval("5"), true));
    const auto tickets = read(jira, {"1", "2", "3", "4", "5"});
    REQUIRE(tickets);
    REQUIRE(tickets->tickets.size() == 1);
    CHECK(tickets->tickets[0].issue_id == "3");
    CHECK(tickets->unseen.empty());
    CHECK(failure_of(tickets, "1") == "jira.forbidden");
    CHECK(failure_of(tickets, "2") == "jira.server_error");
    CHECK(failure_of(tickets, "4") == "jira.malformed_ticket");
    CHECK(failure_of(tickets, "5") == "jira.issue_error");
}

TEST_CASE("read: a ticket that changed between the calls is read again, not judged") {
    ScriptedJira jira;
    jira.transport.answer(
        "POST",
        "/issue/bulkfetch",
        200,
        R"({"issues":[)" + issue("1", "10012") + "," + issue("2", "10012") + "]}"
    );
    jira.transport.answer(
        "POST",
        "/changelog/bulkfetch",
        200,
        R"({"issueChangeLogs":[)" + change("1", "10034", at_update) + "," +
            change("2", "10012", "1769854835000") + "]}"
    );
    const auto tickets = read(jira, {"1", "2"});
    REQUIRE(tickets);
    CHECK(tickets->tickets.empty());
    CHECK(failure_of(tickets, "1") == "jira.changed_while_reading");
    CHECK(failure_of(tickets, "2") == "jira.changed_while_reading");
    CHECK(tickets->failed[0].second.fault() == Fault::transient);
    CHECK(jira.transport.requests.size() == 2); // no approvals of a ticket that is not judged
}

TEST_CASE("read: a list of changes without end is an error") {
    ScriptedJira jira;
    jira.transport.answer("POST", "/issue/bulkfetch", 200, R"({"issues":[)" + issue("1", "10012") + "]}");
    for (int i = 0; i < 5; ++i) {
        jira.transport.answer(
            "POST", "/changelog/bulkfetch", 200, R"({"issueChangeLogs":[],"nextPageToken":"T"})"
        );
    }
    const auto tickets = read(jira, {"1"});
    REQUIRE_FALSE(tickets);
    CHECK(tickets.error().code() == "jira.endless_history");
    CHECK(jira.transport.requests.size() == 3);
}

TEST_CASE("read: nothing asked is nothing called, and more than Jira takes is refused") {
    ScriptedJira jira;
    CHECK(read(jira, {}));
    std::vector<std::string> ids;
    for (int i = 0; i < 101; ++i) {
        ids.push_back(std::to_string(i));
    }
    const auto tickets = read(jira, ids);
    REQUIRE_FALSE(tickets);
    CHECK(tickets.error().code() == "jira.too_many_tickets");
    CHECK(jira.transport.requests.empty());
}
