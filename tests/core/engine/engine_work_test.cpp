#include "tests/core/engine/engine_rig.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace accessd;
using namespace accessd::engine_test;
using namespace std::chrono_literals;

namespace {

/// Lets the sample ticket be granted and told.
void grant(EngineRig& rig) {
    rig.start();
    rig.run_for(1min);
    REQUIRE(rig.is_member());
    REQUIRE(rig.jira.messages.size() == 1);
}

void revoke(EngineRig& rig) {
    rig.move(rig.ticket(), policy_test::status::revoked);
    rig.run_for(20s);
    REQUIRE_FALSE(rig.is_member());
}

Error unknown_effect() {
    return transient("http.timeout").with_effect(Effect::unknown);
}

Error cancelled() {
    return transient("http.cancelled").with_effect(Effect::unknown);
}

} // namespace

TEST_CASE("work: what is approved for an application that is gone is parked, and the ticket says so") {
    EngineRig rig;
    rig.script.before = [&](const std::string& call) {
        if (call == "store.save") {
            rig.context().applications.clear();
        }
    };
    rig.start();
    rig.run_for(1min);
    CHECK(rig.stored()->phase == Phase::parked);
    CHECK(rig.stored()->reason_code == "application.unknown");
    CHECK(rig.jira.messages.size() == 1);
}

TEST_CASE("work: what cannot be found is parked, what may be found later is tried again") {
    for (const std::string call : {"vendor.find_account", "vendor.find_entitlement"}) {
        CAPTURE(call);
        EngineRig lasting;
        lasting.script.fail(call, permanent("entra.not_found"));
        lasting.start();
        lasting.run_for(1min);
        CHECK(lasting.stored()->phase == Phase::parked);
        CHECK(lasting.jira.messages.size() == 1);
        // About this request alone: the application is in order.
        CHECK(lasting.context().applications.at("Entra ID").trouble.empty());

        EngineRig passing;
        passing.script.fail(call, transient("entra.away"), 2);
        passing.start();
        passing.run_for(30min);
        CHECK(passing.is_member());
        CHECK(passing.audited("request.waiting") == 1);
    }
}

TEST_CASE("work: a call that was cancelled leaves all as it was") {
    for (const std::string call :
         {"vendor.find_account", "vendor.find_entitlement", "vendor.grant", "jira.tell"}) {
        CAPTURE(call);
        EngineRig rig;
        rig.script.fail(call, cancelled(), 1);
        rig.start();
        rig.run_for(5min);
        CHECK(rig.is_member());
        CHECK(rig.jira.messages.size() == 1);
        CHECK(rig.audited("request.waiting") + rig.audited("grant.failed") == 0);
    }
}

TEST_CASE("work: an entitlement is found once, however many need it and however often accessd starts") {
    EngineRig rig;
    rig.add_ticket("2001");
    rig.add_ticket("2002");
    rig.script.takes["vendor.find_entitlement"] = 2s;
    rig.start();
    rig.run_for(1min);
    CHECK(rig.jira.messages.size() == 3);
    rig.restart();
    rig.add_ticket("2003").updated_at = rig.world->now();
    rig.start();
    rig.run_for(1min);
    CHECK(rig.jira.messages.size() == 4);
    CHECK(rig.script.count("vendor.find_entitlement") == 1);
}

TEST_CASE("work: what was pinned is used although it cannot be read back") {
    EngineRig rig;
    rig.script.fail("store.pinned", transient("store.busy"), 1, 1);
    grant(rig);
    CHECK(rig.script.count("vendor.find_entitlement") == 1);
}

TEST_CASE("work: a grant of unknown outcome is made again until it is seen, and is ours") {
    EngineRig rig;
    rig.script.fail("vendor.grant", unknown_effect(), 1);
    // Reading back behind it fails, too.
    rig.script.fail("vendor.look", transient("entra.away"), 2);
    rig.script.before = [&](const std::string& call) {
        if (call == "vendor.grant") {
            rig.vendor->members.insert(EngineRig::key()); // it arrives all the same
        }
    };
    rig.start();
    rig.run_for(1h);
    CHECK(rig.stored()->phase == Phase::active);
    CHECK(rig.script.count("vendor.grant") > 1);
    CHECK(rig.stored_access().owned);
    CHECK(rig.jira.messages.size() == 1);
}

