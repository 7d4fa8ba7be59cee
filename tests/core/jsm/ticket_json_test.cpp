#include "core/jsm/people.hpp"
#include "core/jsm/ticket_json.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

using namespace accessd;

namespace {

PortalFields fields() {
    PortalFields made;
    made.application = "customfield_1";
    made.access_type = "customfield_2";
    made.approver = "customfield_3";
    made.beneficiary = "customfield_4";
    made.duration = "customfield_5";
    made.reason = "customfield_6";
    made.request_type = "customfield_9";
    return made;
}

boost::json::value issue() {
    return boost::json::parse(R"({"id":"10100","key":"ACC-1","fields":{
        "project":{"id":"10001","key":"ACC"},"issuetype":{"id":"10039"},
        "status":{"id":"10012","name":"Approved"},
        "created":"2026-01-31T10:20:30.123+0200","updated":"2026-01-31T10:21:30.000+0200",
        "reporter":{"accountId":"557058:jane","displayName":"Jane","active":true,"accountType":"atlassian",
            "emailAddress":"jane@acme.example"},
        "creator":{"accountId":"carol","active":true,"accountType":"atlassian"},
        "customfield_1":{"value":"Entra ID","id":"10044","self":"x"},
        "customfield_2":"User",
        "customfield_3":[{"accountId":"bob"},{"accountId":"carol"}],
        "customfield_4":{"accountId":"dave","accountType":"customer"},
        "customfield_5":{"value":"30 days","id":"1"},
        "customfield_6":"on call",
        "customfield_9":{"requestType":{"id":"96","name":"Get access"},"currentStatus":{}}}})");
}

/// The issue after `field` was replaced.
boost::json::value with(const std::string& field, const std::string& json) {
    auto changed = issue();
    changed.as_object().at("fields").as_object()[field] = boost::json::parse(json);
    return changed;
}

/// The error of the issue after `field` was replaced; empty when it still reads.
std::string complaint(const std::string& field, const std::string& json) {
    const auto ticket = ticket_from_issue(with(field, json), fields());
    return ticket ? "" : ticket.error().code() + " " + ticket.error().message();
}

} // namespace

TEST_CASE("ticket: every configured field is read in its own shape") {
    const auto ticket = ticket_from_issue(issue(), fields());
    REQUIRE(ticket);
    CHECK(ticket->issue_id == "10100");
    CHECK(ticket->issue_key == "ACC-1");
    CHECK(ticket->project_id == "10001");
    CHECK(ticket->issue_type_id == "10039");
    CHECK(ticket->request_type_id == "96");
    CHECK(ticket->status_id == "10012");
    CHECK(ticket->status_name == "Approved");
    CHECK(format_utc(ticket->created_at) == "2026-01-31T08:20:30.123Z");
    CHECK(ticket->reporter.account_id == "557058:jane");
    CHECK(ticket->reporter.type == AccountType::atlassian);
    CHECK(ticket->reporter.email == "jane@acme.example");
    REQUIRE(ticket->creator);
    CHECK(ticket->creator->account_id == "carol");
    CHECK(ticket->reason == "on call");
    REQUIRE(ticket->beneficiary);
    CHECK(ticket->beneficiary->account_id == "dave");
    CHECK(ticket->beneficiary->type == AccountType::customer);
    CHECK_FALSE(ticket->beneficiary->active);
    REQUIRE(ticket->asked);
    CHECK(ticket->asked->account_id == "bob");
    CHECK(ticket->application == "Entra ID");
    CHECK(ticket->access_type == "User");
    CHECK(ticket->duration == "30 days");
    CHECK_FALSE(ticket->has_approvals);
}

TEST_CASE("ticket: null and absent fields are empty, not malformed") {
    auto bare = issue();
    auto& members = bare.as_object().at("fields").as_object();
    for (const char* field : {"customfield_1", "customfield_2", "customfield_9", "reporter"}) {
        members[field] = nullptr;
    }
    for (const char* field : {"customfield_3", "customfield_4", "customfield_5"}) {
        members.erase(field);
    }
    const auto ticket = ticket_from_issue(bare, fields());
    REQUIRE(ticket);
    CHECK(ticket->application.empty());
    CHECK(ticket->access_type.empty());
    CHECK(ticket->duration.empty());
    CHECK(ticket->request_type_id.empty());
    CHECK(ticket->reporter.account_id.empty());
    CHECK_FALSE(ticket->beneficiary);
    CHECK_FALSE(ticket->asked);
}

