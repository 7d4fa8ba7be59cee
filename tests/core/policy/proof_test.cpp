#include "core/policy/proof.hpp"
#include "tests/core/policy/sample.hpp"

#include <doctest/doctest.h>

#include <chrono>

using namespace accessd;
using namespace accessd::policy_test;
using namespace std::chrono_literals;

TEST_CASE("proof: an allowed approver's yes before the status change is believed, and its evidence kept") {
    const auto judged = prove(ticket(), portal(), rule(), {});
    const auto* proof = std::get_if<Proof>(&judged);
    REQUIRE(proof != nullptr);
    CHECK(proof->approver == "bob@acme.example");
    CHECK(proof->approved_at == at(10min));
    CHECK(
        proof->evidence ==
        R"({"approvals":[{"approvers":["id-bob"],"completed":"2026-01-01T00:10:00.000Z","id":"31"}],)"
        R"("source":"approval","status":"2","status_author":"id-bob","status_change":"502",)"
        R"("status_changed":"2026-01-01T00:10:00.000Z"})"
    );
}

TEST_CASE("proof: without an approval record the status alone proves nothing") {
    Ticket forged = ticket();
    forged.approvals.clear();
    CHECK(objection(forged) == "proof.no_approval");
}

TEST_CASE("proof: the newest record of a step must say approved") {
    Ticket forged = ticket();
    SUBCASE("pending, although the allowed approver has said yes in it") {
        forged.approvals[0].final_decision = ApprovalDecision::pending;
        forged.approvals[0].completed_at.reset();
    }
    SUBCASE("declined") {
        forged.approvals[0].final_decision = ApprovalDecision::declined;
    }
    SUBCASE("approved without a time") {
        forged.approvals[0].completed_at.reset();
    }
    SUBCASE("approved once, asked again and pending") {
        Approval again = approval("32", at(11min), at(11min));
        again.final_decision = ApprovalDecision::pending;
        again.completed_at.reset();
        forged.approvals.push_back(again);
    }
    SUBCASE("approved once, asked again and declined") {
        Approval again = approval("32", at(9min), at(10min));
        again.final_decision = ApprovalDecision::declined;
        forged.approvals.push_back(again);
    }
    CHECK(objection(forged) == "proof.not_approved");
}

TEST_CASE("proof: a record that was declined is forgotten when the same step is approved later") {
    Ticket twice = ticket();
    Approval declined = approval("30", at(1min), at(2min));
    declined.final_decision = ApprovalDecision::declined;
    twice.approvals.insert(twice.approvals.begin(), declined);
    CHECK(objection(twice).empty());
}

TEST_CASE("proof: an approved record in which nobody said yes names no approver") {
    Ticket forged = ticket();
    SUBCASE("no answers") {
        forged.approvals[0].answers.clear();
    }
    SUBCASE("only pending ones") {
        forged.approvals[0].answers[0].decision = ApprovalDecision::pending;
    }
    SUBCASE("only a no") {
        forged.approvals[0].answers[0].decision = ApprovalDecision::declined;
    }
    CHECK(objection(forged) == "proof.no_approver");
}

TEST_CASE("proof: a change in the second of the approval is not taken to have come before it") {
    Ticket edited = ticket();
    edited.approvals[0].completed_at = at(10min) + 400ms;
    FieldChange change;
    change.history_id = "501";
    change.field_id = portal().deciding_fields.front();
    SUBCASE("when Jira cuts times to the second") {
        change.at = at(10min);
        edited.changes.insert(edited.changes.begin(), change);
        CHECK(objection(edited) == "proof.changed_after_approval");
    }
    SUBCASE("unless Jira says when it was") {
        change.at = at(10min) + 399ms;
        edited.changes.insert(edited.changes.begin(), change);
        CHECK(objection(edited).empty());
    }
}

TEST_CASE("proof: an approval in the second of a revoke is not taken to have come after it") {
    Ticket revoked = ticket();
    FieldChange change;
    change.history_id = "501";
    change.field_id = "status";
    change.to = status::revoked;
    change.at = at(10min);
    revoked.approvals[0].completed_at = at(10min) + 300ms;
    revoked.changes.insert(revoked.changes.begin(), change);
    CHECK(objection(revoked) == "proof.no_approval");
}