TEST_CASE("work: a call whose outcome could not be recorded, and that nothing repeats, is closed as unknown"
) {
    EngineRig rig;
    grant(rig);
    Ticket& other = rig.add_ticket("2001");
    other.updated_at = rig.world->now();
    rig.script.before = [&](const std::string& call) {
        if (call == "vendor.grant") {
            rig.script.before = nullptr;
            rig.script.fail("store.save", transient("store.busy"), 1);
            rig.move(other, policy_test::status::revoked);
        }
    };
    rig.run_for(40s);
    REQUIRE(rig.stored("2001")->phase == Phase::ended); // the sample ticket keeps the access
    REQUIRE(rig.stored_access().intent.has_value());
    rig.run_for(10min);
    CHECK_FALSE(rig.stored_access().intent.has_value());
    CHECK(rig.audited("grant.unknown") == 1);
    CHECK(rig.stored_access().desired);
    CHECK(rig.is_member());
}

TEST_CASE("work: a grant that was not recorded, and that its ticket's end did not reach, is looked for") {
    EngineRig rig;
    grant(rig);
    revoke(rig);
    Access left = rig.stored_access();
    left.intent = Intent(Operation::grant, "1042", rig.world->now());
    left.watch_at.reset();
    left.watch_stage = 0;
    rig.vendor->members.insert(EngineRig::key());
    rig.save(left);
    rig.run_for(20min);
    CHECK_FALSE(rig.is_member());
    CHECK_FALSE(rig.stored_access().intent.has_value());
    CHECK(rig.audited("grant.unknown") == 1);
    CHECK(rig.audited("revoke.late_grant") == 1);
}

TEST_CASE("work: a grant or revoke that cannot be read back is not taken for done") {
    EngineRig rig;
    rig.script.fail("vendor.look", transient("entra.away"), 1);
    rig.start();
    rig.run_for(3s);
    CHECK(rig.stored()->phase == Phase::granting);
    rig.run_for(5min);
    CHECK(rig.stored()->phase == Phase::active);
    CHECK(rig.jira.messages.size() == 1);

    rig.script.fail("vendor.look", transient("entra.away"), 1);
    rig.move(rig.ticket(), policy_test::status::revoked);
    rig.run_for(16s);
    CHECK(rig.stored()->phase == Phase::ending);
    rig.run_for(10min);
    CHECK(rig.stored()->phase == Phase::ended);
    CHECK(rig.jira.messages.size() == 2);
}

TEST_CASE("work: a reading is as old as it is, also when the clock is set back") {
    EngineRig rig;
    rig.context().settings.poll_interval = 10h;
    rig.context().settings.workers = 1;
    Ticket& other = rig.add_ticket("2001"); // read with the first, and held up by its pause
    const TimePoint until = rig.world->now() + 30s;
    rig.script.fail("vendor.grant", Error::throttled_until(until, "entra.throttled", "too many"), 1);
    rig.start();
    rig.run_for(10s);
    REQUIRE(rig.script.count("vendor.grant") == 1);
    for (Ticket* ticket : {&rig.ticket(), &other}) {
        rig.move(*ticket, policy_test::status::revoked); // unseen: the next poll is far away
    }
    rig.world->jump(-10min);
    rig.run_for(20min);
    CHECK(rig.script.count("vendor.grant") == 1);
    CHECK(rig.stored("2001")->phase == Phase::ended);
}

