#include "tests/core/policy/sample.hpp"

#include <doctest/doctest.h>

using namespace accessd;
using namespace accessd::policy_test;
using namespace std::chrono_literals;

namespace {

Person ourselves() {
    return person("id-accessd", "");
}

/// What is stored of the sample ticket while it waits for its grant.
Request waiting_request() {
    Request stored;
    stored.issue_id = "1042";
    stored.status_entry = "502";
    stored.phase = Phase::granting;
    stored.revision = 1;
    stored.updated_at = at(10min);
    return stored;
}

Decision decide_on(const Ticket& ticket, const Request& stored, const Policy& rules = policy()) {
    return decide(ticket, rules, ApproverFacts(), &stored);
}

bool is_nothing(const Decision& decision) {
    return std::holds_alternative<Nothing>(decision);
}

} // namespace

TEST_CASE("decide: a move of ours over a status that means nothing to us changes nothing") {
    Ticket moved = ticket();
    move(moved, "503", at(20min), status::waiting, carol());
    move(moved, "504", at(21min), status::granted, ourselves());
    CHECK(is_nothing(decide_on(moved, waiting_request())));
}

TEST_CASE("decide: a move of ours over a revoke is a revoke, by whoever made it") {
    Ticket moved = ticket();
    move(moved, "503", at(20min), status::revoked, carol());
    move(moved, "504", at(21min), status::granted, ourselves());
    moved.changes.push_back(change("505", at(22min), "priority", "high", ourselves()));
    const Decision decision = decide_on(moved, waiting_request());
    const auto* end = std::get_if<End>(&decision);
    REQUIRE(end != nullptr);
    CHECK(end->code == "revoked");
    CHECK(end->actor == "carol@acme.example");
}

TEST_CASE("decide: a history of our own moves alone overtook nobody") {
    Ticket moved = ticket();
    moved.changes.clear();
    move(moved, "503", at(20min), status::granted, ourselves());
    Request stored = waiting_request();
    stored.status_entry = "elsewhere";
    CHECK(is_nothing(decide_on(moved, stored)));
}

TEST_CASE("decide: a waiting request whose ticket left its status without a trace is withdrawn by nobody") {
    Ticket moved = ticket();
    moved.changes.clear();
    moved.status_id = status::waiting;
    moved.updated_at = at(20min);
    const Decision decision = decide_on(moved, waiting_request());
    const auto* end = std::get_if<End>(&decision);
    REQUIRE(end != nullptr);
    CHECK(end->code == "withdrawn");
    CHECK(end->actor.empty());
}

TEST_CASE("decide: without an account of ours every move is somebody's") {
    Ticket moved = ticket();
    move(moved, "503", at(20min), status::waiting, person("", ""));
    Policy rules = policy();
    rules.portal.own_account_id.clear();
    CHECK(std::holds_alternative<End>(decide_on(moved, waiting_request(), rules)));
}

TEST_CASE("decide: a move of ours out of the project leaves what waits to the next reading") {
    Ticket moved = ticket();
    move(moved, "503", at(20min), status::granted, ourselves());
    moved.project_id = "999";
    CHECK(is_nothing(decide_on(moved, waiting_request())));
}

TEST_CASE("proof: approvers are listed by address only where it is a plain one on both sides") {
    Ticket asked = ticket();
    AccessRule rules = rule();
    rules.approvers.users = {"bob@acme.example"};
    CHECK(objection(asked, rules).empty());
    asked.approvals.front().answers.front().approver.email = "Bob <bob@acme.example>";
    CHECK(objection(asked, rules) == "proof.approver_not_allowed");
    rules.approvers.users = {"Bob <bob@acme.example>"};
    CHECK(objection(asked, rules) == "proof.approver_not_allowed");
}
