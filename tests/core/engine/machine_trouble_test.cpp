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

TEST_CASE("machine: partial failure parks, keeps what is held, and ends as a whole") {
    Rig rig;
    rig.approve(desk().approved_other);
    rig.resolve({users, admins});
    rig.must(Started());
    rig.must(Finished(
        {rig.finish(users, Operation::grant, granted_well), rig.finish(admins, Operation::grant, refused)}
    ));
    CHECK(rig.request.phase == Phase::parked);
    CHECK(rig.state(users) == TargetState::held);
    CHECK(rig.state(admins) == TargetState::refused);
    CHECK(rig.request.reason_code == "entra.entitlement_gone");
    REQUIRE(rig.told(TellKind::parked));
    CHECK(rig.last.tells[0].lines.size() == 3);
    rig.must(desk().end());
    CHECK(rig.state(users) == TargetState::ending);
    CHECK(rig.state(admins) == TargetState::gone);
    rig.call_well();
    CHECK(rig.request.phase == Phase::ended);
}

TEST_CASE("machine: one failing target does not hold up the others, and is audited once per kind of trouble"
) {
    Rig rig;
    rig.approve(desk().approved_other);
    rig.resolve({users, admins});
    rig.must(Started());
    rig.must(Finished(
        {rig.finish(users, Operation::grant, granted_well), rig.finish(admins, Operation::grant, vendor_down)}
    ));
    CHECK(rig.request.phase == Phase::granting);
    CHECK(rig.state(users) == TargetState::held);
    CHECK(rig.audited("grant.failed"));
    CHECK_FALSE(due(rig));
    rig.now += 15min;
    CHECK(due(rig));
    rig.call(vendor_down, revoked_well);
    CHECK_FALSE(rig.audited("grant.failed"));
    CHECK(rig.target(admins).attempts == 2);
    rig.now += 15min;
    rig.call(reply_lost, revoked_well);
    CHECK(rig.audited("grant.failed"));
}

TEST_CASE("machine: grants park after a day of failures, revokes never") {
    Rig rig;
    rig.approve();
    rig.resolve();
    rig.call(vendor_down, vendor_down);
    rig.now += 24h - 1ms;
    rig.call(vendor_down, vendor_down);
    CHECK(rig.request.phase == Phase::granting);
    rig.now += 15min;
    rig.call(vendor_down, vendor_down);
    CHECK(rig.request.phase == Phase::parked);
    CHECK(rig.told(TellKind::parked));

    Rig revoking;
    revoking.grant();
    revoking.must(desk().end());
    for (const Result<Written>& failure : {vendor_down, refused, reply_lost}) {
        for (int day = 0; day < 400; ++day) {
            revoking.now += 24h;
            REQUIRE(due(revoking));
            revoking.call(failure, failure);
            REQUIRE(revoking.state() == TargetState::ending);
            CHECK(*revoking.target().wake_at <= revoking.now + 15min);
        }
    }
    revoking.now += 24h;
    revoking.call_well();
    CHECK(revoking.request.phase == Phase::ended);
}

TEST_CASE("machine: throttling waits as told and does not count as an attempt") {
    Rig rig;
    rig.approve();
    rig.resolve();
    const Result<Written> later = Error::throttled_until(rig.now + 5min, "entra.throttled", "wait");
    rig.call(later, later);
    CHECK(rig.target().attempts == 0);
    CHECK(*rig.target().wake_at >= rig.now + 5min);
    CHECK(*rig.target().wake_at <= rig.now + 5min + 1s);
}

TEST_CASE("machine: a write that the vendor took but does not show is not believed, and asked for ever slower"
) {
    Rig rig;
    rig.approve();
    rig.resolve();
    const Result<Written> unseen = written(Applied::changed, Holding::absent);
    rig.call(unseen, unseen);
    CHECK(rig.state() == TargetState::wanted);
    CHECK(rig.target().error_code == "grant.not_visible");
    CHECK(rig.access().owned);
    CHECK(*rig.target().wake_at == rig.now + 5s);
    rig.now += 5s;
    rig.call_well();
    CHECK(rig.state() == TargetState::held);
    CHECK(rig.target().error_code.empty());

    rig.must(desk().end());
    Duration wait{};
    for (int tries = 0; tries < 20; ++tries) {
        const Result<Written> still_there =
            written(Applied::changed, tries % 2 == 0 ? std::optional(Holding::present) : std::nullopt);
        rig.call(still_there, still_there);
        REQUIRE(rig.state() == TargetState::ending);
        wait = *rig.target().wake_at - rig.now;
        CHECK(wait >= 5s);
        CHECK(wait <= 15min);
        rig.now += wait;
    }
    CHECK(wait >= 7min);
}

TEST_CASE("machine: a lease that runs out ends its access") {
    Rig rig;
    rig.grant();
    CHECK(next_wake(rig.request) == rig.target().expires_at);
    rig.now = *rig.target().expires_at - 1ms;
    CHECK(rig.must(Woke()).ignored);
    rig.now += 1ms;
    rig.must(Woke());
    CHECK(rig.request.phase == Phase::ending);
    CHECK(rig.request.reason_code == "expired");
    CHECK(rig.audited("request.expired"));
    CHECK(rig.must(Woke()).ignored);
    rig.call_well();
    CHECK(rig.request.phase == Phase::ended);
    CHECK(rig.request.reason_code == "expired");
}