TEST_CASE("work: two paused systems go on each at its own time") {
    EngineRig rig;
    rig.connect("Other");
    rig.add_ticket("2001").application = "Other";
    rig.add_ticket("2002");
    rig.add_ticket("2003").application = "Other";
    const TimePoint first = rig.world->now() + 20min;
    const TimePoint second = rig.world->now() + 40min;
    int asked = 0;
    rig.script.before = [&](const std::string& call) {
        if (call == "vendor.find_account") {
            const TimePoint until = asked++ == 0 ? first : second;
            rig.script.fail(call, Error::throttled_until(until, "entra.throttled", "too many"), 1);
        }
    };
    rig.start();
    rig.run_for(15min);
    CHECK(asked == 2);
    CHECK(rig.jira.messages.empty());
    rig.script.before = nullptr;
    rig.run_for(15min);
    CHECK(rig.jira.messages.size() == 2);
    rig.run_for(30min);
    CHECK(rig.jira.messages.size() == 4);
}

TEST_CASE("told: a ticket that takes no message is given up after a hundred tries, and the audit says so") {
    EngineRig rig;
    rig.script.fail("jira.tell", permanent("jira.forbidden"));
    rig.start();
    rig.run_for(240h);
    CHECK(rig.script.count("jira.tell") == 100);
    CHECK(rig.audited("ticket.not_told") == 1);
    CHECK(rig.audited("ticket.told") == 0);
    CHECK(rig.is_member());
}

TEST_CASE(
    "told: a portal without comments is told by moves alone, and a move that is impossible is no failure"
) {
    EngineRig rig;
    rig.jira.portal.comments = Comments::none;
    rig.jira.moves = false;
    rig.start();
    rig.run_for(1h);
    REQUIRE(rig.jira.messages.size() == 1);
    CHECK(rig.jira.messages.front().lines.empty());
    CHECK(rig.jira.messages.front().move_to == policy_test::status::granted);
    CHECK(rig.script.count("jira.tell") == 1);
    CHECK(rig.audited("ticket.told") == 1);
}

TEST_CASE("told: what is said late, of an earlier state of the ticket, does not move it") {
    EngineRig rig;
    rig.jira.portal.failed_status = "10";
    rig.ticket().application = "Nowhere";
    rig.script.fail("jira.tell", transient());
    rig.start();
    rig.run_for(1min);
    REQUIRE(rig.stored()->phase == Phase::parked);
    rig.move(rig.ticket(), policy_test::status::revoked);
    rig.run_for(1min);
    rig.script.heal();
    rig.run_for(2h);
    CHECK(rig.jira.messages.size() == 1);
    CHECK(rig.jira.messages.front().move_to.empty());
}

TEST_CASE("told: what cannot be recorded as told ends the engine with the store") {
    EngineRig rig;
    rig.script.before = [&](const std::string& call) {
        if (call == "jira.tell") {
            rig.script.fail("store.save", permanent("store.io"));
        }
    };
    rig.start();
    rig.run_for(1min);
    CHECK(rig.ended_with() == "store.io");
    rig.script.before = nullptr;
    rig.script.heal();
    rig.restart();
    rig.start();
    rig.run_for(5min);
    CHECK(rig.jira.messages.size() == 1);
    CHECK(rig.audited("ticket.told") == 1);
}

TEST_CASE("watch: what lands after its revoke is taken away, however often that fails") {
    for (const std::string call : {"store.load_accesses", "store.save", "vendor.look", "vendor.revoke"}) {
        for (int after = 0; after < 2; ++after) {
            CAPTURE(call);
            CAPTURE(after);
            EngineRig rig;
            grant(rig);
            revoke(rig);
            rig.vendor->members.insert(EngineRig::key());
            rig.script.fail(
                call, transient(call.starts_with("store") ? "store.busy" : "entra.away"), 2, after
            );
            rig.run_for(4h);
            CHECK_FALSE(rig.is_member());
            CHECK_FALSE(rig.stored_access().watch_at.has_value());
            CHECK_FALSE(rig.stored_access().intent.has_value());
            // A revoke that was carried out and not recorded is known by what is seen later.
            CHECK(rig.audited("revoke.late_grant") + rig.audited("revoke.unknown") == 1);
        }
    }
}

