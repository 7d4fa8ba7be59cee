#include "tests/core/policy/decisions.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace accessd;
using namespace accessd::policy_test;
using namespace std::chrono_literals;

namespace {

/// The sample policy, with a second access type that Carol approves, too.
Policy two_types() {
    Policy policy = policy_test::policy();
    AccessRule admin = rule();
    admin.access_type = "Admin";
    admin.groups = {"admins"};
    admin.approvers.users = {"id-bob", "id-carol"};
    admin.max_duration = 48h;
    policy.rules.push_back(admin);
    return policy;
}

/// From "Admin" to "User", approved by Bob.
Ticket change_ticket() {
    Ticket change = ticket();
    change.request_type_id = "9";
    change.replaced_type = "Admin";
    return change;
}

Decision decide_on(const Ticket& ticket) {
    return decide(ticket, two_types(), ApproverFacts(), nullptr);
}

std::string doubt_code(const Decision& decision) {
    const auto* distrust = std::get_if<Distrust>(&decision);
    return distrust != nullptr ? distrust->why.code : std::string();
}

} // namespace

TEST_CASE("change: names what comes and what goes") {
    const Policy policy = two_types();
    const Decision decision = decide(change_ticket(), policy, ApproverFacts(), nullptr);
    const auto* approve = std::get_if<Approve>(&decision);
    REQUIRE(approve != nullptr);
    CHECK(approve->kind == RequestKind::change);
    CHECK(approve->rule == policy.rule("Entra ID", "User"));
    CHECK(approve->replaced == policy.rule("Entra ID", "Admin"));
}

TEST_CASE("change: a ticket that does not say what goes needs the approval of what comes only") {
    Ticket change = change_ticket();
    change.replaced_type.clear();
    const Decision decision = decide_on(change);
    const auto* approve = std::get_if<Approve>(&decision);
    REQUIRE(approve != nullptr);
    CHECK(approve->replaced == nullptr);
}

TEST_CASE("change: who approves must be an approver of what comes and of what goes") {
    Ticket change = change_ticket();
    change.approvals.front().answers = {answer(carol())};
    CHECK(doubt_code(decide_on(change)) == "proof.approver_not_allowed");
    std::swap(change.access_type, change.replaced_type);
    CHECK(doubt_code(decide_on(change)) == "proof.approver_not_allowed");
    change.replaced_type.clear();
    CHECK(std::holds_alternative<Approve>(decide_on(change)));
}

TEST_CASE("change: what cannot be carried out is parked") {
    Ticket change = change_ticket();
    SUBCASE("no rule for what goes") {
        change.replaced_type = "Owner";
        CHECK(park_code(decide_on(change)) == "rule.none");
    }
    SUBCASE("no rule for what comes") {
        change.access_type = "Owner";
        CHECK(park_code(decide_on(change)) == "rule.none");
    }
    SUBCASE("nothing changes") {
        change.replaced_type = change.access_type;
        CHECK(park_code(decide_on(change)) == "request.no_change");
    }
    SUBCASE("what comes is denied") {
        Policy policy = two_types();
        DenyRule deny;
        deny.access_type = "User";
        policy.denies.push_back(deny);
        CHECK(park_code(decide(change, policy, ApproverFacts(), nullptr)) == "rule.denied");
    }
}

TEST_CASE("change: its lease is that of what comes") {
    Ticket change = change_ticket();
    std::swap(change.access_type, change.replaced_type);
    change.duration = "1 day";
    const Decision decision = decide_on(change);
    const auto* approve = std::get_if<Approve>(&decision);
    REQUIRE(approve != nullptr);
    CHECK(approve->duration == 24h);
}

TEST_CASE("change: the approvers of both rules are asked about") {
    Policy policy = two_types();
    const auto asked = [&](const Ticket& ticket, const std::string& id) {
        const std::vector<Inquiry> inquiries = facts_needed(ticket, policy);
        return std::any_of(inquiries.begin(), inquiries.end(), [&](const Inquiry& one) {
            return one.account_id == id;
        });
    };
    Ticket change = change_ticket();
    change.approvals.front().answers = {answer(carol())};
    CHECK(asked(change, "id-carol"));
}
