#include "tests/core/engine/machine_rig.hpp"

#include <doctest/doctest.h>

using namespace accessd;
using namespace accessd::engine_test;
using namespace std::chrono_literals;

namespace {

const Written granted_well = written(Applied::changed, Holding::present);
const Written revoked_well = written(Applied::changed, Holding::absent);

/// A change from users to viewers, about to be carried out.
void approve_change(Rig& rig) {
    rig.approve(desk().level_change);
    rig.resolve_change({viewers}, {users});
    REQUIRE(rig.state(viewers) == TargetState::wanted);
    REQUIRE(rig.state(users) == TargetState::leaving);
}

} // namespace

TEST_CASE("change: what goes is not touched before what comes is seen") {
    Rig rig;
    rig.access().desired = true;
    rig.others[key_of(users)]["1043"] = "ACC-43";
    approve_change(rig);
    CHECK(rig.request.phase == Phase::granting);
    rig.call(written(Applied::changed, Holding::absent), revoked_well);
    CHECK(rig.state(users) == TargetState::leaving);
    CHECK_FALSE(rig.access().barred_until.has_value());
    CHECK_FALSE(rig.audited("revoke.intent"));
}

TEST_CASE("change: is told when the old is gone and the new is held") {
    Rig rig;
    approve_change(rig);
    rig.call_well();
    CHECK(rig.state(viewers) == TargetState::held);
    CHECK(rig.state(users) == TargetState::ending);
    CHECK(rig.request.phase == Phase::ending);
    CHECK_FALSE(rig.told(TellKind::granted));
    CHECK(rig.access().barred_until == rig.request.approved_at);
    rig.call_well();
    CHECK(rig.state(users) == TargetState::gone);
    CHECK(rig.request.phase == Phase::active);
    REQUIRE(rig.told(TellKind::granted));
    const std::vector<std::string>& lines = rig.last.tells.front().lines;
    CHECK(lines.front() == "Access of jane@acme.example changed, approved by bob@acme.example.");
    CHECK(lines[1].find("granted") != std::string::npos);
    CHECK(lines[2].find("removed") != std::string::npos);
}

TEST_CASE("change: keeps the old when the new is refused, and says so") {
    Rig rig;
    approve_change(rig);
    rig.call(trouble(Fault::permanent), revoked_well);
    CHECK(rig.request.phase == Phase::parked);
    CHECK(rig.state(users) == TargetState::leaving);
    REQUIRE(rig.told(TellKind::parked));
    CHECK(rig.last.tells.front().lines.back().find("stays until") != std::string::npos);
    CHECK_FALSE(rig.access().barred_until.has_value());
}

TEST_CASE("change: takes nothing when it is revoked before the new came") {
    Rig rig;
    approve_change(rig);
    rig.must(desk().end());
    CHECK(rig.state(users) == TargetState::kept);
    CHECK(rig.target(users).kept_because == "not_replaced");
    CHECK_FALSE(rig.access().barred_until.has_value());
    CHECK(rig.request.phase == Phase::ended);
}

TEST_CASE("change: revoked while the old goes, both go") {
    Rig rig;
    approve_change(rig);
    rig.call_well();
    rig.must(desk().end());
    CHECK(rig.state(viewers) == TargetState::ending);
    CHECK(rig.state(users) == TargetState::ending);
    rig.call_well();
    CHECK(rig.request.phase == Phase::ended);
}

TEST_CASE("change: takes what was there before accessd when the ticket names it, else it stays") {
    for (const bool named : {true, false}) {
        CAPTURE(named);
        Rig rig;
        rig.access() = Access(key_of(users));
        rig.access().preexisting = true;
        rig.approve(named ? desk().level_change : desk().lease_change);
        rig.resolve_change({viewers}, {users});
        rig.call_well();
        rig.must(Started());
        CHECK(rig.access().intent.has_value() == named);
        CHECK((rig.state(users) == TargetState::kept) == !named);
    }
}

TEST_CASE("change: what both access types give stays") {
    Rig rig;
    rig.approve(desk().level_change);
    rig.resolve_change({viewers, users}, {users});
    CHECK(rig.request.targets.size() == 2);
    rig.call_well();
    CHECK(rig.request.phase == Phase::active);
    CHECK(rig.state(users) == TargetState::held);
}

TEST_CASE("change: what another ticket was granted since stays") {
    Rig rig;
    approve_change(rig);
    rig.call_well();
    rig.others[key_of(users)]["1043"] = "ACC-43";
    rig.access().desired = true;
    rig.must(Started());
    CHECK(rig.state(users) == TargetState::kept);
    CHECK(rig.target(users).kept_because == "ACC-43");
    CHECK(rig.request.phase == Phase::active);
    CHECK(rig.told(TellKind::granted));
}

TEST_CASE("change: approved anew, its old plan is replaced by the new one") {
    Rig rig;
    approve_change(rig);
    rig.approve(desk().level_change);
    rig.resolve_change({viewers}, {admins});
    CHECK(rig.request.targets.size() == 2);
    CHECK(rig.state(admins) == TargetState::leaving);
}
