#include "tests/core/engine/engine_rig.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace accessd;
using namespace accessd::engine_test;
using namespace std::chrono_literals;

namespace {

/// Tickets of so many different people, all approved.
void add_people(EngineRig& rig, int count) {
    rig.jira.tickets.clear();
    for (int i = 0; i < count; ++i) {
        Ticket& ticket = rig.add_ticket(std::to_string(2000 + i));
        ticket.reporter.account_id = "id-" + std::to_string(i);
        ticket.reporter.email = "p" + std::to_string(i) + "@acme.example";
        ticket.beneficiary = ticket.reporter;
    }
}

void revoke_all(EngineRig& rig) {
    for (auto& [id, ticket] : rig.jira.tickets) {
        rig.move(ticket, policy_test::status::revoked);
    }
}

} // namespace

TEST_CASE("brake: grants beyond the limit are parked and say so, the others are made") {
    EngineRig rig;
    rig.context().settings.brake.grants_per_hour = 5;
    add_people(rig, 8);
    rig.start();
    rig.run_for(3h);
    CHECK(rig.vendor->members.size() == 5);
    int parked = 0;
    for (const auto& [id, ticket] : rig.jira.tickets) {
        const auto stored = rig.stored(id);
        parked += stored->phase == Phase::parked && stored->reason_code == "brake.grants" ? 1 : 0;
    }
    CHECK(parked == 3);
    CHECK(rig.jira.messages.size() == 8);
}

TEST_CASE("brake: revokes beyond the limit come later, and none is dropped") {
    EngineRig rig;
    rig.context().settings.brake.revokes_per_hour = 5;
    add_people(rig, 12);
    rig.start();
    rig.run_for(1min);
    REQUIRE(rig.vendor->members.size() == 12);
    revoke_all(rig);
    rig.run_for(10min);
    CHECK(rig.vendor->members.size() == 7);
    CHECK(rig.audited("revoke.delayed") == 7);
    rig.run_for(62min);
    CHECK(rig.vendor->members.size() == 2);
    rig.run_for(62min);
    CHECK(rig.vendor->members.empty());
}

TEST_CASE("brake: a restart does not loosen it") {
    EngineRig rig;
    rig.context().settings.brake.grants_per_hour = 5;
    rig.context().settings.brake.revokes_per_hour = 5;
    add_people(rig, 5);
    rig.start();
    rig.run_for(1min);
    REQUIRE(rig.vendor->members.size() == 5);
    rig.restart();
    rig.context().settings.brake.grants_per_hour = 5;
    rig.context().settings.brake.revokes_per_hour = 5;
    rig.start();
    rig.run_for(1min);
    Ticket& more = rig.add_ticket("3000");
    more.updated_at = rig.world->now();
    rig.run_for(2min);
    CHECK(rig.vendor->members.size() == 5);
    CHECK(rig.stored("3000")->reason_code == "brake.grants");
}

TEST_CASE("brake: what fails and is tried again is counted once") {
    EngineRig rig;
    rig.context().settings.brake.grants_per_hour = 2;
    rig.context().settings.brake.revokes_per_hour = 2;
    add_people(rig, 2);
    rig.script.fail("vendor.grant", transient("test.away"), 6);
    rig.start();
    rig.run_for(30min);
    REQUIRE(rig.vendor->members.size() == 2);
    rig.script.fail("vendor.revoke", transient("test.away"), 6);
    revoke_all(rig);
    rig.run_for(20min);
    CHECK(rig.vendor->members.empty());
    CHECK(rig.audited("revoke.delayed") == 0);
}
