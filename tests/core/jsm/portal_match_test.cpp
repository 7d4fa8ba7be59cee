#include "core/jsm/portal_match.hpp"
#include "core/jsm/portal_resolver.hpp"

#include <boost/json/parse.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

using namespace accessd;

namespace {

FieldFact field(std::string id, std::string name, std::string type, std::string custom = "") {
    FieldFact fact;
    fact.id = std::move(id);
    fact.name = std::move(name);
    fact.type = std::move(type);
    fact.custom = std::move(custom);
    return fact;
}

PortalFacts facts() {
    PortalFacts made;
    made.own_account_id = "557058:own";
    made.project_id = "10001";
    made.project_key = "ACC";
    made.fields = {
        field("customfield_1", "Application", "option"),
        field("customfield_2", "Access Type", "string"),
        field("customfield_3", "Beneficiary", "user"),
        field("customfield_5", "Access Duration", "option"),
        field("assignee", "Assignee", "user"),
        field(
            "customfield_9", "Request Type", "sd-customerrequesttype", "com.atlassian.servicedesk:vp-origin"
        ),
    };
    made.statuses = {
        Named("1", "Open"), Named("2", "Approved"), Named("3", "Rejected"), Named("4", "Granted")};
    made.request_types = {Named("96", "Get access"), Named("97", "Remove access")};
    return made;
}

PortalNames names() {
    PortalNames made;
    made.project = "ACC";
    made.grant_types = {"Get access"};
    made.remove_types = {"97"};
    made.application_field = "Application";
    made.access_type_field = "customfield_2";
    made.approver_field = "Assignee";
    made.duration_field = "access duration";
    made.approved_statuses = {"Approved"};
    made.denied_statuses = {"3"};
    made.granted_outcome = "Granted";
    return made;
}

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines(1);
    for (const char c : text) {
        if (c == '\n') {
            lines.emplace_back();
        } else {
            lines.back() += c;
        }
    }
    return lines;
}

