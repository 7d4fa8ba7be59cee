#include "tests/core/engine/engine_rig.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace accessd;
using namespace accessd::engine_test;
using namespace std::chrono_literals;

namespace {

const AccessKey releaser_key("Entra ID", "g-releasers", "a-jane@acme.example");

/// "User" gives users, "Releaser" gives releasers, and nobody may have both.
void forbid_both(EngineRig& rig) {
    AccessRule releaser = policy_test::rule();
    releaser.access_type = "Releaser";
    releaser.groups = {"releasers"};
    rig.context().policy.rules.push_back(releaser);
    ConflictRule conflict;
    conflict.name = "Payments";
    conflict.sides.resize(2);
    conflict.sides[0].groups["Entra ID"] = {"users"};
    conflict.sides[1].groups["Entra ID"] = {"releasers"};
    rig.context().policy.conflicts = {conflict};
}

Ticket& add_releaser(EngineRig& rig) {
    Ticket& ticket = rig.add_ticket("2001");
    ticket.access_type = "Releaser";
    return ticket;
}

bool has_both(const EngineRig& rig) {
    return rig.is_member() && rig.vendor->members.contains(releaser_key);
}

} // namespace

TEST_CASE(
    "conflict: the second of two requests is parked, and its ticket says through which the other is held"
) {
    EngineRig rig;
    forbid_both(rig);
    rig.start();
    rig.run_for(1min);
    REQUIRE(rig.is_member());
    add_releaser(rig);
    rig.run_for(1min);
    CHECK_FALSE(has_both(rig));
    CHECK(rig.is_member());
    CHECK(rig.stored("2001")->phase == Phase::parked);
    CHECK(rig.stored("2001")->reason_code == "rule.conflict");
    CHECK(rig.stored("2001")->reason.find("through ACC-42") != std::string::npos);
    CHECK(rig.jira.messages.size() == 2);
}

TEST_CASE("conflict: of two requests at once one is granted, and never both, whatever fails") {
    for (const std::string call : {"", "store.save", "store.leases", "vendor.grant", "vendor.look"}) {
        for (int after = 0; after < 4; ++after) {
            CAPTURE(call);
            CAPTURE(after);
            EngineRig rig;
            forbid_both(rig);
            add_releaser(rig);
            rig.script.fail(call, transient("test.away"), 4, after);
            rig.start();
            rig.run_for(2h);
            CHECK_FALSE(has_both(rig));
            CHECK(rig.vendor->members.size() == 1);
        }
    }
}

TEST_CASE("conflict: what accessd did not grant counts, and a look that fails is no absence") {
    EngineRig rig;
    forbid_both(rig);
    rig.vendor->members.insert(releaser_key);
    rig.script.fail("vendor.look", transient("test.away"), 3);
    rig.start();
    rig.run_for(1min);
    CHECK_FALSE(rig.is_member());
    rig.run_for(1h);
    CHECK_FALSE(rig.is_member());
    CHECK(rig.stored()->reason_code == "rule.conflict");
    CHECK(rig.stored()->reason.find("outside accessd") != std::string::npos);
}

TEST_CASE("conflict: is looked for once more before the call, and a grant under way is not forgotten") {
    EngineRig rig;
    forbid_both(rig);
    rig.script.fail("vendor.grant", transient("test.away").with_effect(Effect::unknown), 1);
    rig.start();
    rig.run_for(100ms);
    REQUIRE(rig.script.count("vendor.grant") == 1);
    rig.vendor->members.insert(releaser_key); // by hand, between two tries
    rig.run_for(1h);
    CHECK_FALSE(rig.is_member());
    CHECK(rig.script.count("vendor.grant") == 1);
    CHECK(rig.stored()->phase == Phase::parked);
    CHECK(rig.stored()->targets.front().state == TargetState::refused);
    CHECK(rig.stored()->targets.front().error_code == "rule.conflict");
    // The call whose reply was lost is looked for.
    CHECK(rig.script.count("vendor.look") > 2);
}

TEST_CASE("conflict: holds up no removal and no revoke") {
    EngineRig rig;
    forbid_both(rig);
    rig.start();
    rig.run_for(1min);
    REQUIRE(rig.is_member());
    rig.vendor->members.insert(releaser_key);
    Ticket& removal = rig.add_ticket("3001");
    removal.request_type_id = "8";
    removal.approvals.front().created_at = rig.world->now() - 2s;
    removal.approvals.front().completed_at = rig.world->now();
    removal.changes.back().at = rig.world->now();
    removal.updated_at = rig.world->now();
    rig.run_for(2min);
    CHECK_FALSE(rig.is_member());
}

TEST_CASE("conflict: once the other access has ended, a new approval brings this one") {
    EngineRig rig;
    forbid_both(rig);
    rig.start();
    rig.run_for(1min);
    Ticket& other = add_releaser(rig);
    rig.run_for(1min);
    REQUIRE(rig.stored("2001")->phase == Phase::parked);
    rig.move(rig.ticket(), policy_test::status::revoked);
    rig.run_for(1min);
    REQUIRE_FALSE(rig.is_member());
    rig.move(other, policy_test::status::waiting);
    rig.run_for(1min);
    rig.move(other, policy_test::status::approved);
    rig.run_for(2min);
    CHECK(rig.vendor->members.contains(releaser_key));
}
