#include "tests/core/jsm/played_jira.hpp"

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

using namespace accessd;
using namespace std::chrono_literals;
using test::comments_of;
using test::fault_once;
using test::granted;
using test::played_names;
using test::status_of;
using Site = test::PlayedJira;

TEST_CASE("source: connect resolves the whole portal and says who we are") {
    Site site;
    const Portal portal = site.connect();
    CHECK(portal.project_id == "10000");
    CHECK(portal.project_key == "ACC");
    CHECK(*portal.request_kind("25") == RequestKind::grant);
    CHECK(*portal.request_kind("27") == RequestKind::change);
    CHECK(*portal.status("10011") == AppStatus::approved);
    CHECK(*portal.status("10012") == AppStatus::denied); // and not HR's
    CHECK(*portal.status("10014") == AppStatus::declined);
    CHECK(portal.granted_status == "10015");
    CHECK(portal.own_account_id == "712020:0acce55d-0000-4000-8000-000000000001");
    const auto& deciding = portal.deciding_fields;
    CHECK(std::count(deciding.begin(), deciding.end(), "customfield_10051") == 1); // and not HR's
    CHECK(std::count(deciding.begin(), deciding.end(), "customfield_10010") == 1);
}

TEST_CASE("source: connect names everything that is wrong at once") {
    Site site;
    site.control("set", R"({"permissions":["BROWSE_PROJECTS"]})");
    auto wrong = played_names();
    wrong.application_field = "Aplication";
    wrong.approved_statuses = {"Approved by Manger"};
    const auto source = make_cloud_source(wrong, site.rest, site.world);
    const auto portal = test::finish(site.world, source->connect(site.deadline()));
    REQUIRE_FALSE(portal);
    CHECK(portal.error().fault() == Fault::permanent);
    const std::string& message = portal.error().message();
    CHECK(std::count(message.begin(), message.end(), '\n') == 3);
    CHECK(message.find("did you mean \"Application\"?") != std::string::npos);
    CHECK(message.find("did you mean \"Approved by Manager\"?") != std::string::npos);
    CHECK(message.find("ADD_COMMENTS") != std::string::npos);
    CHECK(message.find("TRANSITION_ISSUES") != std::string::npos);

    wrong = played_names();
    wrong.project = "AC";
    const auto lost = make_cloud_source(wrong, site.rest, site.world);
    const auto nothing = test::finish(site.world, lost->connect(site.deadline()));
    REQUIRE_FALSE(nothing);
    CHECK(nothing.error().code() == "jira.project_not_found");
    CHECK(nothing.error().message().find("\"ACC\"") != std::string::npos);
}

TEST_CASE("source: what a proxy says instead of Jira is not a wrong configuration") {
    Site site;
    site.sandbox.faults().add(sandbox::FaultRule(sandbox::FaultKind::redirect, "GET", "*/rest/api/3/field"));
    const auto portal = test::finish(site.world, site.source->connect(site.deadline()));
    REQUIRE_FALSE(portal);
    CHECK(portal.error().code() == "jira.redirected");
    CHECK(portal.error().fault() == Fault::transient);
    site.sandbox.faults().clear();
    site.connect();
}

TEST_CASE("source: lists of Jira's that cannot be read are not a wrong configuration") {
    const std::string desk =
        R"({"values":[{"id":"3","projectId":"10000","projectKey":"ACC"}],"isLastPage":true})";
    const std::string types = R"({"values":[{"id":"25","name":"Request"}],"isLastPage":true})";
    const std::string fields = R"([{"id":"summary","name":"Summary"}])";
    const std::string statuses = R"([{"statuses":[{"id":"1","name":"Open"}]}])";
    const auto connect = [&](std::string_view broken, const std::string& with) {
        test::ScriptedJira jira;
        const auto say = [&](const char* part, const std::string& body) {
            jira.transport.answer("GET", part, 200, broken == part ? with : body);
        };
        say("/myself", R"({"accountId":"557058:own","active":true})");
        say("/requesttype", types);
        say("/servicedesk", desk);
        say("/field", fields);
        say("/statuses", statuses);
        say("/mypermissions", R"({"permissions":{"BROWSE_PROJECTS":{"havePermission":true}}})");
        const auto source = make_cloud_source(played_names(), jira.rest, jira.world);
        const auto portal = test::finish(jira.world, source->connect(jira.deadline()));
        REQUIRE_FALSE(portal);
        return portal.error();
    };
    CHECK(
        connect(
            "/servicedesk", R"({"values":[{"id":null,"projectId":null,"projectKey":null}],"isLastPage":true})"
        )
            .code() == "jira.malformed_answer"
    );
    CHECK(
        connect("/requesttype", R"({"values":[{"id":"25"}],"isLastPage":true})").code() ==
        "jira.malformed_answer"
    );
    CHECK(connect("/field", R"([{"id":"a\u0000b","name":"x"}])").code() == "jira.malformed_answer");
    CHECK(connect("/statuses", R"([{"statuses":{}}])").code() == "jira.malformed_answer");
    CHECK(connect("/myself", R"({"accountId":"a\u0000b"})").code() == "jira.malformed_user");
    // The list of permissions lacks some that were asked for.
    const Error error = connect("", "");
    CHECK(error.code() == "jira.malformed_answer");
    CHECK(error.fault() == Fault::transient);
}

