#include "core/policy/proof.hpp"
#include "tests/core/policy/sample.hpp"

#include <doctest/doctest.h>

#include <array>
#include <chrono>
#include <optional>

// How many must approve, and who must not: the parties to a request.
using namespace accessd;
using namespace accessd::policy_test;
using namespace std::chrono_literals;

namespace {

AccessRule two_of_three() {
    AccessRule two = rule();
    two.approvers.users = {"id-bob", "id-carol", "id-dora", "bob@acme.example"};
    two.approvers.minimum = 2;
    return two;
}

Person dora() {
    return person("id-dora", "dora@acme.example");
}

Approval step(std::string id, std::string name, Person approver) {
    Approval made = approval(std::move(id), at(2min), at(10min), std::move(approver));
    made.name = std::move(name);
    return made;
}

std::string reason_of(const Ticket& ticket, const AccessRule& rule) {
    const auto judged = prove(ticket, portal(), rule, {});
    const auto* unproven = std::get_if<Unproven>(&judged);
    return unproven != nullptr ? unproven->reason : std::string();
}

} // namespace

TEST_CASE("minimum: as many different people must approve as the rule asks for") {
    Ticket asked = ticket();
    CHECK(objection(asked, two_of_three()) == "proof.too_few_approvers");
    CHECK(
        reason_of(asked, two_of_three()) ==
        "this access needs 2 different approvers and has 1; somebody else must approve, too"
    );
    SUBCASE("in one step") {
        asked.approvals[0].answers.push_back(answer(carol()));
    }
    SUBCASE("in two steps") {
        asked.approvals.push_back(step("33", "Security", carol()));
    }
    SUBCASE("more than that") {
        asked.approvals[0].answers.push_back(answer(carol()));
        asked.approvals.push_back(step("33", "Security", dora()));
    }
    CHECK(objection(asked, two_of_three()).empty());
}

TEST_CASE("minimum: one human counts once, however often they approve") {
    Ticket asked = ticket();
    ApproverFacts facts;
    SUBCASE("in two steps") {
        asked.approvals.push_back(step("33", "Security", bob()));
    }
    SUBCASE("twice in one") {
        asked.approvals[0].answers.push_back(answer(bob()));
    }
    SUBCASE("with two accounts of one address") {
        asked.approvals[0].answers.push_back(answer(person("id-carol", "BOB@acme.example")));
    }
    SUBCASE("with two accounts whose address only Jira tells") {
        asked.approvals[0].answers.push_back(answer(person("id-carol", "")));
        facts.people["id-carol"] = person("id-carol", "bob@acme.example");
    }
    SUBCASE("with accounts that are one by way of a third record") {
        asked.approvals[0].answers = {
            answer(person("id-bob", "")),
            answer(person("id-carol", "bob@acme.example")),
            answer(person("id-bob", "bob@acme.example"))};
    }
    CHECK(objection(asked, two_of_three(), facts) == "proof.too_few_approvers");
}

TEST_CASE("minimum: only a yes in a record that counts is counted") {
    Ticket asked = ticket();
    SUBCASE("a no") {
        asked.approvals[0].answers.push_back(answer(carol(), ApprovalDecision::declined));
    }
    SUBCASE("no answer yet") {
        asked.approvals[0].answers.push_back(answer(carol(), ApprovalDecision::pending));
    }
    SUBCASE("from before the claim ended") {
        asked.approvals[0].answers.push_back(answer(carol()));
        move(asked, "503", at(20min), status::revoked);
        move(asked, "504", at(30min), status::approved);
        asked.approvals.push_back(approval("32", at(21min), at(30min)));
    }
    SUBCASE("in an earlier pass through the same step") {
        asked.approvals.insert(asked.approvals.begin(), step("30", "Manager", carol()));
    }
    CHECK(objection(asked, two_of_three()) == "proof.too_few_approvers");
}

TEST_CASE("minimum: everybody of several must be allowed") {
    Ticket asked = ticket();
    asked.approvals[0].answers.push_back(answer(carol()));
    asked.approvals[0].answers.push_back(answer(person("id-mallory", "mallory@acme.example")));
    CHECK(objection(asked, two_of_three()) == "proof.approver_not_allowed");
}

TEST_CASE("self approval: no party approves, in every combination of reporter, beneficiary and who raised it"
) {
    AccessRule lax = rule();
    lax.approvers.users = {"id-jane", "id-bob", "id-carol"};
    const std::array<std::optional<Person>, 4> people = {std::nullopt, jane(), bob(), carol()};
    for (const EvidenceSource source : {EvidenceSource::approval, EvidenceSource::transition}) {
        Portal by = portal();
        by.evidence = source;
        for (const Person& reporter : {jane(), bob(), carol()}) {
            for (const auto& beneficiary : people) {
                for (const auto& creator : people) {
                    for (const Person& approver : {jane(), bob(), carol()}) {
                        Ticket asked = ticket();
                        asked.reporter = reporter;
                        asked.beneficiary = beneficiary;
                        asked.creator = creator;
                        asked.approvals[0].answers = {answer(approver)};
                        asked.changes.back().author = approver;
                        const std::string& id = approver.account_id;
                        const bool own = reporter.account_id == id ||
                                         (beneficiary && beneficiary->account_id == id) ||
                                         (creator && creator->account_id == id);
                        const auto judged = prove(asked, by, lax, {});
                        const auto* unproven = std::get_if<Unproven>(&judged);
                        CHECK(
                            (unproven != nullptr ? unproven->code : "") == (own ? "proof.self_approval" : "")
                        );
                    }
                }
            }
        }
    }
}

TEST_CASE("self approval: who raised a ticket on behalf of its reporter does not approve it") {
    Ticket raised = ticket();
    raised.creator = bob();
    CHECK(objection(raised) == "proof.self_approval");
    SUBCASE("nor with another account of the same address") {
        raised.creator = person("qm:bob", "Bob@acme.example");
        CHECK(objection(raised) == "proof.self_approval");
    }
    SUBCASE("but an integration that raises tickets is no party") {
        raised.creator->type = AccountType::app;
        CHECK(objection(raised).empty());
    }
}

TEST_CASE("self approval: a party whose address only Jira tells is known by it") {
    Ticket hidden = ticket();
    hidden.reporter = carol();
    hidden.beneficiary = person("id-bob-2", "");
    CHECK(objection(hidden).empty());
    ApproverFacts facts;
    facts.people["id-bob-2"] = person("id-bob-2", "bob@acme.example");
    CHECK(objection(hidden, rule(), facts) == "proof.self_approval");
}