TEST_CASE("machine: while the disk is full no grant is begun, revokes go on") {
    Rig rig;
    rig.approve(desk().approved_other);
    rig.resolve({users, admins});
    rig.rules.hold_grants = true;
    CHECK(rig.must(Started()).ignored);
    rig.rules.hold_grants = false;
    rig.call_well();
    rig.must(desk().end());
    rig.rules.hold_grants = true;
    rig.call_well();
    CHECK(rig.request.phase == Phase::ended);
}

TEST_CASE("machine: doubt ends every claim, keeps its phase while the revokes go on, and is told once") {
    for (const Phase phase : {Phase::unproven, Phase::parked}) {
        Rig rig;
        rig.grant();
        rig.must(desk().doubt(phase));
        CHECK(rig.request.phase == phase);
        CHECK(rig.state() == TargetState::ending);
        CHECK(rig.told(phase == Phase::parked ? TellKind::parked : TellKind::unproven));
        CHECK(rig.request.evidence.empty());
        CHECK(next_wake(rig.request) <= rig.now); // a restart finds it
        rig.must(desk().doubt(phase));
        CHECK(rig.last.tells.empty());
        CHECK(rig.last.audit.empty());
        rig.call(vendor_down, vendor_down);
        CHECK(rig.request.phase == phase);
        rig.now += 15min;
        rig.call_well();
        CHECK(rig.state() == TargetState::gone);
        CHECK(rig.request.phase == phase);
    }
}

TEST_CASE("machine: a doubted request that is revoked while its access still has to go ends properly") {
    Rig rig;
    rig.grant();
    rig.must(desk().doubt(Phase::unproven));
    rig.must(desk().end());
    CHECK(rig.request.phase == Phase::ending);
    rig.call_well();
    CHECK(rig.request.phase == Phase::ended);
    CHECK(rig.told(TellKind::removed));
}

TEST_CASE("machine: a doubted request that never had access ends without a comment") {
    Rig rig;
    rig.must(desk().doubt(Phase::unproven));
    rig.must(desk().end("denied"));
    CHECK(rig.request.phase == Phase::ended);
    CHECK(rig.audited("request.denied"));
    CHECK(rig.last.tells.empty());
}

TEST_CASE("machine: a doubted request that is proven later is granted") {
    Rig rig;
    rig.must(desk().doubt(Phase::unproven));
    rig.grant();
    CHECK(rig.request.phase == Phase::active);
    CHECK(rig.request.reason_code.empty());
}

TEST_CASE("machine: a vanished ticket parks after its grace and goes on when it is seen again") {
    Rig rig;
    rig.approve(desk().approved_other);
    rig.resolve({users, admins});
    rig.must(Started());
    rig.must(Finished(
        {rig.finish(users, Operation::grant, granted_well), rig.finish(admins, Operation::grant, vendor_down)}
    ));
    const Event vanished = Vanished(OnVanished::park, 24h);
    rig.must(vanished);
    CHECK(rig.audited("ticket.vanished"));
    CHECK(rig.request.phase == Phase::granting);
    rig.now += 23h;
    CHECK_FALSE(due(rig)); // no grant for a ticket that nobody can see
    CHECK(rig.must(vanished).ignored);
    rig.now += 1h;
    rig.must(vanished);
    CHECK(rig.request.phase == Phase::parked);
    CHECK(rig.audited("request.parked"));
    CHECK(rig.state(users) == TargetState::held);
    CHECK(rig.must(vanished).ignored);
    rig.must(Reappeared());
    CHECK(rig.audited("ticket.reappeared"));
    CHECK(rig.request.phase == Phase::granting);
    CHECK(rig.must(Reappeared()).ignored);
    rig.call_well();
    CHECK(rig.request.phase == Phase::active);
}

TEST_CASE("machine: a vanished ticket is revoked after its grace where that is wanted") {
    Rig rig;
    rig.grant();
    const Event vanished = Vanished(OnVanished::revoke, 1h);
    rig.must(vanished);
    rig.now += 1h;
    rig.must(vanished);
    CHECK(rig.request.phase == Phase::ending);
    CHECK(rig.audited("request.vanished"));
    CHECK(due(rig));
    rig.call_well();
    CHECK(rig.request.phase == Phase::ended);
}

TEST_CASE("machine: a parked vanished ticket's lease still runs out, and its revoke is found after a restart"
) {
    Rig rig;
    rig.grant();
    const Event vanished = Vanished(OnVanished::park, 1h);
    rig.must(vanished);
    rig.now += 1h;
    rig.must(vanished);
    REQUIRE(rig.request.phase == Phase::parked);
    rig.now += 24h;
    rig.must(Woke());
    CHECK(next_wake(rig.request) <= rig.now);
    rig.call_well();
    CHECK(rig.state() == TargetState::gone);
}

