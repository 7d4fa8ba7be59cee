#include "tests/core/engine/machine_rig.hpp"

#include <doctest/doctest.h>

#include <chrono>

using namespace accessd;
using namespace accessd::engine_test;
using namespace std::chrono_literals;

namespace {

const Result<Written> granted_well = written(Applied::changed, Holding::present);
const Result<Written> was_there = written(Applied::already_so, Holding::present);
const Result<Written> revoked_well = written(Applied::changed, Holding::absent);
const Result<Written> was_absent = written(Applied::already_so, Holding::absent);
const Result<Written> reply_lost = trouble(Fault::transient, Effect::unknown, "http.timeout");
const Result<Written> vendor_down = trouble(Fault::transient, Effect::none, "http.unavailable");
const Result<Written> refused = trouble(Fault::permanent, Effect::none, "entra.entitlement_gone");

bool due(const Rig& rig) {
    return !due_targets(rig.request, rig.now, rig.rules.hold_grants).empty();
}

} // namespace

TEST_CASE("machine: an approval becomes held access, told once, with a lease from the confirmed grant") {
    Rig rig;
    rig.approve();
    CHECK(rig.request.phase == Phase::resolving);
    CHECK(rig.audited("request.approved"));
    rig.resolve();
    CHECK(rig.request.phase == Phase::granting);
    rig.must(Started());
    CHECK(rig.audited("grant.intent"));
    rig.now += 3s;
    rig.must(Finished({rig.finish(users, Operation::grant, granted_well)}));
    CHECK(rig.request.phase == Phase::active);
    CHECK(rig.state() == TargetState::held);
    CHECK(rig.target().expires_at == rig.now + 24h);
    CHECK(rig.access().owned);
    CHECK(rig.audited("grant.done"));
    REQUIRE(rig.told(TellKind::granted));
    CHECK_FALSE(due(rig));
}

TEST_CASE("machine: a revoked request loses its access and says so") {
    Rig rig;
    rig.grant();
    rig.must(desk().end());
    CHECK(rig.request.phase == Phase::ending);
    CHECK(rig.audited("request.revoked"));
    CHECK(due(rig));
    rig.call_well();
    CHECK(rig.request.phase == Phase::ended);
    CHECK(rig.state() == TargetState::gone);
    CHECK_FALSE(rig.access().owned);
    CHECK(rig.told(TellKind::removed));
}

TEST_CASE("machine: a grant whose reply is lost and that is revoked then is watched for") {
    Rig rig;
    rig.approve();
    rig.resolve();
    rig.call(reply_lost, revoked_well);
    CHECK(rig.access().grant_uncertain);
    rig.must(desk().end());
    CHECK(rig.state() == TargetState::ending);
    rig.call(granted_well, was_absent);
    CHECK(rig.request.phase == Phase::ended);
    CHECK(rig.access().watch_stage == 1);
    CHECK(rig.access().watch_at == rig.now + 1min);
}

TEST_CASE("machine: a revoke while the grant is under way follows it, however it ends") {
    for (const Result<Written>& end : {granted_well, was_there, reply_lost}) {
        Rig rig;
        rig.rules.hold_grants = false;
        rig.approve();
        rig.resolve();
        rig.must(Started());
        const CallEnd grant = rig.finish(users, Operation::grant, end);
        rig.must(desk().end());
        CHECK(rig.state() == TargetState::ending);
        rig.must(Finished({grant}));
        CHECK(rig.state() == TargetState::ending);
        CHECK(due(rig));
    }
}

TEST_CASE("machine: a grant that was refused while it was revoked leaves nothing to do") {
    Rig rig;
    rig.approve();
    rig.resolve();
    rig.must(Started());
    const CallEnd grant = rig.finish(users, Operation::grant, vendor_down);
    rig.must(desk().end());
    rig.must(Finished({grant}));
    rig.must(Started());
    CHECK(rig.request.phase == Phase::ended);
    CHECK_FALSE(rig.access().intent.has_value());
}

TEST_CASE("machine: a revoke under way that is approved again ends in access") {
    Rig rig;
    rig.grant();
    rig.must(desk().end());
    rig.must(Started());
    const CallEnd revoke = rig.finish(users, Operation::revoke, revoked_well);
    rig.approve(desk().reapproved);
    CHECK(rig.state() == TargetState::ending);
    rig.must(Finished({revoke}));
    CHECK(rig.request.phase == Phase::resolving);
    rig.resolve();
    rig.call_well();
    CHECK(rig.request.phase == Phase::active);
    CHECK(rig.access().owned);
}