TEST_CASE("proof: nobody approves for themselves") {
    Ticket forged = ticket();
    AccessRule lax = rule();
    lax.approvers.users = {"id-bob", "id-jane", "jane@acme.example", "other@acme.example"};
    SUBCASE("the beneficiary approves what somebody else raised") {
        forged.reporter = carol();
        forged.approvals[0].answers = {answer(jane())};
    }
    SUBCASE("the reporter approves for somebody else") {
        forged.beneficiary = carol();
        forged.approvals[0].answers = {answer(jane())};
    }
    SUBCASE("the reporter approves and nobody is named as beneficiary") {
        forged.beneficiary.reset();
        forged.approvals[0].answers = {answer(jane())};
    }
    SUBCASE("one of two approvers is the beneficiary") {
        forged.approvals[0].answers = {answer(bob()), answer(jane())};
    }
    SUBCASE("raised from a portal-only account with the approver's address") {
        forged.beneficiary = carol();
        forged.reporter = person("qm:twin", "BOB@acme.example");
        forged.reporter.type = AccountType::customer;
    }
    SUBCASE("the beneficiary has a second account of the same address") {
        forged.reporter = carol();
        forged.beneficiary = person("id-bob-2", "Bob@Acme.Example");
    }
    CHECK(objection(forged, lax) == "proof.self_approval");
}

TEST_CASE("proof: people whose addresses Jira hides are not taken for one") {
    Ticket hidden = ticket();
    hidden.reporter.email.reset();
    hidden.beneficiary->email.reset();
    hidden.approvals[0].answers[0].approver.email.reset();
    CHECK(objection(hidden).empty());
    hidden.reporter.email = "";
    hidden.approvals[0].answers[0].approver.email = "";
    CHECK(objection(hidden).empty());
}

TEST_CASE("proof: an approver must be an active user of Jira") {
    Ticket forged = ticket();
    Person& approver = forged.approvals[0].answers[0].approver;
    ApproverFacts facts;
    SUBCASE("deactivated by the record") {
        approver.active = false;
    }
    SUBCASE("an app") {
        approver.type = AccountType::app;
    }
    SUBCASE("a portal-only customer") {
        approver.type = AccountType::customer;
    }
    SUBCASE("of a kind that nobody knows") {
        approver.type = AccountType::unknown;
    }
    SUBCASE("deactivated since") {
        facts.people["id-bob"] = bob();
        facts.people["id-bob"].active = false;
    }
    SUBCASE("deactivated by the record, whatever else is known") {
        approver.active = false;
        facts.people["id-bob"] = bob();
    }
    SUBCASE("known to be an app") {
        facts.people["id-bob"] = bob();
        facts.people["id-bob"].type = AccountType::app;
    }
    CHECK(objection(forged, rule(), facts) == "proof.approver_inactive");
}

TEST_CASE("proof: what the record does not say about the approver's account may be looked up") {
    Ticket told = ticket();
    told.approvals[0].answers[0].approver.type = AccountType::unknown;
    CHECK(approvers_to_look_up(told, portal(), rule()) == std::vector<std::string>{"id-bob"});
    ApproverFacts facts;
    facts.people["id-bob"] = bob();
    CHECK(objection(told, rule(), facts).empty());
}

