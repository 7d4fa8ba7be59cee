#include "tests/core/engine/engine_rig.hpp"

#include <doctest/doctest.h>

#include <string>

// Rules that need more than the ticket: whom the finder asks Jira about, and what comes of the answer.
using namespace accessd;
using namespace accessd::engine_test;
using namespace std::chrono_literals;

namespace {

/// In Jira everybody is in the group "approvers".
DenyRule deny_group(const std::string& group) {
    DenyRule deny;
    deny.people.groups = {group};
    return deny;
}

std::string reason_code(EngineRig& rig) {
    const auto stored = rig.stored();
    return stored.has_value() ? stored->reason_code : "nothing";
}

} // namespace

TEST_CASE("rules: a beneficiary in a denied group is parked, told why, and never granted") {
    EngineRig rig;
    rig.context().policy.denies = {deny_group("approvers")};
    rig.start();
    rig.run_for(1h);
    CHECK(reason_code(rig) == "rule.denied");
    CHECK(rig.stored()->phase == Phase::parked);
    CHECK(rig.jira.messages.size() == 1);
    CHECK(rig.script.count("vendor.grant") == 0);
}

TEST_CASE("rules: a beneficiary who is in no denied group is granted") {
    EngineRig rig;
    rig.context().policy.denies = {deny_group("leavers")};
    rig.start();
    rig.run_for(1min);
    CHECK(rig.is_member());
    CHECK(rig.script.count("jira.groups_of") == 1);
}

TEST_CASE("rules: while Jira does not say who is in a denied group nothing is decided") {
    EngineRig rig;
    rig.context().policy.denies = {deny_group("leavers")};
    rig.script.fail("jira.groups_of", transient());
    rig.start();
    rig.run_for(5min);
    CHECK_FALSE(rig.stored().has_value());
    rig.script.heal();
    rig.run_for(1min);
    CHECK(rig.is_member());
}

TEST_CASE("rules: a beneficiary whom Jira does not know is not let past a denied group") {
    EngineRig rig;
    rig.context().policy.denies = {deny_group("leavers")};
    rig.script.fail("jira.person", permanent("jira.no_such_person"));
    rig.start();
    rig.run_for(5min);
    CHECK(reason_code(rig) == "rule.denied");
    CHECK_FALSE(rig.is_member());
}

TEST_CASE("rules: who may ask is looked up by group") {
    for (const std::string group : {"approvers", "staff"}) {
        CAPTURE(group);
        EngineRig rig;
        AccessRule rule = policy_test::rule();
        rule.requesters.emplace();
        rule.requesters->groups = {group};
        rig.context().policy.rules = {rule};
        rig.start();
        rig.run_for(5min);
        CHECK(rig.is_member() == (group == "approvers"));
        CHECK(reason_code(rig) == (group == "approvers" ? "" : "request.not_allowed"));
    }
}

TEST_CASE("rules: a reason that is filled in later is enough") {
    EngineRig rig;
    AccessRule rule = policy_test::rule();
    rule.require_reason = true;
    rig.context().policy.rules = {rule};
    rig.start();
    rig.run_for(5min);
    CHECK(reason_code(rig) == "request.reason_missing");
    CHECK_FALSE(rig.is_member());
    rig.ticket().reason = "on call";
    rig.ticket().updated_at = rig.world->now();
    rig.run_for(1min);
    CHECK(rig.is_member());
}

TEST_CASE("rules: a transition by an allowed approver is granted without approval records") {
    EngineRig rig;
    rig.jira.portal.evidence = EvidenceSource::transition;
    rig.ticket().approvals.clear();
    rig.ticket().has_approvals = false;
    SUBCASE("whose kind of account the changelog says") {}
    SUBCASE("whose kind of account Jira must be asked for") {
        rig.ticket().changes.back().author.type = AccountType::unknown;
    }
    rig.start();
    rig.run_for(1min);
    CHECK(rig.is_member());
}