TEST_CASE("machine: re-approval with other entitlements adds, keeps and takes away") {
    Rig rig;
    rig.grant();
    rig.approve(desk().approved_other);
    CHECK(rig.state() == TargetState::held);
    rig.resolve({admins});
    CHECK(rig.state(users) == TargetState::ending);
    CHECK(rig.state(admins) == TargetState::wanted);
    rig.call_well();
    CHECK(rig.state(users) == TargetState::gone);
    CHECK(rig.state(admins) == TargetState::held);
    CHECK(rig.request.phase == Phase::active);
    CHECK(rig.target(admins).expires_at == rig.now + 48h);
}

TEST_CASE("machine: what an earlier approval still wanted is not granted before the new one is resolved") {
    Rig rig;
    rig.approve();
    rig.resolve();
    rig.call(vendor_down, revoked_well);
    rig.approve(desk().approved_other);
    rig.now += 1h;
    CHECK(rig.must(Started()).ignored);
    rig.resolve({admins});
    CHECK(rig.state(users) == TargetState::gone);
}

TEST_CASE("machine: a re-approval that cannot be resolved claims nothing that it does not hold") {
    Rig rig;
    rig.approve();
    rig.resolve();
    rig.call(vendor_down, revoked_well);
    rig.approve(desk().approved_other);
    rig.must(Unresolved(trouble(Fault::permanent, Effect::none, "entra.account_not_found")));
    CHECK(rig.request.phase == Phase::parked);
    CHECK(rig.told(TellKind::parked));
    CHECK(rig.state() == TargetState::gone);
    CHECK_FALSE(rig.access().desired);
}

TEST_CASE("machine: a re-approval that cannot be resolved stays parked when old access ends") {
    Rig rig;
    rig.grant();
    rig.approve(desk().approved_other);
    rig.must(Unresolved(trouble(Fault::permanent, Effect::none, "entra.account_not_found")));
    rig.now += 25h;
    rig.must(Woke());
    CHECK(rig.state() == TargetState::ending);
    rig.call_well();
    CHECK(rig.state() == TargetState::gone);
    CHECK(rig.request.phase == Phase::parked);
}

TEST_CASE("machine: moving a ticket out and back by the same approval does not make its lease longer") {
    Rig rig;
    rig.grant();
    const auto end = rig.target().expires_at;
    for (int times = 0; times < 3; ++times) {
        rig.now += 6h;
        rig.approve(desk().approved_again);
        rig.resolve();
        if (times == 1) {
            rig.approve(desk().approved_again); // once more before it is granted
            rig.resolve();
        }
        rig.call(was_there, revoked_well);
        REQUIRE(rig.state() == TargetState::held);
        CHECK(rig.target().expires_at <= *end + 6h);
    }
    CHECK(rig.target().expires_at == end);
    rig.approve(desk().reapproved);
    rig.resolve();
    rig.call(was_there, revoked_well);
    CHECK(rig.target().expires_at == rig.now + 24h);
}

TEST_CASE("machine: membership that was there before accessd is kept when the claim ends") {
    Rig rig;
    rig.approve();
    rig.resolve();
    rig.call(was_there, revoked_well);
    CHECK(rig.state() == TargetState::held);
    CHECK(rig.access().preexisting);
    rig.must(desk().end());
    CHECK(rig.state() == TargetState::kept);
    CHECK(rig.target().kept_because == "preexisting");
    CHECK(rig.request.phase == Phase::ended);
    CHECK_FALSE(rig.access().desired);
    CHECK(rig.told(TellKind::removed));
}

TEST_CASE("machine: membership that was there before goes too when the rule says so") {
    Rig rig;
    rig.approve();
    rig.resolve();
    rig.call(was_there, revoked_well);
    rig.request.revoke_preexisting = true;
    rig.must(desk().end());
    CHECK(rig.state() == TargetState::ending);
    rig.call_well();
    CHECK(rig.state() == TargetState::gone);
    CHECK_FALSE(rig.access().preexisting);
}

