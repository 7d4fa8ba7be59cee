#include "core/policy/decide.hpp"
#include "core/support/text.hpp"
#include "tests/core/policy/sample.hpp"

#include <doctest/doctest.h>

#include <chrono>

// What forbids a request that is well approved: deny rules, who may ask, a missing reason.
using namespace accessd;
using namespace accessd::policy_test;
using namespace std::chrono_literals;

namespace {

/// The code of what is decided, "" for an approval.
std::string code_of(const Decision& decision) {
    if (const auto* park = std::get_if<Park>(&decision)) {
        return park->code;
    }
    if (const auto* distrust = std::get_if<Distrust>(&decision)) {
        return distrust->why.code;
    }
    return std::holds_alternative<Approve>(decision) ? "" : "neither";
}

std::string decided(const Ticket& ticket, const Policy& policy, const ApproverFacts& facts = {}) {
    return code_of(decide(ticket, policy, facts, nullptr));
}

std::string denied_by(
    const DenyRule& deny, const ApproverFacts& facts = {}, const Ticket& ticket = policy_test::ticket()
) {
    Policy policy = policy_test::policy();
    policy.denies = {deny};
    return decided(ticket, policy, facts);
}

DenyRule deny_people(std::vector<std::string> users, std::vector<std::string> groups = {}) {
    DenyRule deny;
    deny.people.users = std::move(users);
    deny.people.groups = std::move(groups);
    return deny;
}

Policy policy_with(const AccessRule& rule) {
    Policy policy = policy_test::policy();
    policy.rules = {rule};
    return policy;
}

std::vector<std::string> asked_about(const Ticket& ticket, const Policy& policy) {
    std::vector<std::string> asked;
    for (const Inquiry& inquiry : facts_needed(ticket, policy)) {
        asked.push_back(inquiry.account_id + (inquiry.with_groups ? "+groups" : ""));
    }
    return asked;
}

using Texts = std::vector<std::string>;

} // namespace

TEST_CASE("deny: a rule that matches beats an approval that holds, and says its reason") {
    DenyRule deny;
    deny.application = "Entra ID";
    deny.access_type = "User";
    deny.reason = "audit finding 12\n\x1b[2J";
    Policy policy = policy_test::policy();
    policy.denies = {deny};
    const Decision decision = decide(ticket(), policy, {}, nullptr);
    REQUIRE(code_of(decision) == "rule.denied");
    CHECK(
        std::get<Park>(decision).reason ==
        "the beneficiary may not have this access (audit finding 12\\x0a\\x1b[2J); no approval changes that"
    );
}

TEST_CASE("deny: everything that it names must match") {
    DenyRule deny;
    deny.application = "Okta";
    CHECK(denied_by(deny).empty());
    deny.application = "Entra ID";
    CHECK(denied_by(deny) == "rule.denied");
    deny.access_type = "Admin";
    CHECK(denied_by(deny).empty());
    deny.access_type = "User";
    deny.people.users = {"id-carol"};
    CHECK(denied_by(deny).empty());
    deny.people.users.emplace_back("id-jane");
    CHECK(denied_by(deny) == "rule.denied");
    deny.application.clear();
    CHECK(denied_by(deny) == "rule.denied");
}

TEST_CASE("deny: a later rule denies although an earlier one does not match") {
    Policy policy = policy_test::policy();
    policy.denies = {deny_people({"id-carol"}), deny_people({"id-jane"})};
    CHECK(decided(ticket(), policy) == "rule.denied");
}

TEST_CASE("deny: it is the beneficiary who is denied, by account id, address or group") {
    ApproverFacts facts;
    facts.groups["id-jane"] = {"staff", "leavers"};
    CHECK(denied_by(deny_people({"id-jane"})) == "rule.denied");
    CHECK(denied_by(deny_people({"JANE@acme.example"})) == "rule.denied");
    CHECK(denied_by(deny_people({}, {"leavers"}), facts) == "rule.denied");
    CHECK(denied_by(deny_people({"id-bob"}, {"leavers"}), facts) == "rule.denied");
    CHECK(denied_by(deny_people({"id-bob", "bob@acme.example"}, {"Leavers"}), facts).empty());
    Ticket other = ticket();
    other.beneficiary = carol();
    facts.groups["id-carol"] = {};
    CHECK(denied_by(deny_people({"id-jane"}, {"leavers"}), facts, other).empty());
}

TEST_CASE("deny: hiding an address or groups does not slip past it") {
    CHECK(denied_by(deny_people({}, {"leavers"})) == "rule.denied");
    Ticket hidden = ticket();
    hidden.beneficiary->email.reset();
    CHECK(denied_by(deny_people({"x@acme.example"}), {}, hidden) == "rule.denied");
    CHECK(denied_by(deny_people({"id-bob"}), {}, hidden).empty());
    ApproverFacts facts;
    facts.people["id-jane"] = jane();
    CHECK(denied_by(deny_people({"x@acme.example"}), facts, hidden).empty());
    CHECK(denied_by(deny_people({"jane@acme.example"}), facts, hidden) == "rule.denied");
    hidden.beneficiary->account_id.clear();
    CHECK(denied_by(deny_people({}, {"leavers"}), facts, hidden) == "rule.denied");
}