TEST_CASE("source: with a wrong credential nothing works, an empty search included") {
    Site site(1, "expired");
    const auto portal = test::finish(site.world, site.source->connect(site.deadline()));
    REQUIRE_FALSE(portal);
    CHECK(portal.error().fault() == Fault::credential);
    const auto page = site.search();
    REQUIRE_FALSE(page);
    CHECK(page.error().code() == "jira.not_connected");

    Site revoked;
    revoked.connect();
    revoked.approved_request();
    revoked.wait(1min);
    REQUIRE(revoked.search());
    revoked.control("set", R"({"token":"another"})");
    const auto empty = revoked.search();
    REQUIRE_FALSE(empty);
    CHECK(empty.error().fault() == Fault::credential);
}

TEST_CASE("source: an approved request is found and read whole") {
    Site site;
    const Portal portal = site.connect();
    const std::string id = site.approved_request();
    site.wait(1min);
    const auto page = site.search();
    REQUIRE(page);
    REQUIRE(page->candidates.size() == 1);
    CHECK(page->candidates[0].issue_id == id);
    CHECK(page->candidates[0].status_id == "10011");
    CHECK(page->next_page.empty());

    const auto read = site.read({id, "424242"});
    REQUIRE(read);
    CHECK(read->failed.empty());
    CHECK(read->unseen == std::vector<std::string>{"424242"});
    REQUIRE(read->tickets.size() == 1);
    const Ticket& ticket = read->tickets[0];
    CHECK(ticket.application == "Entra ID");
    CHECK(ticket.access_type == "User");
    CHECK(ticket.request_type_id == "25");
    CHECK(ticket.project_id == portal.project_id);
    CHECK(ticket.reporter.email == "jane@acme.example");
    CHECK(ticket.beneficiary->account_id == ticket.reporter.account_id);
    REQUIRE(last_status_change(ticket) != nullptr);
    CHECK(last_status_change(ticket)->to == "10011");
    CHECK(last_status_change(ticket)->author.type == AccountType::app);
    REQUIRE(ticket.has_approvals);
    REQUIRE(ticket.approvals.size() == 1);
    CHECK(ticket.approvals[0].final_decision == ApprovalDecision::approved);
    CHECK(ticket.approvals[0].completed_at);
}

TEST_CASE("source: changes of deciding fields are in the history, with seconds or milliseconds") {
    for (const char* setting : {R"({"changelog_in_seconds":true})", R"({"changelog_page_size":1})"}) {
        CAPTURE(setting);
        Site site;
        site.connect();
        site.control("set", setting);
        const std::string id = site.approved_request();
        site.wait(10s);
        site.control(
            "edit_field",
            R"({"issue":")" + id + R"(","field":"Access Type","value":"Admin","by":"jane@acme.example"})"
        );
        const auto read = site.read({id});
        REQUIRE(read);
        REQUIRE(read->tickets.size() == 1);
        const Ticket& ticket = read->tickets[0];
        CHECK(ticket.access_type == "Admin");
        REQUIRE_FALSE(ticket.changes.empty());
        const FieldChange& last = ticket.changes.back();
        CHECK(last.field_id == "customfield_10051");
        CHECK(last.author.email == "jane@acme.example");
        CHECK(std::chrono::abs(last.at - site.world.now()) < 2s);
    }
}