TEST_CASE("ticket: a field of an unexpected shape makes the ticket malformed and is named") {
    const std::vector<std::pair<std::string, std::string>> table = {
        {"project", "null"},
        {"issuetype", R"({"name":"no id"})"},
        {"status", "\"Approved\""},
        {"status", R"({"id":10012})"},
        {"status", R"({"id":""})"},
        {"created", "1769854830123"},
        {"updated", "\"yesterday\""},
        {"updated", "null"},
        {"customfield_9", "\"acc/get-access\""},
        {"customfield_9", R"({"requestType":{"name":"no id"}})"},
    };
    for (const auto& [field, json] : table) {
        const auto& seen_field = field;
        CAPTURE(seen_field);
        const auto& seen_json = json;
        CAPTURE(seen_json);
        const std::string error = complaint(field, json);
        CHECK(error.find("jira.malformed_ticket ticket ACC-1: field " + field) == 0);
    }
}

TEST_CASE("ticket: a wish of an unexpected shape is named, and keeps nothing else from being read") {
    const std::string endless = '"' + std::string(256, 'x') + '"';
    const std::vector<std::pair<std::string, std::string>> table = {
        {"reporter", "\"jane\""},
        {"reporter", "{}"},
        {"reporter", R"({"accountId":""})"},
        {"customfield_1", "7"},
        {"customfield_1", "true"},
        {"customfield_1", "[]"},
        {"customfield_1", R"([{"value":"a"},{"value":"b"}])"},
        {"customfield_1", R"({"value":7})"},
        {"customfield_1", R"({"value":"America","id":"1","child":{"value":"Costa Rica","id":"2"}})"},
        {"customfield_1", R"({"type":"doc","version":1,"content":[]})"},
        {"customfield_2", endless},
        {"customfield_4", R"([{"accountId":"a"},{"accountId":"b"}])"},
        {"customfield_4", "\"dave\""},
        {"customfield_3", R"(["bob","carol"])"},
    };
    for (const auto& [field, json] : table) {
        const auto& seen_field = field;
        CAPTURE(seen_field);
        const auto& seen_json = json;
        CAPTURE(seen_json);
        const auto ticket = ticket_from_issue(with(field, json), fields());
        REQUIRE(ticket);
        CHECK(ticket->malformed.find("ticket ACC-1: field " + field) == 0);
        CHECK_FALSE(ticket->status_id.empty());
    }
}

TEST_CASE("ticket: an issue without a numeric id or a key is malformed") {
    for (const char* json : {"null", "[]", "{}", R"({"id":"x","key":"A-1","fields":{}})", R"({"id":"1"})"}) {
        CAPTURE(json);
        const auto ticket = ticket_from_issue(boost::json::parse(json), fields());
        REQUIRE_FALSE(ticket);
        CHECK(ticket.error().code() == "jira.malformed_ticket");
    }
}

TEST_CASE("ticket: a deleted user is nobody and an unknown kind of account is not fatal") {
    auto changed = issue();
    auto& members = changed.as_object().at("fields").as_object();
    members["reporter"] = boost::json::parse(R"({"accountId":"unknown","accountType":"martian"})");
    const auto ticket = ticket_from_issue(changed, fields());
    REQUIRE(ticket);
    CHECK(ticket->reporter.account_id.empty());
    CHECK(ticket->reporter.type == AccountType::unknown);
}

TEST_CASE("ticket: a reason is read from whatever holds text, and from nothing else") {
    const auto reason = [](const std::string& json) {
        const auto ticket = ticket_from_issue(with("customfield_6", json), fields());
        REQUIRE(ticket);
        CHECK(ticket->malformed.empty());
        return ticket->reason;
    };
    CHECK(reason(R"({"value":"Project work","id":"7"})") == "Project work");
    CHECK(reason(R"({"type":"doc","version":1,"content":[{"type":"paragraph","content":[
            {"type":"text","text":"on "},{"type":"text","text":"call"}]}]})") == "on call\n\n");
    CHECK(reason("null").empty());
    CHECK(reason("7").empty());
    CHECK(reason(R"(["on call"])").empty());
    CHECK(reason(R"({"type":"doc","version":1,"content":[]})") == "\n");
    CHECK(reason('"' + std::string(254, 'x') + "\u00e9\"") == std::string(254, 'x'));
}