bool mentions(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("portal: names and ids both resolve, and what decides is complete") {
    const auto resolved = match_portal(names(), facts());
    REQUIRE(resolved);
    CHECK(resolved->fields.application == "customfield_1");
    CHECK(resolved->fields.access_type == "customfield_2");
    CHECK(resolved->fields.approver == "assignee");
    CHECK(resolved->fields.duration == "customfield_5");
    CHECK(resolved->fields.beneficiary == "reporter");
    CHECK(resolved->fields.request_type == "customfield_9");
    const Portal& portal = resolved->portal;
    CHECK(*portal.request_kind("96") == RequestKind::grant);
    CHECK(*portal.request_kind("97") == RequestKind::remove);
    CHECK(*portal.status("2") == AppStatus::approved);
    CHECK(*portal.status("3") == AppStatus::denied);
    CHECK(portal.granted_status == "4");
    CHECK(portal.removed_status.empty());
    CHECK(portal.own_account_id == "557058:own");
    CHECK(
        portal.deciding_fields ==
        std::vector<std::string>{
            "customfield_1",
            "customfield_2",
            "customfield_5",
            "customfield_9",
            "issuetype",
            "project",
            "reporter"}
    );
}

TEST_CASE("portal: a reason may be a text of any length, and does not decide") {
    auto wanted = names();
    wanted.reason_field = "Reason";
    wanted.evidence = EvidenceSource::transition;
    auto existing = facts();
    existing.fields.push_back(field(
        "customfield_6", "Reason", "string", "com.atlassian.jira.plugin.system.customfieldtypes:textarea"
    ));
    const auto resolved = match_portal(wanted, existing);
    REQUIRE(resolved);
    CHECK(resolved->fields.reason == "customfield_6");
    CHECK(resolved->portal.evidence == EvidenceSource::transition);
    const auto& deciding = resolved->portal.deciding_fields;
    CHECK(std::count(deciding.begin(), deciding.end(), "customfield_6") == 0);
}

TEST_CASE("portal: with a picker for the beneficiary the reporter still decides, and Jira's limit holds") {
    auto wanted = names();
    wanted.beneficiary_field = "Beneficiary";
    const auto resolved = match_portal(wanted, facts());
    REQUIRE(resolved);
    const auto& deciding = resolved->portal.deciding_fields;
    CHECK(std::count(deciding.begin(), deciding.end(), "customfield_3") == 1);
    CHECK(std::count(deciding.begin(), deciding.end(), "reporter") == 1);
    CHECK(deciding.size() + 1 <= 10); // with "status", in changelog/bulkfetch
}

TEST_CASE("portal: all problems come in one error, one per line, with what exists and the nearest name") {
    auto wanted = names();
    wanted.application_field = "Aplication";
    wanted.grant_types = {"Get acces"};
    wanted.approved_statuses = {"Approvd"};
    wanted.failed_outcome = "Nowhere";
    auto existing = facts();
    existing.missing_permissions = {"TRANSITION_ISSUES"};
    const auto resolved = match_portal(wanted, existing);
    REQUIRE_FALSE(resolved);
    CHECK(resolved.error().fault() == Fault::permanent);
    CHECK(resolved.error().code() == "jira.field_not_found");
    const auto lines = lines_of(resolved.error().message());
    REQUIRE(lines.size() == 5);
    CHECK(mentions(lines[0], "portal.fields.application: there is no field \"Aplication\""));
    CHECK(mentions(lines[0], "did you mean \"Application\"?"));
    CHECK(mentions(lines[0], "\"Access Type\" (customfield_2)"));
    CHECK(mentions(lines[1], "portal.request_types.grant"));
    CHECK(mentions(lines[1], "did you mean \"Get access\"?"));
    CHECK(mentions(lines[2], "portal.statuses.approved"));
    CHECK(mentions(lines[2], "\"Approved\" (2)"));
    CHECK(mentions(lines[3], "portal.outcomes.failed"));
    CHECK(mentions(lines[4], "TRANSITION_ISSUES"));
}

TEST_CASE("portal: a name that two have is refused with both ids, and an id among them is taken") {
    auto existing = facts();
    existing.fields.push_back(field("customfield_77", "Application", "option"));
    existing.statuses.push_back(Named("22", "Approved"));
    const auto resolved = match_portal(names(), existing);
    REQUIRE_FALSE(resolved);
    CHECK(resolved.error().code() == "jira.field_ambiguous");
    const auto lines = lines_of(resolved.error().message());
    REQUIRE(lines.size() == 2);
    CHECK(mentions(lines[0], "(customfield_1), \"Application\" (customfield_77)"));
    CHECK(mentions(lines[1], "\"Approved\" (2), \"Approved\" (22)"));

    auto by_id = names();
    by_id.application_field = "customfield_77";
    by_id.approved_statuses = {"22"};
    const auto chosen = match_portal(by_id, existing);
    REQUIRE(chosen);
    CHECK(chosen->fields.application == "customfield_77");
}

TEST_CASE("portal: settings that cannot work together are refused") {
    const auto code_of = [](const PortalNames& wanted, const PortalFacts& existing) {
        const auto resolved = match_portal(wanted, existing);
        return resolved ? std::string() : resolved.error().code();
    };
    auto wanted = names();
    wanted.denied_statuses = {"Approved"};
    CHECK(code_of(wanted, facts()) == "jira.status_twice");
    wanted = names();
    wanted.remove_types = {"Get access"};
    CHECK(code_of(wanted, facts()) == "jira.request_type_twice");
    wanted = names();
    wanted.access_type_field = "Application";
    CHECK(code_of(wanted, facts()) == "jira.field_twice");
    wanted = names();
    wanted.failed_outcome = "Approved";
    CHECK(code_of(wanted, facts()) == "jira.outcome_is_trigger");
    wanted = names();
    wanted.granted_outcome = "Rejected";
    CHECK(code_of(wanted, facts()) == "jira.outcome_is_trigger");
    wanted = names();
    wanted.application_field = "Assignee";
    CHECK(code_of(wanted, facts()) == "jira.field_type");
    wanted = names();
    wanted.beneficiary_field = "Application";
    CHECK(code_of(wanted, facts()) == "jira.field_type");
    auto existing = facts();
    existing.fields[0] =
        field("customfield_1", "Application", "string", "com.atlassian.jira.plugin:textarea");
    CHECK(code_of(names(), existing) == "jira.field_type");
    wanted = names();
    wanted.reason_field = "Beneficiary";
    CHECK(code_of(wanted, facts()) == "jira.field_type");
    wanted.reason_field = "Reason";
    CHECK(code_of(wanted, facts()) == "jira.field_not_found");
    existing = facts();
    existing.fields.pop_back();
    CHECK(code_of(names(), existing) == "jira.request_type_field_not_found");
}

TEST_CASE("portal: hostile names are escaped and long lists are cut") {
    auto existing = facts();
    for (int i = 0; i < 500; ++i) {
        existing.statuses.push_back(Named(std::to_string(1000 + i), "evil\n\x1b[31m" + std::to_string(i)));
    }
    auto wanted = names();
    wanted.denied_statuses = {"Rejectd"};
    const auto resolved = match_portal(wanted, existing);
    REQUIRE_FALSE(resolved);
    const std::string& message = resolved.error().message();
    CHECK_FALSE(mentions(message, "\x1b"));
    CHECK_FALSE(mentions(message, "\n"));
    CHECK(mentions(message, "and 464 more"));
    CHECK(message.size() < 4096);
}

TEST_CASE("portal: fields of other projects are dropped, those of ours and of all stay") {
    const auto fields = fields_from(
        boost::json::parse(R"([
            {"id":"a","name":"A","schema":{"type":"array","items":"user","custom":"c"}},
            {"id":"b","name":"B","scope":{"type":"PROJECT","project":{"id":"10001"}}},
            {"id":"c","name":"C","scope":{"type":"PROJECT","project":{"id":"10002"}}},
            {"name":"no id"},null,7])"),
        "10001"
    );
    REQUIRE(fields.size() == 2);
    CHECK(fields[0].items == "user");
    CHECK(fields[1].id == "b");
    CHECK(fields_from(boost::json::value(nullptr), "1").empty());
}

TEST_CASE("portal: a status that several issue types share is one status") {
    const auto statuses = statuses_from(boost::json::parse(R"([
        {"id":"1","statuses":[{"id":"10","name":"Open"},{"id":"11","name":"Done"}]},
        {"id":"2","statuses":[{"id":"10","name":"Open"},{"id":"12","name":"Done"}]},
        {"id":"3"},null])"));
    REQUIRE(statuses.size() == 3);
    CHECK(statuses[2].id == "12");
}