TEST_CASE("source: a walk over many pages brings every ticket once, whatever the last page looks like") {
    for (const char* setting : {"{}", R"({"null_token":true})", R"({"last_page_lies":true})"}) {
        CAPTURE(setting);
        Site site;
        site.connect();
        site.control("set", setting);
        site.control("set", R"({"page_size":40})");
        site.control("bulk_approved", R"({"count":250})");
        site.wait(1min);
        std::vector<std::string> ids;
        std::string page;
        do {
            auto found = site.search(SearchWindow(), page);
            REQUIRE(found);
            for (const Candidate& candidate : found->candidates) {
                ids.push_back(candidate.issue_id);
            }
            page = found->next_page;
        } while (!page.empty());
        CHECK(ids.size() == 250);
        std::sort(ids.begin(), ids.end());
        CHECK(std::unique(ids.begin(), ids.end()) == ids.end());
    }
}

TEST_CASE("source: reconciling shows a status that the index has not seen yet") {
    Site site;
    site.connect();
    site.control("set", R"({"index_lag_ms":600000})");
    const std::string id = site.approved_request();
    const auto stale = site.search();
    REQUIRE(stale);
    CHECK(stale->candidates.empty());
    SearchWindow window;
    window.reconcile = {id};
    const auto fresh = site.search(window);
    REQUIRE(fresh);
    REQUIRE(fresh->candidates.size() == 1);
    CHECK(fresh->candidates[0].status_id == "10011");
}

TEST_CASE("source: the budget is one search and two bulk calls per hundred, two calls per ticket") {
    Site site;
    site.connect();
    site.control("bulk_approved", R"({"count":100})");
    site.wait(1min);
    // The first message of its kind learns the transition.
    const auto found = site.search();
    REQUIRE(found);
    std::vector<std::string> ids;
    for (const Candidate& candidate : found->candidates) {
        ids.push_back(candidate.issue_id);
    }
    REQUIRE(ids.size() == 100);
    REQUIRE(site.read(ids));
    REQUIRE(site.tell(granted(ids.back(), "[accessd:first]")));

    const std::uint64_t before = site.sandbox.calls();
    REQUIRE(site.search());
    CHECK(site.sandbox.calls() - before == 1);
    const auto read = site.read(ids);
    REQUIRE(read);
    CHECK(read->tickets.size() == 100);
    CHECK(read->failed.empty());
    CHECK(site.sandbox.calls() - before == 1 + 2 + 99); // one of them is granted already
    for (std::size_t i = 0; i < 99; ++i) {
        const auto told = site.tell(granted(ids[i], "[accessd:" + std::to_string(i) + "]"));
        REQUIRE(told);
        REQUIRE(told->moved);
        REQUIRE(told->comment == Applied::changed);
    }
    CHECK(site.sandbox.calls() - before == 1 + 2 + 99 + 99);
    CHECK(status_of(site, ids[0]) == "Access Granted");
    CHECK(comments_of(site, ids[0]) == 1);
}

TEST_CASE("source: approvals that cannot be read fail their ticket only") {
    Site site;
    site.connect();
    const std::string good = site.approved_request();
    const std::string bad = site.approved_request();
    site.sandbox.faults().add(
        fault_once(sandbox::FaultKind::error_500, "GET", "/rest/servicedeskapi/request/" + bad + "/approval")
    );
    const auto read = site.read({good, bad});
    REQUIRE(read);
    REQUIRE(read->tickets.size() == 1);
    CHECK(read->tickets[0].issue_id == good);
    REQUIRE(read->failed.size() == 1);
    CHECK(read->failed[0].first == bad);
    CHECK(read->failed[0].second.code() == "jira.server_error");
}

TEST_CASE("source: people and their groups") {
    Site site;
    const auto bob = test::finish(
        site.world, site.source->person("712020:000000b0-0000-4000-8000-00000000000b", site.deadline())
    );
    REQUIRE(bob);
    CHECK(bob->email == "bob@acme.example");
    CHECK(bob->active);
    CHECK(bob->type == AccountType::atlassian);
    const auto groups = test::finish(site.world, site.source->groups_of(bob->account_id, site.deadline()));
    REQUIRE(groups);
    CHECK(std::count(groups->begin(), groups->end(), "entra-approvers") == 1);
    const auto hilda = test::finish(
        site.world, site.source->person("712020:0000004d-0000-4000-8000-00000000000f", site.deadline())
    );
    REQUIRE(hilda);
    CHECK_FALSE(hilda->email);
    const auto nobody = test::finish(site.world, site.source->person("712020:none", site.deadline()));
    REQUIRE_FALSE(nobody);
    CHECK(nobody.error().code() == "jira.not_found");
}
