#include "tests/core/engine/engine_rig.hpp"

#include <doctest/doctest.h>

using namespace accessd;
using namespace accessd::engine_test;
using namespace std::chrono_literals;

namespace {

const AccessKey viewer_key("Entra ID", "g-viewers", "a-jane@acme.example");

void add_viewer_rule(EngineRig& rig) {
    AccessRule viewer = policy_test::rule();
    viewer.access_type = "Viewer";
    viewer.groups = {"viewers"};
    rig.context().policy.rules.push_back(viewer);
}

/// A change to "Viewer", approved now.
Ticket& add_change(EngineRig& rig, const std::string& replaced_type) {
    Ticket& change = rig.add_ticket("3001");
    const TimePoint now = rig.world->now();
    change.request_type_id = "9";
    change.access_type = "Viewer";
    change.replaced_type = replaced_type;
    change.approvals.front().created_at = now - 2s;
    change.approvals.front().completed_at = now;
    change.changes.back().at = now;
    change.updated_at = now;
    return change;
}

} // namespace

TEST_CASE("change: replaces what another ticket brought, named or not, and both tickets hear of it") {
    for (const std::string replaced : {"User", ""}) {
        CAPTURE(replaced);
        EngineRig rig;
        add_viewer_rule(rig);
        rig.start();
        rig.run_for(1min);
        REQUIRE(rig.is_member());
        add_change(rig, replaced);
        rig.run_for(3min);
        CHECK_FALSE(rig.is_member());
        CHECK(rig.vendor->members.contains(viewer_key));
        CHECK(rig.stored("3001")->phase == Phase::active);
        CHECK(rig.stored()->phase == Phase::ended);
        CHECK(rig.stored()->reason_code == "removed");
        CHECK(rig.jira.messages.size() == 3);
        rig.run_for(3h);
        CHECK(rig.vendor->members.size() == 1);
    }
}

TEST_CASE("change: takes what it names from whoever put it there, and nothing that it does not name") {
    for (const std::string replaced : {"User", ""}) {
        CAPTURE(replaced);
        EngineRig rig;
        add_viewer_rule(rig);
        rig.jira.tickets.clear();
        rig.vendor->members.insert(EngineRig::key());
        add_change(rig, replaced);
        rig.start();
        rig.run_for(3min);
        CHECK(rig.vendor->members.contains(viewer_key));
        CHECK(rig.is_member() == replaced.empty());
        CHECK(rig.stored("3001")->phase == Phase::active);
    }
}

TEST_CASE("change: leaves no gap, and is done, however often the store or the system fails") {
    for (const std::string call :
         {"store.load",
          "store.save",
          "store.leases",
          "store.load_accesses",
          "vendor.grant",
          "vendor.revoke"}) {
        for (int after = 0; after < 5; ++after) {
            CAPTURE(call);
            CAPTURE(after);
            EngineRig rig;
            add_viewer_rule(rig);
            rig.start();
            rig.run_for(1min);
            REQUIRE(rig.is_member());
            rig.script.fail(call, transient("test.away"), 3, after);
            bool gap = false;
            rig.script.before = [&](const std::string&) {
                gap = gap || (!rig.is_member() && !rig.vendor->members.contains(viewer_key));
            };
            add_change(rig, after % 2 == 0 ? "User" : "");
            rig.run_for(4h);
            CHECK_FALSE(gap);
            CHECK_FALSE(rig.is_member());
            CHECK(rig.vendor->members.contains(viewer_key));
            CHECK(rig.stored("3001")->phase == Phase::active);
            CHECK(rig.stored()->phase == Phase::ended);
        }
    }
}

TEST_CASE("change: a killed daemon goes on with it after the restart") {
    EngineRig rig;
    add_viewer_rule(rig);
    rig.start();
    rig.run_for(1min);
    REQUIRE(rig.is_member());
    rig.script.fail("vendor.revoke", transient("test.away"));
    add_change(rig, "User");
    rig.run_for(1min);
    REQUIRE(rig.vendor->members.contains(viewer_key));
    REQUIRE(rig.is_member());
    rig.script.heal();
    rig.restart();
    add_viewer_rule(rig);
    rig.start();
    rig.run_for(1h);
    CHECK_FALSE(rig.is_member());
    CHECK(rig.stored("3001")->phase == Phase::active);
}

TEST_CASE("change: one that a new life completes is told at once, not a minute later") {
    EngineRig rig;
    add_viewer_rule(rig);
    rig.start();
    rig.run_for(1min);
    add_change(rig, "User");
    // It dies when the first of the two is held, and leaves the intent of the second.
    rig.script.fail("vendor.revoke", transient("http.cancelled").with_effect(Effect::unknown));
    rig.run_for(1min);
    REQUIRE(rig.vendor->members.contains(viewer_key));
    REQUIRE(rig.stored("3001")->phase == Phase::ending);
    rig.script.heal();
    rig.restart();
    add_viewer_rule(rig);
    rig.start();
    rig.run_for(10s);
    CHECK(rig.stored("3001")->phase == Phase::active);
    CHECK(rig.jira.messages.size() == 3);
}
