#include "core/policy/decide.hpp"
#include "tests/core/policy/sample.hpp"

#include <doctest/doctest.h>

#include <chrono>

// evidence = "transition": whoever moved the ticket into its approved status approved it.
using namespace accessd;
using namespace accessd::policy_test;
using namespace std::chrono_literals;

namespace {

Portal by_transition() {
    Portal made = portal();
    made.evidence = EvidenceSource::transition;
    return made;
}

/// The sample without approval records, moved by Bob at minute 10 and 250 ms.
Ticket moved() {
    Ticket made = ticket();
    made.approvals.clear();
    made.has_approvals = false;
    made.changes.back().at = at(10min + 250ms);
    made.changes.back().from = status::waiting;
    return made;
}

Person automation() {
    Person app = person("557058:automation", "");
    app.type = AccountType::app;
    return app;
}

std::string
refusal(const Ticket& ticket, const AccessRule& rule = policy_test::rule(), const ApproverFacts& facts = {}) {
    const auto judged = prove(ticket, by_transition(), rule, facts);
    const auto* unproven = std::get_if<Unproven>(&judged);
    return unproven != nullptr ? unproven->code : std::string();
}

} // namespace

TEST_CASE("transition: an allowed approver who moved the ticket is believed, and the evidence says so") {
    const auto judged = prove(moved(), by_transition(), rule(), {});
    const auto* proof = std::get_if<Proof>(&judged);
    REQUIRE(proof != nullptr);
    CHECK(proof->approver == "bob@acme.example");
    CHECK(proof->approved_at == at(10min + 250ms));
    CHECK(
        proof->evidence ==
        R"({"approvers":["id-bob"],"source":"transition","status":"2","status_change":"502",)"
        R"("status_changed":"2026-01-01T00:10:00.250Z","status_from":"1"})"
    );
}

TEST_CASE("transition: approval records do not stand in for the one who moved the ticket") {
    Ticket forged = ticket();
    forged.changes.back().author = carol();
    CHECK(objection(forged).empty());
    CHECK(refusal(forged) == "proof.approver_not_allowed");
}

TEST_CASE("transition: who moved the ticket must be one whose yes counts") {
    Ticket forged = moved();
    Person& actor = forged.changes.back().author;
    std::string code;
    ApproverFacts facts;
    SUBCASE("not one whom the rule does not name") {
        actor = carol();
        code = "proof.approver_not_allowed";
    }
    SUBCASE("not the reporter") {
        forged.reporter = bob();
        code = "proof.self_approval";
    }
    SUBCASE("not the beneficiary") {
        forged.beneficiary = bob();
        code = "proof.self_approval";
    }
    SUBCASE("not who raised it for the reporter") {
        forged.creator = bob();
        code = "proof.self_approval";
    }
    SUBCASE("not somebody who is gone") {
        actor = person("", "bob@acme.example");
        code = "proof.unknown_approver";
    }
    SUBCASE("not somebody inactive") {
        actor.active = false;
        code = "proof.approver_inactive";
    }
    SUBCASE("not somebody who was deactivated since") {
        facts.people["id-bob"] = bob();
        facts.people["id-bob"].active = false;
        code = "proof.approver_inactive";
    }
    SUBCASE("not a portal-only customer") {
        actor.type = AccountType::customer;
        code = "proof.approver_inactive";
    }
    SUBCASE("not an account of a kind that nobody knows") {
        actor.type = AccountType::unknown;
        code = "proof.approver_inactive";
    }
    SUBCASE("not an earlier mover") {
        move(forged, "503", at(20min), status::waiting, bob());
        move(forged, "504", at(30min), status::approved, carol());
        code = "proof.approver_not_allowed";
    }
    CHECK(refusal(forged, rule(), facts) == code);
}

TEST_CASE("transition: an app counts only where the rule lists its account id") {
    Ticket automatic = moved();
    automatic.changes.back().author = automation();
    AccessRule by = rule();
    CHECK(refusal(automatic, by) == "proof.approver_inactive");
    ApproverFacts facts;
    facts.groups[automation().account_id] = {"approvers"};
    by.approvers.groups = {"approvers"};
    CHECK(refusal(automatic, by, facts) == "proof.approver_inactive");
    by.approvers.users.push_back(automation().account_id);
    CHECK(refusal(automatic, by, facts).empty());
    CHECK(refusal(automatic, by).empty());
    SUBCASE("and is active") {
        automatic.changes.back().author.active = false;
        CHECK(refusal(automatic, by) == "proof.approver_inactive");
    }
    SUBCASE("and never in an approval record") {
        Ticket recorded = ticket();
        recorded.approvals[0].answers = {answer(automation())};
        CHECK(objection(recorded, by) == "proof.approver_inactive");
    }
}

