#include "tests/sandbox_tests/jsm_site.hpp"

namespace accessd::sandbox {

namespace {

constexpr std::string_view jane = "712020:0000001a-0000-4000-8000-00000000000a";

std::string approvals_url(std::string_view id, std::string_view rest = "") {
    return "/rest/servicedeskapi/request/" + std::string(id) + "/approval" + std::string(rest);
}

} // namespace

TEST_CASE("jsm desk: desks and request types come in the envelope, page by page") {
    JsmSite site;
    const auto desks = site.body(site.get("/rest/servicedeskapi/servicedesk"));
    CHECK(text_at(desks, "values.0.projectKey") == "ACC");
    CHECK(text_at(desks, "values.0.id") == "3");
    CHECK(at(desks, "isLastPage")->get_bool());
    const std::string types = "/rest/servicedeskapi/servicedesk/3/requesttype";
    const auto first = site.body(site.get(types + "?limit=2"));
    CHECK(at(first, "size")->get_int64() == 2);
    CHECK_FALSE(at(first, "isLastPage")->get_bool());
    CHECK(text_at(first, "values.0.name") == "Request Application Access");
    const auto rest = site.body(site.get(types + "?limit=2&start=2"));
    CHECK(size_at(rest, "values") == 1);
    CHECK(at(rest, "isLastPage")->get_bool());
    CHECK(size_at(site.body(site.get(types + "?searchQuery=removal")), "values") == 1);
    check_desk_refused(site.get("/rest/servicedeskapi/servicedesk/4/requesttype"), 404);
    check_desk_refused(site.get(types + "?limit=x"), 400);
    check_desk_refused(site.get(types + "?page=1"), 400);
}

TEST_CASE("jsm approvals: pending, approved with its date, and the round after a reopening") {
    JsmSite site;
    const auto made = site.act("create_request", {{"needed", 2}});
    const std::string id = string_or_empty(made, "id");
    site.pass(Duration(1000));
    site.act("approve", {{"issue", id}, {"by", "bob@acme.example"}});
    auto page = site.body(site.get(approvals_url(id)));
    CHECK(text_at(page, "values.0.finalDecision") == "pending");
    CHECK(text_at(page, "values.0.approvers.0.approverDecision") == "approved");
    CHECK(text_at(page, "values.0.approvers.1.approverDecision") == "pending");
    CHECK(at(page, "values.0.completedDate") == nullptr);
    CHECK_FALSE(at(page, "values.0.canAnswerApproval")->get_bool());
    site.pass(Duration(1000));
    site.act("approve", {{"issue", id}, {"by", "carol@acme.example"}});
    page = site.body(site.get(approvals_url(string_or_empty(made, "key"))));
    CHECK(text_at(page, "values.0.finalDecision") == "approved");
    CHECK(at(page, "values.0.completedDate.epochMillis")->get_int64() == site.now.time_since_epoch().count());
    CHECK(text_at(page, "values.0.completedDate.iso8601") == "2026-01-31T12:00:02+0200");
    CHECK(text_at(page, "values.0.approvers.0.approver.emailAddress") == "bob@acme.example");
    CHECK(text_at(site.act("show", {{"issue", id}}), "status") == "Approved by Manager");
    site.act("ask", {{"issue", id}, {"approvers", {"accessd@acme.example"}}});
    page = site.body(site.get(approvals_url(id, "?limit=1&start=1")));
    CHECK(at(page, "values.0.canAnswerApproval")->get_bool());
    const auto one = site.body(site.get(approvals_url(id, "/" + text_at(page, "values.0.id"))));
    CHECK(text_at(one, "finalDecision") == "pending");
    check_desk_refused(site.get(approvals_url(id, "/1")), 404);
}

TEST_CASE("jsm approvals: a decline ends the round at once") {
    JsmSite site;
    const std::string id = string_or_empty(site.act("create_request", boost::json::object()), "id");
    site.act("decline", {{"issue", id}, {"by", "carol@acme.example"}});
    const auto page = site.body(site.get(approvals_url(id)));
    CHECK(text_at(page, "values.0.finalDecision") == "declined");
    CHECK(text_at(site.act("show", {{"issue", id}}), "status") == "Rejected");
}

TEST_CASE("jsm approvals: a status move proves nothing, and what is no request has none") {
    JsmSite site;
    const std::string moved = string_or_empty(site.act("create_request", {{"status", "10011"}}), "id");
    CHECK(size_at(site.body(site.get(approvals_url(moved))), "values") == 0);
    const std::string bare = string_or_empty(site.act("create_request", {{"request_type", ""}}), "id");
    check_desk_refused(site.get(approvals_url(bare)), 404);
    check_desk_refused(site.get(approvals_url("77777")), 404);
    CHECK(site.get("/rest/api/3/issue/" + bare).status == 200);
    site.authorization.clear();
    check_desk_refused(site.get(approvals_url(moved)), 401);
}

TEST_CASE("jsm request: its customer's view, expanded as asked") {
    JsmSite site;
    const std::string id = site.approved();
    const auto request =
        site.body(site.get("/rest/servicedeskapi/request/" + id + "?expand=requestType,serviceDesk,status"));
    CHECK(text_at(request, "issueKey") == "ACC-1");
    CHECK(text_at(request, "requestType.name") == "Request Application Access");
    CHECK(text_at(request, "currentStatus.status") == "Approved by Manager");
    CHECK(text_at(request, "status.values.0.status") == "Approved by Manager");
    CHECK(text_at(request, "reporter.accountId") == jane);
    check_desk_refused(site.get("/rest/servicedeskapi/request/" + id + "?expand=all"), 400);
}

TEST_CASE("jsm site: fields with duplicates in scope, statuses of the project") {
    JsmSite site;
    const auto fields = site.body(site.get("/rest/api/3/field"));
    int access_types = 0;
    for (const auto& field : fields.get_array()) {
        if (text_at(field, "name") == "Access Type") {
            ++access_types;
            CHECK(
                (text_at(field, "scope.type") == "PROJECT") == (text_at(field, "id") == "customfield_10151")
            );
        }
        if (text_at(field, "id") == "customfield_10010") {
            CHECK(text_at(field, "schema.custom") == "com.atlassian.servicedesk:vp-origin");
        }
    }
    CHECK(access_types == 2);
    const auto types = site.body(site.get("/rest/api/3/project/ACC/statuses"));
    CHECK(size_at(types, "0.statuses") == 8);
    CHECK(text_at(types, "0.statuses.1.name") == "Approved by Manager");
    CHECK(size_at(site.body(site.get("/rest/api/3/status")), "") == 11);
    CHECK(text_at(site.body(site.get("/rest/api/3/project/10000")), "key") == "ACC");
    check_refused(site.get("/rest/api/3/project/NONE/statuses"), 404, "NONE");
    CHECK(text_at(site.body(site.get("/rest/api/2/serverInfo")), "deploymentType") == "Cloud");
}

TEST_CASE("jsm site: who we are and what we may") {
    JsmSite site;
    const HttpResponse response = site.get("/rest/api/3/myself");
    const auto myself = site.body(response);
    CHECK(text_at(myself, "emailAddress") == "accessd@acme.example");
    CHECK(text_at(myself, "timeZone") == "Etc/GMT-2");
    CHECK(response.headers.find("X-AACCOUNTID") == text_at(myself, "accountId"));
    const std::string url = "/rest/api/3/mypermissions?projectKey=ACC&permissions=";
    const auto mine = site.body(site.get(url + "BROWSE_PROJECTS,ADMINISTER_PROJECTS"));
    CHECK(at(mine, "permissions.BROWSE_PROJECTS.havePermission")->get_bool());
    CHECK_FALSE(at(mine, "permissions.ADMINISTER_PROJECTS.havePermission")->get_bool());
    check_refused(site.get(url + "FLY"), 400, "FLY");
    check_refused(site.get("/rest/api/3/mypermissions"), 400, "permissions");
    check_refused(site.get("/rest/api/3/mypermissions?projectKey=X&permissions=ADMINISTER"), 404, "X");
}

TEST_CASE("jsm people: users by account id only, hidden addresses stay hidden") {
    JsmSite site;
    const auto user = [&](std::string_view id) {
        return site.body(site.get("/rest/api/3/user?accountId=" + percent_encode(id)));
    };
    CHECK(text_at(user(jane), "emailAddress") == "jane@acme.example");
    CHECK(at(user("712020:0000004d-0000-4000-8000-00000000000f"), "emailAddress") == nullptr);
    CHECK_FALSE(at(user("712020:0000001e-0000-4000-8000-00000000000e"), "active")->get_bool());
    CHECK(text_at(user("qm:5f1e0000-c0de-4000-8000-000000000010:1"), "accountType") == "customer");
    check_refused(site.get("/rest/api/3/user?accountId=jane%40acme.example"), 404, "does not exist");
    check_refused(site.get("/rest/api/3/user?username=jane"), 400, "GDPR");
    check_refused(site.get("/rest/api/3/user"), 400, "accountId");
    site.act("set_user", {{"user", jane}, {"active", false}, {"email_hidden", true}});
    CHECK_FALSE(at(user(jane), "active")->get_bool());
    CHECK(at(user(jane), "emailAddress") == nullptr);
}

TEST_CASE("jsm people: groups of a user, members of a group") {
    JsmSite site;
    const auto added = site.act("add_user", {{"email", "nora@acme.example"}});
    const std::string nora = string_or_empty(added, "account_id");
    site.act("add_group_member", {{"group", "entra-approvers"}, {"user", nora}});
    const auto groups = site.body(site.get("/rest/api/3/user/groups?accountId=" + percent_encode(nora)));
    REQUIRE(size_at(groups, "") == 1);
    CHECK(text_at(groups, "0.name") == "entra-approvers");
    const std::string members = "/rest/api/3/group/member?groupname=entra-approvers";
    CHECK(at(site.body(site.get(members)), "total")->get_int64() == 3);
    const auto page = site.body(site.get(members + "&startAt=2&maxResults=1"));
    CHECK(text_at(page, "values.0.accountId") == nora);
    site.act("set_user", {{"user", nora}, {"active", false}});
    CHECK(at(site.body(site.get(members)), "total")->get_int64() == 2);
    CHECK(at(site.body(site.get(members + "&includeInactiveUsers=true")), "total")->get_int64() == 3);
    const std::string id = text_at(groups, "0.groupId");
    CHECK(at(site.body(site.get("/rest/api/3/group/member?groupId=" + id)), "total")->get_int64() == 2);
    CHECK(
        text_at(
            site.body(site.get("/rest/api/3/group/bulk?groupName=entra-approvers")), "values.0.groupId"
        ) == id
    );
    check_refused(site.get("/rest/api/3/group/member?groupname=none"), 404, "none");
    check_refused(site.get("/rest/api/3/group/member"), 400, "groupId");
}

TEST_CASE("jsm: what every call must bring") {
    JsmSite site;
    HttpRequest bare("GET", "https://jira.test/rest/api/3/myself");
    bare.headers.add("Authorization", site.authorization);
    check_refused(site.model.handle(bare, site.now), 406, "Accept");
    HttpRequest form = site.request("POST", "/rest/api/3/search/jql");
    form.body = "{}";
    check_refused(site.model.handle(form, site.now), 415, "Content-Type");
    form.headers.add("Content-Type", "application/json; charset=utf-8");
    form.body = "{\"jql\": \"a\", \"jql\": \"b\"}";
    check_refused(site.model.handle(form, site.now), 400, "JSON");
    check_refused(site.get("/rest/api/3/universe"), 404, "No resource");
    check_desk_refused(site.get("/rest/servicedeskapi/universe"), 404);
    const HttpResponse wrong = site.model.handle(site.request("PUT", "/rest/api/3/search/jql"), site.now);
    check_refused(wrong, 405, "Method");
    CHECK(wrong.headers.find("Allow") == "POST, GET");
    check_refused(site.get("/rest/api/3/field?x=1"), 400, "x");
    CHECK(site.get("/ex/jira/cloud-id/rest/api/3/myself").status == 200);
}

TEST_CASE("jsm: a wrong credential is 401 where strangers are not served, and says so") {
    JsmSite site;
    site.act("set", {{"token", "rotated"}});
    const HttpResponse response = site.get("/rest/api/3/myself");
    check_refused(response, 401, "authenticated");
    CHECK(response.headers.find("X-Seraph-LoginReason") == "AUTHENTICATED_FAILED");
    check_desk_refused(site.get("/rest/servicedeskapi/servicedesk"), 401);
    CHECK(size_at(site.body(site.get("/rest/api/3/status")), "") == 0);
}

TEST_CASE("jsm control: the benchmark's requests are approved, each for someone of its own") {
    JsmSite site;
    const auto made = site.act("bulk_approved", {{"count", 3}, {"application", "AWS"}, {"first", 7}});
    const std::string last = string_or_empty(made, "last_id");
    const auto issue = site.body(site.get("/rest/api/3/issue/" + last));
    CHECK(text_at(issue, "fields.status.id") == "10011");
    CHECK(text_at(issue, "fields.customfield_10050.value") == "AWS");
    CHECK(text_at(issue, "fields.customfield_10053.emailAddress") == "j0009@acme.example");
    const auto approvals = site.body(site.get(approvals_url(last)));
    CHECK(text_at(approvals, "values.0.finalDecision") == "approved");
    CHECK(
        at(site.act("statuses", boost::json::object()), "statuses")->get_object().at("Approved by Manager") ==
        3
    );
}

TEST_CASE("jsm control: what cannot be done says why, what was asked is counted") {
    JsmSite site;
    const auto failed = [&](std::string_view verb, const boost::json::value& arguments) {
        CAPTURE(verb);
        CHECK_FALSE(text_at(site.model.control(verb, arguments, site.now), "error").empty());
    };
    const std::string id = site.approved();
    failed("dance", boost::json::object());
    failed("move", {{"issue", "ACC-99"}, {"to", "Rejected"}});
    failed("move", {{"issue", id}, {"to", "Nowhere"}});
    failed("approve", {{"issue", id}, {"by", "bob@acme.example"}});
    failed("approve", {{"issue", id}});
    failed("set", {{"page_sizes", 1}});
    failed("create_request", {{"reporter", "nobody"}});
    failed("create_request", {{"key", "ACC-1"}});
    failed("edit_field", {{"issue", id}, {"field", "Created"}, {"value", "x"}});
    failed("bulk_approved", {{"count", 0}});
    site.act("reset_stats", boost::json::object());
    site.get("/rest/api/3/myself");
    site.get("/rest/api/3/myself");
    const auto stats = site.act("stats", boost::json::object());
    CHECK(at(stats, "calls")->get_object().at("GET /rest/api/3/myself") == 2);
    CHECK(at(stats, "total")->to_number<int>() == 2);
}

TEST_CASE("jsm control: every deciding field can be edited, and the history shows it") {
    JsmSite site;
    const std::string id = site.approved();
    const auto edit = [&](std::string_view field, const boost::json::value& value) {
        site.act("edit_field", {{"issue", id}, {"field", field}, {"value", value}});
    };
    edit("Reporter", "dave@acme.example");
    edit("Beneficiary", "carol@acme.example");
    edit("Access Duration", "90 days");
    edit("Access Duration", nullptr);
    edit("Request Type", "26");
    const auto changes = site.act("show", {{"issue", id}});
    CHECK(text_at(changes, "changes.1.to") == "Dave Roe");
    CHECK(text_at(changes, "changes.2.field") == "customfield_10053");
    CHECK(text_at(changes, "changes.3.to") == "90 days");
    CHECK(at(changes, "changes.4.to")->is_null());
    CHECK(text_at(changes, "changes.5.to") == "Request Access Removal");
}

} // namespace accessd::sandbox