TEST_CASE("proof: the rule says who may approve, by account id, address or group") {
    AccessRule by = rule();
    ApproverFacts facts;
    facts.people["id-bob"] = bob();
    by.approvers = ApproverSet();
    SUBCASE("nobody is allowed when nobody is named") {
        CHECK(objection(ticket(), by, facts) == "proof.approver_not_allowed");
    }
    SUBCASE("an address, in whatever case") {
        by.approvers.users = {"BOB@Acme.example"};
        CHECK(objection(ticket(), by, facts).empty());
        CHECK(objection(ticket(), by).empty());
    }
    SUBCASE("an address that looks alike is another") {
        by.approvers.users = {"b\u043eb@acme.example"}; // Cyrillic
        Ticket forged = ticket();
        forged.approvals[0].answers[0].approver.email = "b\u043eb@acme.example";
        CHECK(objection(forged, by) == "proof.approver_not_allowed");
    }
    SUBCASE("account ids are compared exactly") {
        by.approvers.users = {"ID-BOB", "id-bo", "id-bobb", ""};
        CHECK(objection(ticket(), by, facts) == "proof.approver_not_allowed");
    }
    SUBCASE("an account id may not be passed off as an address") {
        by.approvers.users = {"bob@acme.example"};
        Ticket forged = ticket();
        forged.approvals[0].answers[0].approver = person("id-mallory", "");
        forged.approvals[0].answers[0].approver.display_name = "bob@acme.example";
        CHECK(objection(forged, by) == "proof.approver_not_allowed");
    }
    SUBCASE("a group that they are in") {
        by.approvers.groups = {"entra-approvers"};
        facts.groups["id-bob"] = {"staff", "entra-approvers"};
        CHECK(objection(ticket(), by, facts).empty());
    }
    SUBCASE("not a group that they are not in, nor one that nothing is known of") {
        by.approvers.groups = {"entra-approvers"};
        CHECK(objection(ticket(), by, facts) == "proof.approver_not_allowed");
        facts.groups["id-bob"] = {"staff", "entra-approvers-2"};
        facts.groups["id-carol"] = {"entra-approvers"};
        CHECK(objection(ticket(), by, facts) == "proof.approver_not_allowed");
    }
    SUBCASE("the address of today counts where it is known, else the record's") {
        by.approvers.users = {"bob@acme.example"};
        facts.people["id-bob"].email = "robert@acme.example";
        CHECK(objection(ticket(), by, facts) == "proof.approver_not_allowed");
        facts.people["id-bob"].email.reset();
        CHECK(objection(ticket(), by, facts).empty());
    }
}

TEST_CASE("proof: everybody who said yes must be allowed") {
    Ticket forged = ticket();
    forged.approvals[0].answers.push_back(answer(carol()));
    CHECK(objection(forged) == "proof.approver_not_allowed");
    SUBCASE("who only was asked does not matter") {
        forged.approvals[0].answers[1].decision = ApprovalDecision::pending;
        CHECK(objection(forged).empty());
    }
}

TEST_CASE("proof: an approver who is gone from Jira proves nothing") {
    Ticket forged = ticket();
    forged.approvals[0].answers[0].approver = person("", "bob@acme.example");
    AccessRule by = rule();
    by.approvers.users = {"bob@acme.example", ""};
    CHECK(objection(forged, by) == "proof.unknown_approver");
    CHECK(approvers_to_look_up(forged, portal(), by).empty());
}

TEST_CASE("proof: every step of the workflow must be approved, each by somebody allowed") {
    Ticket steps = ticket();
    Approval second = approval("33", at(2min), at(8min), carol());
    second.name = "Security";
    steps.approvals.push_back(second);
    AccessRule both = rule();
    both.approvers.users = {"id-bob", "id-carol"};
    CHECK(objection(steps, both).empty());
    CHECK(objection(steps) == "proof.approver_not_allowed");
    steps.approvals[1].final_decision = ApprovalDecision::declined;
    CHECK(objection(steps, both) == "proof.not_approved");
}

TEST_CASE("proof: of several steps the last one's time is the approval's") {
    Ticket steps = ticket();
    Approval second = approval("33", at(2min), at(8min));
    second.name = "Security";
    steps.approvals.push_back(second);
    const auto judged = prove(steps, portal(), rule(), {});
    const auto* proof = std::get_if<Proof>(&judged);
    REQUIRE(proof != nullptr);
    CHECK(proof->approved_at == at(10min));
}

TEST_CASE("proof: an approval from before a denial, revocation or decline is spent") {
    for (const std::string& ending : {status::denied, status::revoked, status::declined}) {
        Ticket again = ticket();
        move(again, "503", at(20min), ending);
        move(again, "504", at(21min), status::approved);
        CHECK(objection(again) == "proof.no_approval");
        again.approvals.push_back(approval("32", at(20min), at(21min)));
        CHECK(objection(again).empty());
        again.approvals.back().completed_at = at(20min);
        CHECK(objection(again) == "proof.no_approval");
    }
}