TEST_CASE("transition: a ticket that was created in its approved status was not moved there") {
    Ticket born = moved();
    born.changes.clear();
    CHECK(refusal(born) == "proof.no_transition");
    born = moved();
    born.status_id = status::granted;
    CHECK(refusal(born) == "proof.no_transition");
}

TEST_CASE("transition: it is one person's yes, too few for a rule that asks for more") {
    AccessRule two = rule();
    two.approvers.users = {"id-bob", "id-carol"};
    two.approvers.minimum = 2;
    CHECK(refusal(moved(), two) == "proof.too_few_approvers");
}

TEST_CASE("transition: a deciding field that changes with it or after it voids it") {
    for (const std::string& field : portal().deciding_fields) {
        CAPTURE(field);
        Ticket after = moved();
        after.changes.push_back(change("503", at(10min + 251ms), field, "x"));
        CHECK(refusal(after) == "proof.changed_after_approval");
        Ticket with = moved();
        with.changes.insert(with.changes.end() - 1, change("502", at(10min + 250ms), field, "x", bob()));
        CHECK(refusal(with) == "proof.changed_after_approval");
        Ticket clock = moved(); // before it by its number, after it by the clock
        clock.changes.insert(clock.changes.end() - 1, change("501b", at(10min + 260ms), field, "x"));
        CHECK(refusal(clock) == "proof.changed_after_approval");
        Ticket order = moved(); // after it by its number, before it by the clock
        order.changes.push_back(change("503", at(9min + 1ms), field, "x"));
        CHECK(refusal(order) == "proof.changed_after_approval");
        Ticket before = moved();
        before.changes.insert(before.changes.end() - 1, change("501b", at(10min + 249ms), field, "x"));
        CHECK(refusal(before).empty());
    }
    Ticket harmless = moved();
    harmless.changes.push_back(change("503", at(20min), "summary", "x"));
    CHECK(refusal(harmless).empty());
}

TEST_CASE("transition: a change in the whole second of the approval is not taken to have come before it") {
    Ticket cut = moved();
    cut.changes.insert(cut.changes.end() - 1, change("501b", at(10min), "cf_type", "x"));
    CHECK(refusal(cut) == "proof.changed_after_approval");
}

TEST_CASE("transition: a later ending status spends it, moving it back is a new approval by whoever did it") {
    for (const std::string& ending : {status::denied, status::revoked, status::declined}) {
        CAPTURE(ending);
        Ticket again = moved();
        move(again, "503", at(20min), ending, carol());
        move(again, "504", at(30min), status::approved, carol());
        CHECK(refusal(again) == "proof.approver_not_allowed");
        move(again, "505", at(40min), status::waiting, bob());
        move(again, "506", at(50min), status::approved, bob());
        CHECK(refusal(again).empty());
        Ticket same = moved(); // revoked and approved in a second that was cut
        move(same, "503", at(20min), ending, carol());
        move(same, "504", at(20min + 300ms), status::approved, bob());
        CHECK(refusal(same) == "proof.ended_since");
    }
}

TEST_CASE("transition: only who moved it last is looked up, and only when the ticket does not say enough") {
    AccessRule by = rule();
    by.approvers.groups = {"approvers"};
    CHECK(approvers_to_look_up(moved(), by_transition(), by).empty());
    Ticket other = moved();
    other.changes.back().author = carol();
    CHECK(approvers_to_look_up(other, by_transition(), by) == std::vector<std::string>{"id-carol"});
    other.changes.clear();
    CHECK(approvers_to_look_up(other, by_transition(), by).empty());
}

TEST_CASE("transition: is decided on without approval records, and an approval that ran out is spent") {
    Policy policy = policy_test::policy();
    policy.portal = by_transition();
    const Ticket asked = moved();
    const Decision decision = decide(asked, policy, {}, nullptr);
    REQUIRE(std::holds_alternative<Approve>(decision));
    Request expired;
    expired.phase = Phase::ended;
    expired.reason_code = "expired";
    expired.status_entry = "400";
    expired.approved_at = std::get<Approve>(decision).proof.approved_at;
    const Decision again = decide(asked, policy, {}, &expired);
    REQUIRE(std::holds_alternative<Distrust>(again));
    CHECK(std::get<Distrust>(again).why.code == "proof.spent");
}
