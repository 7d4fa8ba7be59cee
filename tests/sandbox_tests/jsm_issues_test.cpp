#include "tests/sandbox_tests/jsm_site.hpp"

namespace accessd::sandbox {

namespace {

constexpr std::string_view bulk_fetch = "/rest/api/3/issue/bulkfetch";
constexpr std::string_view bulk_changelog = "/rest/api/3/changelog/bulkfetch";

std::string issue_url(std::string_view id, std::string_view rest = "") {
    return "/rest/api/3/issue/" + std::string(id) + std::string(rest);
}

} // namespace

TEST_CASE("jsm issue: the fields have the vendor's shapes") {
    JsmSite site;
    const std::string id = string_or_empty(
        site.act(
            "create_request",
            {{"reporter", "dave@acme.example"},
             {"application", "Okta"},
             {"access_type", "Admin"},
             {"duration", "30 days"},
             {"beneficiary", "hilda@acme.example"},
             {"assignee", "carol@acme.example"}}
        ),
        "id"
    );
    const auto issue = site.body(site.get(issue_url(id)));
    CHECK(text_at(issue, "id") == id);
    CHECK(text_at(issue, "key") == "ACC-1");
    const auto& fields = *at(issue, "fields");
    CHECK(text_at(fields, "status.id") == "10010");
    CHECK(text_at(fields, "status.statusCategory.key") == "indeterminate");
    CHECK(at(fields, "status.statusCategory.id")->is_int64());
    CHECK(text_at(fields, "project.key") == "ACC");
    CHECK(text_at(fields, "reporter.emailAddress") == "dave@acme.example");
    CHECK(text_at(fields, "reporter.accountType") == "atlassian");
    CHECK(text_at(fields, "assignee.displayName") == "Carol Approver");
    CHECK(text_at(fields, "created") == "2026-01-31T12:00:00.000+0200");
    CHECK(text_at(fields, "customfield_10050.value") == "Okta");
    CHECK_FALSE(text_at(fields, "customfield_10050.id").empty());
    CHECK(text_at(fields, "customfield_10052.value") == "30 days");
    CHECK(text_at(fields, "customfield_10053.displayName") == "Hilda Hidden");
    CHECK(at(fields, "customfield_10053.emailAddress") == nullptr);
    CHECK(text_at(fields, "customfield_10010.requestType.id") == "25");
    CHECK(text_at(fields, "customfield_10010.currentStatus.statusCategory") == "INDETERMINATE");
    CHECK(text_at(fields, "customfield_10055.0.finalDecision") == "pending");
    CHECK(at(fields, "customfield_10054")->is_null());
    // The other project's field of the same name is not on this issue.
    CHECK(at(fields, "customfield_10151") == nullptr);
}

TEST_CASE("jsm issue: found by id and by key, and by the old key after a move") {
    JsmSite site;
    const std::string id = site.approved();
    const auto moved = site.act("move_project", {{"issue", id}, {"to", "HR"}});
    CHECK(string_or_empty(moved, "key") == "HR-1");
    const auto issue = site.body(site.get(issue_url("ACC-1", "?fields=project")));
    CHECK(text_at(issue, "id") == id);
    CHECK(text_at(issue, "key") == "HR-1");
    CHECK(text_at(issue, "fields.project.id") == "10001");
    site.act("set_project", {{"project", "HR"}, {"browsable", false}});
    check_refused(site.get(issue_url(id)), 404, "do not have permission");
}

TEST_CASE("jsm issue: an issue that is not there, not ours to see or asked for by nobody is 404") {
    JsmSite site;
    const std::string id = site.approved();
    check_refused(site.get(issue_url("ACC-99")), 404, "does not exist");
    check_refused(site.get(issue_url("99999")), 404, "does not exist");
    site.act("set", {{"permissions", {"ADD_COMMENTS"}}});
    check_refused(site.get(issue_url(id)), 404, "does not exist");
    site.act("set", {{"permissions", {"BROWSE_PROJECTS"}}});
    CHECK(site.get(issue_url(id)).status == 200);
    site.authorization.clear();
    check_refused(site.get(issue_url(id)), 404, "does not exist");
    site.act("delete_issue", {{"issue", id}});
    check_refused(site.get(issue_url(id)), 404, "does not exist");
}

TEST_CASE("jsm issue: unknown fields, expansions and parameters are refused") {
    JsmSite site;
    const std::string id = site.approved();
    check_refused(site.get(issue_url(id, "?fields=customfield_1")), 400, "customfield_1");
    check_refused(site.get(issue_url(id, "?expand=everything")), 400, "everything");
    check_refused(site.get(issue_url(id, "?startAt=0")), 400, "startAt");
    const auto issue = site.body(site.get(issue_url(id, "?fields=*all,-status&expand=names,schema")));
    CHECK(at(issue, "fields.status") == nullptr);
    CHECK(text_at(issue, "names.customfield_10050") == "Application");
    CHECK(text_at(issue, "schema.customfield_10010.custom") == "com.atlassian.servicedesk:vp-origin");
}

TEST_CASE("jsm bulkfetch: in order of id, unseen issues left out") {
    JsmSite site;
    const std::string first = site.approved();
    const std::string second = site.approved();
    const auto page = site.body(
        site.post(bulk_fetch, {{"issueIdsOrKeys", {second, "99999", "ACC-1", first}}, {"fields", {"status"}}})
    );
    REQUIRE(size_at(page, "issues") == 2);
    CHECK(text_at(page, "issues.0.id") == first);
    CHECK(text_at(page, "issues.1.id") == second);
    CHECK(text_at(page, "issues.1.fields.status.id") == "10011");
    CHECK(size_at(page, "issueErrors") == 0);
}

TEST_CASE("jsm bulkfetch: its changelog is newest first and cut at 40") {
    JsmSite site;
    const std::string id = site.approved();
    for (int i = 0; i < 50; ++i) {
        site.act("edit_field", {{"issue", id}, {"field", "Summary"}, {"value", std::to_string(i)}});
    }
    const auto page = site.body(site.post(bulk_fetch, {{"issueIdsOrKeys", {id}}, {"expand", {"changelog"}}}));
    CHECK(size_at(page, "issues.0.changelog.histories") == 40);
    CHECK(at(page, "issues.0.changelog.total")->get_int64() == 51);
    CHECK(text_at(page, "issues.0.changelog.histories.0.items.0.toString") == "49");
}

TEST_CASE("jsm bulkfetch: bad bodies are refused, strangers see nothing") {
    JsmSite site;
    const std::string id = site.approved();
    check_refused(site.post(bulk_fetch, boost::json::object()), 400, "issueIdsOrKeys");
    check_refused(site.post(bulk_fetch, {{"issueIdsOrKeys", boost::json::array()}}), 400, "100");
    check_refused(site.post(bulk_fetch, {{"issueIdsOrKeys", {id}}, {"expand", "changelog"}}), 400, "expand");
    check_refused(site.post(bulk_fetch, {{"issueIdsOrKeys", {10001}}}), 400, "issueIdsOrKeys");
    boost::json::array many(101, boost::json::value("1"));
    check_refused(site.post(bulk_fetch, {{"issueIdsOrKeys", many}}), 400, "100");
    site.authorization.clear();
    CHECK(size_at(site.body(site.post(bulk_fetch, {{"issueIdsOrKeys", {id}}})), "issues") == 0);
}

TEST_CASE("jsm changelog: oldest first, in pages, with who did what") {
    JsmSite site;
    const std::string id = site.approved();
    site.act(
        "edit_field", {{"issue", id}, {"field", "Application"}, {"value", "AWS"}, {"by", "jane@acme.example"}}
    );
    const auto all = site.body(site.get(issue_url(id, "/changelog")));
    CHECK(at(all, "total")->get_int64() == 2);
    CHECK(at(all, "isLast")->get_bool());
    const auto& approved = *at(all, "values.0");
    CHECK(text_at(approved, "author.accountType") == "app");
    CHECK(text_at(approved, "created") == "2026-01-31T12:01:00.000+0200");
    CHECK(text_at(approved, "items.0.fieldId") == "status");
    CHECK(text_at(approved, "items.0.from") == "10010");
    CHECK(text_at(approved, "items.0.toString") == "Approved by Manager");
    const auto& edited = *at(all, "values.1");
    CHECK(text_at(edited, "author.emailAddress") == "jane@acme.example");
    CHECK(text_at(edited, "items.0.field") == "Application");
    CHECK(text_at(edited, "items.0.fieldId") == "customfield_10050");
    CHECK(text_at(edited, "items.0.fromString") == "Entra ID");
    const auto page = site.body(site.get(issue_url(id, "/changelog?startAt=1&maxResults=1")));
    CHECK(text_at(page, "values.0.id") == text_at(edited, "id"));
    const auto first = site.body(site.get(issue_url(id, "/changelog?maxResults=1")));
    CHECK_FALSE(at(first, "isLast")->get_bool());
    CHECK_FALSE(text_at(first, "nextPage").empty());
    check_refused(site.get(issue_url(id, "/changelog?maxResults=101")), 400, "maxResults");
    check_refused(site.get(issue_url("1", "/changelog")), 404, "does not exist");
}

TEST_CASE("jsm bulk changelog: dates are numbers, only the wanted fields, page by page") {
    JsmSite site;
    const std::string first = site.approved();
    const std::string second = site.approved();
    site.pass(Duration(1000));
    site.act("edit_field", {{"issue", first}, {"field", "Summary"}, {"value", "x"}});
    site.act("move", {{"issue", first}, {"to", "Access Revoked"}, {"by", "bob@acme.example"}});
    boost::json::object body{
        {"issueIdsOrKeys", {second, first}}, {"fieldIds", {"status"}}, {"maxResults", 2}};
    const auto page = site.body(site.post(bulk_changelog, body));
    REQUIRE(size_at(page, "issueChangeLogs") == 2);
    CHECK(text_at(page, "issueChangeLogs.0.issueId") == first);
    CHECK(size_at(page, "issueChangeLogs.0.changeHistories") == 1);
    CHECK(at(page, "issueChangeLogs.0.changeHistories.0.created")->get_int64() == 1769853660000);
    body["nextPageToken"] = text_at(page, "nextPageToken");
    site.act("set", {{"changelog_in_seconds", true}});
    const auto rest = site.body(site.post(bulk_changelog, body));
    REQUIRE(size_at(rest, "issueChangeLogs") == 1);
    CHECK(text_at(rest, "issueChangeLogs.0.changeHistories.0.items.0.to") == "10013");
    CHECK(at(rest, "issueChangeLogs.0.changeHistories.0.created")->get_int64() == 1769853721);
    CHECK(at(rest, "nextPageToken") == nullptr);
    body["fieldIds"] = boost::json::array{"summary"};
    check_refused(site.post(bulk_changelog, body), 400, "nextPageToken");
}

TEST_CASE("jsm bulk changelog: limits, unknown members and strangers") {
    JsmSite site;
    const std::string id = site.approved();
    const auto refused = [&](std::string_view name, const boost::json::value& value) {
        boost::json::object body{{"issueIdsOrKeys", {id}}};
        body[name] = value;
        CAPTURE(name);
        CHECK(site.post(bulk_changelog, body).status == 400);
    };
    refused("maxResults", 10'001);
    refused("maxResults", 0);
    refused("fieldIds", {"status", "status"});
    refused("fieldIds", {"nope"});
    refused("expand", "x");
    refused("issueIdsOrKeys", boost::json::array());
    refused("issueIdsOrKeys", boost::json::array(1001, boost::json::value("1")));
    refused("nextPageToken", "x");
    CHECK(
        size_at(site.body(site.post(bulk_changelog, {{"issueIdsOrKeys", {"99999"}}})), "issueChangeLogs") == 0
    );
    site.authorization.clear();
    check_refused(site.post(bulk_changelog, {{"issueIdsOrKeys", {id}}}), 401, "authenticated");
}

} // namespace accessd::sandbox