TEST_CASE("proof: a pending record that was open when the claim ended is spent too") {
    Ticket again = ticket();
    Approval open = approval("32", at(11min), at(11min));
    open.name = "Security";
    open.final_decision = ApprovalDecision::pending;
    open.completed_at.reset();
    again.approvals.push_back(open);
    move(again, "503", at(20min), status::revoked);
    move(again, "504", at(21min), status::approved);
    again.approvals.push_back(approval("33", at(20min), at(21min)));
    CHECK(objection(again).empty());
}

TEST_CASE("proof: a way through statuses that mean nothing to us does not spend an approval") {
    Ticket again = ticket();
    move(again, "503", at(20min), status::granted);
    move(again, "504", at(21min), status::approved);
    CHECK(objection(again).empty());
}

TEST_CASE("proof: the status must not change before the decision, five seconds forgiven") {
    Ticket early = ticket();
    early.approvals[0].completed_at = at(10min + 5s);
    CHECK(objection(early).empty());
    early.approvals[0].completed_at = at(10min + 5001ms);
    CHECK(objection(early) == "proof.status_before_approval");
    early.approvals[0].completed_at = at(2h);
    CHECK(objection(early) == "proof.status_before_approval");
    SUBCASE("one late step of several is enough") {
        early = ticket();
        Approval second = approval("33", at(2min), at(11min));
        second.name = "Security";
        early.approvals.push_back(second);
        CHECK(objection(early) == "proof.status_before_approval");
    }
    SUBCASE("moved again after the decision it holds") {
        move(early, "503", at(3h), status::waiting);
        move(early, "504", at(4h), status::approved);
        CHECK(objection(early).empty());
    }
}

TEST_CASE("proof: a ticket that was created in its approved status was never moved there") {
    Ticket born = ticket();
    born.changes.clear();
    CHECK(objection(born) == "proof.no_transition");
}

TEST_CASE("proof: a deciding field that changed after the approval voids it") {
    for (const std::string& field : portal().deciding_fields) {
        Ticket changed = ticket();
        changed.changes.push_back(change("503", at(10min + 1ms), field, "x"));
        CHECK(objection(changed) == "proof.changed_after_approval");
    }
    Ticket harmless = ticket();
    harmless.changes.insert(harmless.changes.begin(), change("500", at(9min), "cf_type", "x"));
    harmless.changes.push_back(change("503", at(20min), "summary", "x"));
    CHECK(objection(harmless).empty());
}

TEST_CASE("proof: of several steps no deciding field may change after the first decision") {
    Ticket steps = ticket();
    Approval second = approval("33", at(2min), at(4min));
    second.name = "Security";
    steps.approvals.push_back(second);
    steps.changes.insert(steps.changes.begin() + 1, change("501b", at(5min), "cf_type", "Admin"));
    CHECK(objection(steps) == "proof.changed_after_approval");
}

TEST_CASE("proof: with several answers in one record the fields must stand from its beginning") {
    Ticket several = ticket();
    AccessRule both = rule();
    both.approvers.users = {"id-bob", "id-carol"};
    several.approvals[0].answers.push_back(answer(carol()));
    CHECK(objection(several, both).empty());
    // Bob may have answered before it, Carol after it: nobody knows.
    several.changes.insert(several.changes.begin() + 1, change("501b", at(5min), "cf_type", "Admin"));
    CHECK(objection(several, both) == "proof.changed_after_approval");
    several.approvals[0].answers[1].decision = ApprovalDecision::pending;
    CHECK(objection(several, both).empty());
}

TEST_CASE("proof: facts are asked for once each, and only about those who said yes and are not known") {
    Ticket many = ticket();
    AccessRule by = rule();
    by.approvers.groups = {"approvers"};
    CHECK(approvers_to_look_up(many, portal(), by).empty());
    many.approvals[0].answers = {
        answer(bob()), answer(carol()), answer(person("id-dora", ""), ApprovalDecision::declined)};
    Approval second = approval("33", at(2min), at(4min), carol());
    second.name = "Security";
    many.approvals.push_back(second);
    CHECK(approvers_to_look_up(many, portal(), by) == std::vector<std::string>{"id-carol"});
    move(many, "503", at(20min), status::revoked);
    CHECK(approvers_to_look_up(many, portal(), by).empty());
}