TEST_CASE("machine: what was removed by hand and granted anew is not what was there before") {
    Rig rig;
    rig.approve();
    rig.resolve();
    rig.call(was_there, revoked_well);
    rig.must(desk().end());
    REQUIRE(rig.state() == TargetState::kept);
    rig.approve(desk().reapproved);
    rig.resolve();
    rig.call(granted_well, revoked_well);
    CHECK(rig.access().owned);
    rig.must(desk().end());
    CHECK(rig.state() == TargetState::ending);
}

TEST_CASE("machine: a lease that will end is announced once, while it is held and long enough") {
    Rig rig;
    rig.rules.remind_before = 5h;
    rig.grant();
    const TimePoint ends = *rig.target().expires_at;
    REQUIRE(rig.target().remind_at == ends - 5h);
    REQUIRE(next_wake(rig.request) == ends - 5h);
    rig.now = ends - 5h - 1ms;
    CHECK(rig.step(Woke()).ignored);
    rig.now = ends - 5h;
    rig.must(Woke());
    CHECK(rig.told(TellKind::expiring));
    CHECK(rig.last.tells.front().lines.back().find("until") != std::string::npos);
    CHECK(rig.audited("lease.expiring"));
    CHECK(rig.state() == TargetState::held);
    CHECK(rig.step(Woke()).ignored);
    CHECK(next_wake(rig.request) == ends);
}

TEST_CASE("machine: whoever has just been told the end is not reminded of it") {
    for (const Duration before : {Duration(12h), Duration(0h)}) {
        Rig rig;
        rig.rules.remind_before = before;
        rig.grant();
        CHECK_FALSE(rig.target().remind_at.has_value());
    }
}

TEST_CASE("machine: what ends now is not announced to end") {
    Rig rig;
    rig.rules.remind_before = 5h;
    rig.grant();
    rig.now = *rig.target().expires_at + 1h;
    rig.must(Woke());
    CHECK_FALSE(rig.told(TellKind::expiring));
    CHECK(rig.state() == TargetState::ending);
}

TEST_CASE("machine: what vanished by hand while it was held, and was granted again, is accessd's own") {
    Rig rig;
    rig.approve();
    rig.resolve();
    rig.call(was_there, revoked_well);
    rig.approve(desk().reapproved);
    rig.resolve();
    rig.call(granted_well, revoked_well);
    CHECK_FALSE(rig.access().preexisting);
    rig.must(desk().end());
    CHECK(rig.state() == TargetState::ending);
}

TEST_CASE("machine: access that another ticket claims is kept, and goes with the last claim") {
    Rig rig;
    rig.grant();
    rig.others[key_of(users)]["1043"] = "ACC-43";
    SUBCASE("claimed before the end") {
        rig.must(desk().end());
        CHECK(rig.state() == TargetState::kept);
    }
    SUBCASE("claimed before the revoke was begun") {
        rig.others.clear();
        rig.must(desk().end());
        CHECK(rig.state() == TargetState::ending);
        rig.others[key_of(users)]["1043"] = "ACC-43";
        rig.access().desired = true;
        ++rig.access().generation;
        rig.must(Started());
        CHECK(rig.state() == TargetState::kept);
        CHECK_FALSE(rig.access().intent.has_value());
    }
    SUBCASE("claimed while the revoke failed") {
        rig.others.clear();
        rig.must(desk().end());
        rig.must(Started());
        rig.must(Finished(
            {rig.finish(users, Operation::revoke, trouble(Fault::transient, Effect::none, "x.away"))}
        ));
        REQUIRE(rig.target().wake_at.has_value());
        rig.now = *rig.target().wake_at;
        rig.others[key_of(users)]["1043"] = "ACC-43";
        rig.access().desired = true;
        ++rig.access().generation;
        rig.must(Started());
        CHECK_FALSE(next_wake(rig.request).has_value());
    }
    CHECK(rig.target().kept_because == "ACC-43");
    CHECK(rig.audited("lease.kept"));
    CHECK(rig.request.phase == Phase::ended);
    CHECK(rig.told(TellKind::removed));
    CHECK(rig.access().desired);
}

TEST_CASE("machine: two names of one entitlement are one target") {
    Rig rig;
    rig.approve();
    rig.resolve({users, Entitlement("g-users", "Users")});
    CHECK(rig.request.targets.size() == 1);
    rig.call_well();
    CHECK(rig.request.phase == Phase::active);
}