TEST_CASE("ticket: only the fields that are read are asked for, each once") {
    PortalFields few;
    few.application = "customfield_1";
    few.access_type = "customfield_2";
    few.request_type = "customfield_9";
    CHECK(
        fields_to_read(few) ==
        std::vector<std::string>{
            "created",
            "creator",
            "customfield_1",
            "customfield_2",
            "customfield_9",
            "issuetype",
            "project",
            "reporter",
            "status",
            "updated"}
    );
}

TEST_CASE("approvals: read with dates from the number or the text, unknown words as pending") {
    std::vector<Approval> approvals;
    const auto late = boost::json::parse(R"({"id":"2","name":"Manager","finalDecision":"approved",
        "createdDate":{"iso8601":"2026-01-31T10:20:30+0000"},"completedDate":{"epochMillis":1769854831000},
        "approvers":[{"approver":{"accountId":"bob","active":true},"approverDecision":"approved"},
                     {"approver":null,"approverDecision":"abstained"}]})");
    const auto early = boost::json::parse(R"({"id":"1","finalDecision":"postponed",
        "createdDate":{"epochMillis":1769854829000},"approvers":[]})");
    CHECK_FALSE(append_approval(late, "ACC-1", approvals));
    CHECK_FALSE(append_approval(early, "ACC-1", approvals));
    sort_approvals(approvals);
    REQUIRE(approvals.size() == 2);
    CHECK(approvals[0].id == "1");
    CHECK(approvals[0].final_decision == ApprovalDecision::pending);
    CHECK_FALSE(approvals[0].completed_at);
    CHECK(approvals[1].final_decision == ApprovalDecision::approved);
    CHECK(approvals[1].completed_at == TimePoint(Duration(1'769'854'831'000)));
    REQUIRE(approvals[1].answers.size() == 2);
    CHECK(approvals[1].answers[0].approver.account_id == "bob");
    CHECK(approvals[1].answers[0].decision == ApprovalDecision::approved);
    CHECK(approvals[1].answers[1].approver.account_id.empty());
    CHECK(approvals[1].answers[1].decision == ApprovalDecision::pending);
}

TEST_CASE("approvals: a record that cannot be read whole is malformed") {
    for (const char* json : {
             "null",
             "{}",
             R"({"id":"1","createdDate":{"epochMillis":1},"approvers":null})",
             R"({"id":1,"createdDate":{"epochMillis":1},"approvers":[]})",
             R"({"id":"1","createdDate":null,"approvers":[]})",
             R"({"id":"1","createdDate":{"epochMillis":-1},"approvers":[]})",
             R"({"id":"1","createdDate":{"epochMillis":1},"approvers":["bob"]})",
             R"({"id":"1","createdDate":{"epochMillis":1},"approvers":[{"approver":{"name":"bob"}}]})",
         }) {
        CAPTURE(json);
        std::vector<Approval> approvals;
        const auto error = append_approval(boost::json::parse(json), "ACC-1", approvals);
        REQUIRE(error);
        CHECK(error->code() == "jira.malformed_ticket");
        CHECK(approvals.empty());
    }
}

TEST_CASE("person: whose activity or id cannot be read is nobody, not somebody inactive") {
    for (const char* json : {
             R"({"accountId":"557058:bob","active":"true"})",
             R"({"accountId":"557058:bob","active":null})",
             R"({"accountId":"557058:\u001b[31m","active":true})",
             R"({"accountId":"557058:bob bob","active":true})",
             R"({"accountId":"","active":true})",
         }) {
        CAPTURE(json);
        CHECK_FALSE(person_from(boost::json::parse(json)));
    }
    const auto bob = person_from(boost::json::parse(R"({"accountId":"557058:bob","active":true})"));
    REQUIRE(bob);
    CHECK(bob->active);
}