TEST_CASE("machine: a ticket that vanishes while its access has to go does not stop that") {
    Rig rig;
    rig.grant();
    rig.must(desk().end());
    CHECK(rig.must(Vanished(OnVanished::park, 0h)).ignored);
    rig.call_well();
    CHECK(rig.request.phase == Phase::ended);
}

TEST_CASE("machine: a vanished ticket that is seen to be revoked is revoked") {
    Rig rig;
    rig.grant();
    const Event vanished = Vanished(OnVanished::park, 0h);
    rig.must(vanished);
    rig.must(vanished);
    rig.must(desk().end());
    CHECK(rig.request.phase == Phase::ending);
    CHECK_FALSE(rig.request.vanished_at.has_value());
    rig.call_well();
    CHECK(rig.request.phase == Phase::ended);
}

TEST_CASE("machine: outcomes of an older generation neither complete nor delay the present operation") {
    Rig rig;
    rig.approve();
    rig.resolve();
    rig.must(Started());
    const CallEnd late_grant = rig.finish(users, Operation::grant, granted_well);
    const CallEnd late_failure = rig.finish(users, Operation::grant, refused);
    rig.must(desk().end());
    rig.approve(desk().reapproved);
    rig.resolve();
    REQUIRE(rig.state() == TargetState::wanted);
    rig.must(Finished({late_failure}));
    CHECK(rig.state() == TargetState::wanted);
    CHECK(rig.target().error_code.empty());
    rig.must(Finished({late_grant}));
    CHECK(rig.state() == TargetState::wanted);
    CHECK(rig.access().owned); // but it is noted that something may be there
    CHECK(due(rig));

    rig.call_well();
    rig.must(desk().end());
    rig.must(Started());
    const CallEnd late_revoke = rig.finish(users, Operation::revoke, revoked_well);
    rig.approve(desk().approved_again);
    rig.call(granted_well, vendor_down);
    rig.resolve();
    rig.call_well();
    REQUIRE(rig.state() == TargetState::held);
    rig.must(desk().end());
    rig.must(Finished({late_revoke}));
    CHECK(rig.state() == TargetState::ending);
    CHECK(rig.access().owned);
}

TEST_CASE("machine: an intent without an outcome makes the next grant uncertain, not lost") {
    Rig rig;
    rig.approve();
    rig.resolve();
    rig.must(Started()); // and the process dies
    rig.must(Started());
    CHECK(rig.audited("grant.unknown"));
    CHECK(rig.access().grant_uncertain);
    rig.must(Finished({rig.finish(users, Operation::grant, was_there)}));
    CHECK(rig.access().owned);
    CHECK_FALSE(rig.access().preexisting);
    rig.must(desk().end());
    CHECK(rig.state() == TargetState::ending);
}

TEST_CASE("machine: what a second carrying out of a grant brought back is ours, not somebody else's") {
    Rig rig;
    rig.grant();
    rig.must(desk().end());
    rig.call_well();
    REQUIRE(rig.state() == TargetState::gone);
    rig.approve(desk().reapproved);
    rig.resolve();
    rig.call(was_there, revoked_well);
    CHECK(rig.access().owned);
    rig.must(desk().end());
    CHECK(rig.state() == TargetState::ending);
}

TEST_CASE("machine: an intent without an outcome is revoked when its claim ends") {
    Rig rig;
    rig.approve();
    rig.resolve();
    rig.must(Started()); // and the process dies
    rig.must(desk().end());
    CHECK(rig.state() == TargetState::ending);
    rig.call(granted_well, was_absent);
    CHECK(rig.state() == TargetState::gone);
    CHECK(rig.access().watch_at.has_value());
}

TEST_CASE("machine: looking up the account is tried again, said once, and parks after a day or for good") {
    Rig rig;
    rig.approve();
    const Event down = Unresolved(trouble(Fault::transient, Effect::none, "http.unavailable"));
    rig.must(down);
    CHECK(rig.audited("request.waiting"));
    CHECK(rig.request.phase == Phase::resolving);
    CHECK(*rig.request.wake_at > rig.now);
    rig.now += 1h;
    CHECK(rig.must(down).audit.empty());
    CHECK(rig.request.attempts == 2);
    rig.now += 24h;
    rig.must(down);
    CHECK(rig.request.phase == Phase::parked);
    CHECK_FALSE(rig.request.wake_at.has_value());
    CHECK(rig.told(TellKind::parked));

    Rig hopeless;
    hopeless.approve();
    hopeless.must(Unresolved(trouble(Fault::permanent, Effect::none, "entra.account_guest")));
    CHECK(hopeless.request.phase == Phase::parked);
    CHECK(hopeless.request.reason_code == "entra.account_guest");
}

TEST_CASE("machine: outcomes of keys that nobody knows change nothing") {
    Rig rig;
    rig.grant();
    const std::string before = describe(rig.load(Woke()));
    rig.must(Finished({CallEnd(AccessKey("x", "y", "z"), Operation::revoke, 1, revoked_well)}));
    rig.must(Finished({}));
    CHECK(describe(rig.load(Woke())) == before);
    CHECK(rig.last.tells.empty());
}