TEST_CASE("deny: beats the lack of a rule, but not what cannot be read") {
    Ticket unknown = ticket();
    unknown.access_type = "Nothing";
    CHECK(denied_by(deny_people({"id-jane"}), {}, unknown) == "rule.denied");
    unknown.malformed = "field cf_type holds a JSON array";
    CHECK(denied_by(deny_people({"id-jane"}), {}, unknown) == "jira.malformed_ticket");
}

TEST_CASE("requesters: only the reporters whom the rule names may ask") {
    AccessRule by = rule();
    by.requesters.emplace();
    by.requesters->users = {"id-carol"};
    CHECK(decided(ticket(), policy_with(by)) == "request.not_allowed");
    by.requesters->users = {"Jane@acme.example"};
    CHECK(decided(ticket(), policy_with(by)).empty());
    by.requesters->users.clear();
    by.requesters->groups = {"staff"};
    ApproverFacts facts;
    CHECK(decided(ticket(), policy_with(by), facts) == "request.not_allowed");
    facts.groups["id-jane"] = {"staff"};
    CHECK(decided(ticket(), policy_with(by), facts).empty());
    Ticket raised = ticket(); // for Jane, by somebody else
    raised.reporter = carol();
    CHECK(decided(raised, policy_with(by), facts) == "request.not_allowed");
}

TEST_CASE("reason: a rule that asks for one refuses a blank, and looks again when the ticket changes") {
    AccessRule by = rule();
    by.require_reason = true;
    Ticket asked = ticket();
    for (const char* const blank : {"", " ", " \t\r\n", "\u00A0\u200B \u3000"}) {
        asked.reason = blank;
        const Decision decision = decide(asked, policy_with(by), {}, nullptr);
        REQUIRE(std::holds_alternative<Distrust>(decision));
        CHECK(code_of(decision) == "request.reason_missing");
    }
    asked.reason = " \u200Bx";
    CHECK(decided(asked, policy_with(by)).empty());
    asked.reason.clear();
    CHECK(decided(asked, policy()).empty());
}

TEST_CASE("facts: Jira is asked about a person once, and only where the ticket does not say enough") {
    Policy policy = policy_test::policy();
    CHECK(asked_about(ticket(), policy).empty());
    policy.denies = {deny_people({"id-bob", "x@acme.example"})};
    CHECK(asked_about(ticket(), policy).empty());
    Ticket hidden = ticket();
    hidden.beneficiary->email.reset();
    CHECK(asked_about(hidden, policy) == Texts{"id-jane"});
    policy.denies.push_back(deny_people({}, {"leavers"}));
    CHECK(asked_about(ticket(), policy) == Texts{"id-jane+groups"});
    CHECK(asked_about(hidden, policy) == Texts{"id-jane+groups"});
    policy.denies.back().application = "Okta";
    CHECK(asked_about(ticket(), policy).empty());
}

TEST_CASE("facts: the reporter is asked about where the rule says who may ask by group") {
    AccessRule by = rule();
    by.requesters.emplace();
    by.requesters->users = {"id-carol"};
    CHECK(asked_about(ticket(), policy_with(by)).empty());
    by.requesters->groups = {"staff"};
    CHECK(asked_about(ticket(), policy_with(by)) == Texts{"id-jane+groups"});
    by.approvers.groups = {"approvers"};
    Ticket other = ticket();
    other.approvals[0].answers = {answer(carol())};
    CHECK(asked_about(other, policy_with(by)) == Texts{"id-jane+groups", "id-carol+groups"});
    by.requesters->users.emplace_back("id-jane");
    CHECK(asked_about(other, policy_with(by)) == Texts{"id-carol+groups"});
}

TEST_CASE("facts: nobody is asked about for a ticket whose approval is not judged") {
    Policy policy = policy_test::policy();
    policy.denies = {deny_people({}, {"leavers"})};
    Ticket other = ticket();
    SUBCASE("elsewhere") {
        other.project_id = "999";
    }
    SUBCASE("in another status") {
        move(other, "503", at(20min), status::revoked);
    }
    SUBCASE("of another type") {
        other.request_type_id = "77";
    }
    SUBCASE("without approvals") {
        other.has_approvals = false;
    }
    CHECK(asked_about(other, policy).empty());
}

TEST_CASE("rules: one is found among many by exactly what it is for, the first of two") {
    RuleSet rules;
    for (int i = 0; i < 1000; ++i) {
        AccessRule one = rule();
        one.application = "App " + std::to_string(i % 10);
        one.access_type = "Type " + std::to_string(i / 10);
        one.hash = std::to_string(i);
        rules.push_back(one);
    }
    CHECK(rules.size() == 1000);
    for (const AccessRule& one : rules) {
        CHECK(rules.find(one.application, one.access_type) == &one);
    }
    AccessRule twin = rules[7];
    twin.hash = "twin";
    rules.push_back(twin);
    CHECK(rules.find("App 7", "Type 0")->hash == "7");
    CHECK(rules.find("App 7", "type 0") == nullptr);
    CHECK(rules.find("App 10", "Type 0") == nullptr);
    const RuleSet copy = rules;
    CHECK(copy.find("App 7", "Type 0") == &copy[7]);
}
