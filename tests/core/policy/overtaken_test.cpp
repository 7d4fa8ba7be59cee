#include "tests/core/policy/decisions.hpp"

#include <doctest/doctest.h>

#include <string>
#include <utility>

using namespace accessd;
using namespace accessd::policy_test;
using namespace std::chrono_literals;

namespace {

Person ourselves() {
    return person("id-accessd", "");
}

/// What is stored of the sample ticket while it waits for its grant.
Request waiting_request() {
    return handled(ticket(), Phase::granting);
}

Decision decide_on(const Ticket& ticket, const Request& stored, const Policy& rules = policy()) {
    return decide(ticket, rules, ApproverFacts(), &stored);
}

} // namespace

TEST_CASE("decide: what people did just before we moved the ticket counts, once") {
    for (const auto& [status, code] :
         {std::pair(status::denied, "denied"),
          std::pair(status::revoked, "revoked"),
          std::pair(status::declined, "declined")}) {
        for (const Phase phase : all_phases) {
            const Request stored = handled(ticket(), phase);
            Ticket over = ticket();
            move(over, "503", at(20min), status, carol());
            const Request ended = handled(over, Phase::ended);
            move(over, "504", at(21min), status::granted, ourselves());
            const Decision decision = decide_on(over, stored);
            REQUIRE(end_code(decision) == code);
            CHECK(std::get<End>(decision).actor == "carol@acme.example");
            CHECK(is_nothing(decide_on(over, ended)));
            // Another message of ours changes nothing about it.
            move(over, "505", at(22min), status::removed, ourselves());
            CHECK(end_code(decide_on(over, stored)) == code);
            CHECK(is_nothing(decide_on(over, ended)));
        }
    }
    Ticket unknown = ticket();
    move(unknown, "503", at(20min), status::revoked, carol());
    move(unknown, "504", at(21min), status::granted, ourselves());
    CHECK(is_nothing(decide(unknown, policy(), ApproverFacts(), nullptr)));
}

TEST_CASE("decide: a new approval that our own move overtook is parked, not lost") {
    Ticket again = ticket();
    move(again, "503", at(20min), status::revoked, carol());
    const Request stored = handled(again, Phase::ended);
    move(again, "504", at(21min), status::approved, carol());
    move(again, "505", at(22min), status::removed, ourselves());
    CHECK(park_code(decide_on(again, stored)) == "ticket.overtaken");
    CHECK(is_nothing(decide_on(again, handled(again, Phase::parked))));
}

TEST_CASE("decide: a late move of ours out of a new approval parks it before the grant") {
    for (const Phase phase : all_phases) {
        CAPTURE(to_string(phase));
        Ticket moved = ticket();
        const Request stored = handled(moved, phase);
        move(moved, "503", at(20min), status::removed, ourselves());
        const bool parks = is_at_work(phase) || phase == Phase::active; // which would be told "granted"
        CHECK(park_code(decide_on(moved, stored)) == (parks ? "ticket.overtaken" : ""));
    }
}

TEST_CASE("decide: a withdrawal that our own move overtook still withdraws what was not granted yet") {
    for (const Phase phase : all_phases) {
        CAPTURE(to_string(phase));
        Ticket moved = ticket();
        const Request stored = handled(moved, phase);
        move(moved, "503", at(20min), status::waiting, carol());
        move(moved, "504", at(21min), status::granted, ourselves());
        CHECK(end_code(decide_on(moved, stored)) == (is_at_work(phase) ? "withdrawn" : ""));
    }
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
    Request stored = handled(ticket(), Phase::active);
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
