#include "tests/core/engine/machine_rig.hpp"

#include <doctest/doctest.h>

using namespace accessd;
using namespace accessd::engine_test;
using namespace std::chrono_literals;

namespace {

const Written granted_well = written(Applied::changed, Holding::present);
const Written revoked_well = written(Applied::changed, Holding::absent);

void approve_removal(Rig& rig) {
    rig.approve(desk().removal);
    rig.resolve();
    REQUIRE(rig.state() == TargetState::ending);
}

} // namespace

TEST_CASE("removal: takes what accessd never granted, and says so once it is gone") {
    Rig rig;
    approve_removal(rig);
    CHECK(rig.request.phase == Phase::ending);
    CHECK_FALSE(rig.access().desired);
    rig.call(granted_well, revoked_well);
    CHECK(rig.state() == TargetState::gone);
    CHECK(rig.request.phase == Phase::ended);
    CHECK(rig.told(TellKind::removed));
    CHECK(rig.access().watch_at.has_value());
}

TEST_CASE("removal: takes what was there before accessd, too") {
    Rig rig;
    rig.access() = Access(key_of(users));
    rig.access().preexisting = true;
    approve_removal(rig);
    rig.must(Started());
    CHECK(rig.access().intent.has_value());
}

TEST_CASE("removal: takes nothing from under another ticket until its claim has ended") {
    Rig rig;
    rig.access() = Access(key_of(users));
    rig.access().desired = true;
    rig.others[key_of(users)]["1043"] = "ACC-43";
    approve_removal(rig);
    CHECK(rig.access().desired);
    CHECK(rig.access().barred_until == rig.request.approved_at);
    SUBCASE("it was older, and has ended") {
        rig.others.clear();
        rig.must(Started());
        CHECK_FALSE(rig.access().desired);
        CHECK(rig.access().intent.has_value());
    }
    SUBCASE("it was approved later, and stays") {
        rig.must(Started());
        CHECK(rig.state() == TargetState::kept);
        CHECK(rig.target().kept_because == "ACC-43");
        CHECK(rig.request.phase == Phase::ended);
        CHECK(rig.access().desired);
    }
}

TEST_CASE("superseded: a claim from before the removal ends, and its ticket is told by which") {
    for (const bool held : {false, true}) {
        CAPTURE(held);
        Rig rig;
        rig.approve();
        rig.resolve();
        if (held) {
            rig.call_well();
        }
        rig.access().barred_until = rig.request.approved_at;
        rig.must(Superseded({key_of(users)}, "ACC-9"));
        CHECK(rig.request.reason_code == "removed");
        CHECK(rig.request.reason == "by ACC-9");
        CHECK(rig.audited("request.superseded"));
        if (held) {
            CHECK(rig.state() == TargetState::ending);
            rig.call(granted_well, revoked_well);
        }
        CHECK(rig.state() == TargetState::gone);
        CHECK(rig.request.phase == Phase::ended);
        CHECK(rig.told(TellKind::removed));
    }
}

TEST_CASE("superseded: nothing happens to a claim that was approved later, or on something else") {
    Rig rig;
    rig.grant();
    CHECK(rig.step(Superseded({key_of(users)}, "ACC-9")).ignored);
    rig.access().barred_until = *rig.request.approved_at - 1ms;
    CHECK(rig.step(Superseded({key_of(users)}, "ACC-9")).ignored);
    rig.access().barred_until = rig.request.approved_at;
    CHECK(rig.step(Superseded({key_of(admins)}, "ACC-9")).ignored);
    CHECK(rig.state() == TargetState::held);
}

TEST_CASE("removal: an approval from before it that is seen later grants nothing") {
    Rig rig;
    rig.access() = Access(key_of(users));
    rig.access().barred_until = desk().decisions.at(&desk().approved).proof.approved_at;
    rig.approve();
    rig.resolve();
    CHECK(rig.state() == TargetState::refused);
    CHECK(rig.target().error_code == "request.removed_since");
    CHECK_FALSE(rig.access().desired);
    CHECK(rig.request.phase == Phase::parked);
    CHECK(rig.step(Started()).ignored);
    // A new approval brings it back.
    rig.approve(desk().reapproved);
    rig.resolve();
    CHECK(rig.state() == TargetState::wanted);
}
