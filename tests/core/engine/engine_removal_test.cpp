#include "tests/core/engine/engine_rig.hpp"

#include <doctest/doctest.h>

using namespace accessd;
using namespace accessd::engine_test;
using namespace std::chrono_literals;

namespace {

/// A removal of what the sample ticket asks for, approved now.
Ticket& add_removal(EngineRig& rig, const std::string& issue_id) {
    Ticket& removal = rig.add_ticket(issue_id);
    removal.request_type_id = "8";
    const TimePoint now = rig.world->now();
    removal.approvals.front().created_at = now - 2s;
    removal.approvals.front().completed_at = now;
    removal.changes.back().at = now;
    removal.updated_at = now;
    return removal;
}

} // namespace

TEST_CASE("removal: ends what other tickets brought, and every ticket hears of it") {
    EngineRig rig;
    rig.add_ticket("2001");
    rig.start();
    rig.run_for(1min);
    REQUIRE(rig.is_member());
    REQUIRE(rig.jira.messages.size() == 2);
    add_removal(rig, "3001");
    rig.run_for(2min);
    CHECK_FALSE(rig.is_member());
    for (const std::string id : {"1042", "2001"}) {
        CAPTURE(id);
        CHECK(rig.stored(id)->phase == Phase::ended);
        CHECK(rig.stored(id)->reason_code == "removed");
    }
    CHECK(rig.stored("3001")->phase == Phase::ended);
    CHECK(rig.jira.messages.size() == 5);
    rig.run_for(3h);
    CHECK_FALSE(rig.is_member());
}

TEST_CASE("removal: takes membership that accessd did not bring") {
    EngineRig rig;
    rig.jira.tickets.clear();
    rig.vendor->members.insert(EngineRig::key());
    add_removal(rig, "3001");
    rig.start();
    rig.run_for(1min);
    CHECK_FALSE(rig.is_member());
    CHECK(rig.jira.messages.size() == 1);
}

TEST_CASE("removal: what is approved after it is granted, and stays") {
    EngineRig rig;
    rig.start();
    rig.run_for(1min);
    add_removal(rig, "3001");
    rig.run_for(1min);
    REQUIRE_FALSE(rig.is_member());
    Ticket& again = add_removal(rig, "4001");
    again.request_type_id = rig.ticket().request_type_id;
    rig.run_for(3h);
    CHECK(rig.is_member());
    CHECK(rig.stored("4001")->phase == Phase::active);
}

TEST_CASE("removal: is done however often the store or the system fails") {
    for (const std::string call : {"store.load", "store.save", "store.load_accesses", "vendor.revoke"}) {
        for (int after = 0; after < 4; ++after) {
            CAPTURE(call);
            CAPTURE(after);
            EngineRig rig;
            rig.start();
            rig.run_for(1min);
            REQUIRE(rig.is_member());
            rig.script.fail(call, transient("test.away"), 3, after);
            add_removal(rig, "3001");
            rig.run_for(4h);
            CHECK_FALSE(rig.is_member());
            CHECK(rig.stored()->phase == Phase::ended);
            CHECK(rig.stored("3001")->phase == Phase::ended);
            CHECK(rig.jira.messages.size() == 3);
        }
    }
}