TEST_CASE("watch: a lost store ends the engine before anything is revoked unrecorded") {
    for (const std::string call : {"store.load_accesses", "store.save"}) {
        CAPTURE(call);
        EngineRig rig;
        grant(rig);
        revoke(rig);
        rig.vendor->members.insert(EngineRig::key());
        rig.script.fail(call, permanent("store.io"));
        rig.run_for(5min);
        CHECK(rig.ended_with() == "store.io");
        CHECK(rig.is_member());
    }
}

TEST_CASE("watch: looks again when the system says so, and ends where account or entitlement are gone") {
    EngineRig rig;
    grant(rig);
    revoke(rig);
    const TimePoint until = rig.world->now() + 3h;
    rig.script.fail("vendor.look", Error::throttled_until(until, "entra.throttled", "too many"), 1);
    rig.run_for(2min);
    const int looks = rig.script.count("vendor.look");
    rig.run_for(2h + 50min);
    CHECK(rig.script.count("vendor.look") == looks);
    for (const std::string code : {"entra.account_gone", "entra.entitlement_gone"}) {
        CHECK(rig.stored_access().watch_at.has_value());
        rig.script.fail("vendor.look", permanent(code), 1);
        rig.run_for(code == "entra.account_gone" ? 15min : 2h);
    }
    rig.run_for(4h);
    CHECK_FALSE(rig.stored_access().watch_at.has_value());
    CHECK(rig.script.count("vendor.look") - looks <= 3);
}

TEST_CASE("watch: has nothing to do once the access is granted again, or its application gone") {
    EngineRig gone;
    grant(gone);
    revoke(gone);
    const int looks = gone.script.count("vendor.look");
    gone.restart();
    gone.context().applications.clear();
    gone.start();
    gone.run_for(5min);
    CHECK_FALSE(gone.stored_access().watch_at.has_value());
    CHECK(gone.script.count("vendor.look") == looks);

    EngineRig again;
    grant(again);
    revoke(again);
    Ticket& other = again.add_ticket("2001");
    other.updated_at = again.world->now();
    again.run_for(3h);
    CHECK(again.is_member());
    CHECK_FALSE(again.stored_access().watch_at.has_value());
    CHECK(again.audited("revoke.late_grant") == 0);
}

TEST_CASE("watch: is not begun any more when it is time to stop") {
    EngineRig rig;
    grant(rig);
    revoke(rig);
    const int looks = rig.script.count("vendor.look");
    bool due = false;
    rig.script.before = [&](const std::string& call) {
        if (call == "store.claim_due" && rig.stored_access().watch_at <= rig.world->now()) {
            due = true;
            rig.engine->stop();
        }
    };
    rig.run_for(5min);
    CHECK(due);
    CHECK(rig.ended_with().empty());
    CHECK(rig.script.count("vendor.look") == looks);
    CHECK(rig.stored_access().watch_at.has_value());
}

TEST_CASE("lease: its ticket is told a day before it ends, and not when it has ended meanwhile") {
    for (const bool silent : {false, true}) {
        CAPTURE(silent);
        EngineRig rig;
        AccessRule limited = policy_test::rule();
        limited.max_duration = 72h;
        rig.context().policy.rules = {limited};
        rig.context().settings.remind_before = 24h;
        rig.start();
        rig.run_for(47h);
        REQUIRE(rig.jira.messages.size() == 1);
        if (silent) {
            rig.script.fail("jira.tell", transient("test.away"));
        }
        rig.run_for(24h);
        CHECK(rig.jira.messages.size() == (silent ? 1 : 2));
        rig.run_for(2h);
        CHECK_FALSE(rig.is_member());
        rig.script.heal();
        rig.run_for(5h);
        CHECK(rig.jira.messages.size() == (silent ? 2 : 3));
        CHECK(rig.audited("ticket.not_told") == (silent ? 1 : 0));
    }
}
