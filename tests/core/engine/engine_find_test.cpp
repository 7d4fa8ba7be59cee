#include "tests/core/engine/engine_rig.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace accessd;
using namespace accessd::engine_test;
using namespace std::chrono_literals;

namespace {

/// Lets the sample ticket be granted.
void grant(EngineRig& rig) {
    rig.start();
    rig.run_for(1min);
    REQUIRE(rig.is_member());
}

/// The approver's kind of account is not recorded, so that Jira must be asked.
void hide_kind_of_approver(Ticket& ticket) {
    ticket.approvals.front().answers.front().approver.type = AccountType::unknown;
}

AccessRule rule_with_group() {
    AccessRule rule = policy_test::rule();
    rule.approvers.groups = {"approvers"};
    return rule;
}

void approve_by(Ticket& ticket, const Person& approver) {
    ticket.approvals.front().answers.front().approver = approver;
    hide_kind_of_approver(ticket);
}

} // namespace

TEST_CASE("find: a search without end is broken off, and what it found counts all the same") {
    EngineRig rig;
    rig.jira.endless = true;
    rig.start();
    rig.run_for(10min);
    CHECK(rig.is_member());
    CHECK(rig.context().counters.polls == 0);
    CHECK(rig.context().counters.polls_failed > 0);
    rig.stop();
    test::SimWorld own;
    CHECK_FALSE(store_test::run(own, rig.disk->position())->has_value());
}

TEST_CASE("find: an old ticket that could not be judged at once is not passed over") {
    EngineRig rig;
    rig.context().settings.sweep_interval = 100h;
    Ticket& old = rig.add_ticket("2001");
    old.updated_at -= 72h;
    hide_kind_of_approver(old);
    rig.script.fail("jira.person", transient("jira.away"), 2);
    rig.start();
    rig.run_for(20min);
    CHECK(rig.stored("2001").has_value());
}

TEST_CASE("find: after a poll that failed the next comes sooner, and not later than usual") {
    EngineRig rig;
    rig.context().settings.poll_interval = 10min;
    rig.start();
    rig.run_for(1min);
    const auto polls = rig.context().counters.polls;
    rig.script.fail("jira.search", transient("jira.away"), 2);
    rig.run_for(9min + 30s);
    CHECK(rig.context().counters.polls_failed == 2);
    CHECK(rig.context().counters.polls > polls);
    rig.script.fail("jira.search", transient("jira.away"), Script::always);
    const int searches = rig.script.count("jira.search");
    rig.run_for(24h);
    CHECK(rig.script.count("jira.search") - searches >= 24 * 6);
}

TEST_CASE("find: what Jira cannot read in time is read in smaller parts, and in larger ones again") {
    EngineRig rig;
    for (int i = 0; i < 40; ++i) {
        rig.add_ticket(std::to_string(2000 + i));
    }
    rig.jira.most_read_in_time = 3;
    rig.start();
    rig.run_for(2min);
    CHECK(rig.jira.messages.size() == 41);
    CHECK(*std::max_element(rig.jira.reads.begin(), rig.jira.reads.end()) == 41);
    CHECK(rig.jira.reads.back() <= 5);
    rig.jira.most_read_in_time = 100;
    rig.jira.reads.clear();
    rig.run_for(15min); // the sweep reads all of them
    CHECK(*std::max_element(rig.jira.reads.begin(), rig.jira.reads.end()) > 10);
}

TEST_CASE("find: a Jira that cannot read one ticket in time is left until the next poll") {
    EngineRig rig;
    rig.jira.most_read_in_time = 0;
    rig.start();
    rig.run_for(10min);
    CHECK(rig.jira.reads.size() < 50);
    CHECK(rig.context().counters.polls_failed > 30);
    rig.jira.most_read_in_time = 100;
    rig.run_for(1min);
    CHECK(rig.is_member());
}

TEST_CASE("find: the search waits while more is decided than can be carried out") {
    EngineRig rig;
    rig.context().settings.workers = 2;
    rig.script.takes["vendor.find_account"] = 1s;
    for (int i = 0; i < 900; ++i) {
        rig.add_ticket(std::to_string(2000 + i));
    }
    rig.start();
    rig.run_for(10s);
    CHECK(rig.script.count("jira.search") < 9);
    rig.run_for(20s);
    rig.stop(); // also while it waits
    CHECK(rig.ended_with().empty());
    rig.restart();
    rig.script.takes.clear();
    rig.start();
    rig.run_for(1h);
    CHECK(rig.jira.messages.size() == 901);
}

TEST_CASE("find: polling waits as long as Jira asks for") {
    EngineRig rig;
    rig.start();
    rig.run_for(1min);
    const int before = rig.script.count("jira.search");
    const TimePoint until = rig.world->now() + 1h;
    rig.script.fail("jira.search", Error::throttled_until(until, "jira.throttled", "too many"), 1);
    rig.run_for(59min);
    CHECK(rig.script.count("jira.search") == before + 1);
    rig.run_for(2min);
    CHECK(rig.script.count("jira.search") > before + 1);
}

TEST_CASE("find: a rule for an application that is not connected makes nothing of a ticket") {
    EngineRig rig;
    AccessRule rule = policy_test::rule();
    rule.application = "Gone";
    rig.context().policy.rules.push_back(rule);
    rig.ticket().application = "Gone";
    rig.start();
    rig.run_for(5min);
    CHECK_FALSE(rig.stored().has_value());
    CHECK(rig.jira.messages.empty());
}

TEST_CASE("find: an address that the ticket hides is asked for until Jira says it") {
    EngineRig rig;
    rig.ticket().beneficiary->email.reset();
    rig.script.fail("jira.person", transient(), 3);
    rig.start();
    rig.run_for(5min);
    CHECK(rig.script.count("jira.person") == 4);
    CHECK(rig.is_member());
}

TEST_CASE("find: where there is nobody to grant to, the ticket is parked and says why") {
    for (const int kind : {0, 1, 2}) {
        CAPTURE(kind);
        EngineRig rig;
        rig.ticket().beneficiary->email.reset();
        if (kind == 0) {
            rig.ticket().beneficiary.reset();
        } else if (kind == 1) {
            rig.ticket().beneficiary->account_id.clear();
        } else {
            rig.script.fail("jira.person", permanent("jira.no_such_person"));
        }
        rig.start();
        rig.run_for(5min);
        REQUIRE(rig.stored().has_value());
        CHECK(rig.stored()->phase == Phase::parked);
        CHECK(rig.stored()->reason_code == (kind == 2 ? "jira.no_such_person" : "identity.no_beneficiary"));
        CHECK(rig.jira.messages.size() == 1);
        CHECK(rig.script.count("vendor.find_account") == 0);
    }
}

TEST_CASE("find: a revoke whose key cannot be loaded is decided again") {
    EngineRig rig;
    grant(rig);
    rig.script.fail("store.load_accesses", transient("store.busy"), 2);
    rig.move(rig.ticket(), policy_test::status::revoked);
    rig.run_for(2min);
    CHECK_FALSE(rig.is_member());
    CHECK(rig.audited("request.revoked") == 1);
}

TEST_CASE("find: a revoke that somebody else was faster than is decided on what is stored then") {
    EngineRig rig;
    grant(rig);
    rig.script.fail("store.save", transient("store.stale"), 1);
    rig.move(rig.ticket(), policy_test::status::revoked);
    rig.run_for(1min);
    CHECK_FALSE(rig.is_member());
    CHECK(rig.audited("request.revoked") == 1);
    CHECK(rig.stored()->phase == Phase::ended);
}

TEST_CASE("find: a ticket that is seen again is as it was") {
    EngineRig rig;
    grant(rig);
    rig.jira.unseen.insert("1042");
    rig.run_for(12min);
    REQUIRE(rig.stored()->vanished_at.has_value());
    rig.jira.unseen.clear();
    rig.script.fail("store.load_accesses", transient("store.busy"), 1);
    rig.run_for(25min);
    CHECK_FALSE(rig.stored()->vanished_at.has_value());
    CHECK(rig.stored()->phase == Phase::active);
    CHECK(rig.audited("ticket.reappeared") == 1);
    CHECK(rig.is_member());
}

TEST_CASE("find: when more than half of the tickets seem to be gone, none is believed to be") {
    for (const int gone : {10, 11}) {
        CAPTURE(gone);
        EngineRig rig;
        rig.context().settings.on_vanished = OnVanished::revoke;
        rig.context().settings.vanished_grace = 1h;
        rig.jira.tickets.clear();
        for (int i = 0; i < 20; ++i) {
            rig.add_ticket(std::to_string(2000 + i));
        }
        rig.start();
        rig.run_for(1min);
        for (int i = 0; i < gone; ++i) {
            rig.jira.unseen.insert(std::to_string(2000 + i));
        }
        rig.run_for(5h);
        CHECK(rig.audited("ticket.vanished") == (gone == 10 ? 10 : 0));
        CHECK(rig.audited("request.vanished") == (gone == 10 ? 10 : 0));
        CHECK(rig.stored("2000")->phase == (gone == 10 ? Phase::ended : Phase::active));
    }
}

TEST_CASE("find: a sweep that the store or Jira cuts short is made up for by the next") {
    for (const std::string call :
         {"store.live", "store.load", "store.load_accesses", "jira.read", "jira.search"}) {
        CAPTURE(call);
        EngineRig rig;
        grant(rig);
        rig.jira.unseen.insert("1042");
        int sweeps = 0;
        rig.script.before = [&](const std::string& name) {
            const bool searches = call == "jira.search";
            const bool now =
                name == (searches ? call : "store.live") && rig.world->now() >= policy_test::at(21min);
            if (now && sweeps++ == 0) {
                // Of two searches the first is the poll's; of two loads the first is the page's.
                rig.script.fail(call, transient("test.trouble"), 1, searches || call == "store.load" ? 1 : 0);
            }
        };
        rig.run_for(15min);
        CHECK(sweeps > 0);
        CHECK_FALSE(rig.stored()->vanished_at.has_value());
        rig.run_for(17min);
        CHECK(rig.stored()->vanished_at.has_value());
        CHECK(rig.audited("ticket.vanished") == 1);
    }
}

TEST_CASE("find: a lost store ends the engine also in the middle of a sweep") {
    for (const std::string call : {"store.live", "store.load", "store.load_accesses"}) {
        CAPTURE(call);
        EngineRig rig;
        grant(rig);
        rig.jira.unseen.insert("1042");
        rig.script.before = [&](const std::string& name) {
            if (name == "store.live") {
                rig.script.fail(call, permanent("store.io"), Script::always, call == "store.load" ? 1 : 0);
            }
        };
        rig.run_for(12min);
        CHECK(rig.ended_with() == "store.io");
    }
}

TEST_CASE("find: a position that cannot be stored is stored later, or ends the engine with the store") {
    EngineRig rig;
    rig.ticket().request_type_id = "another"; // only the position is stored
    rig.script.fail("store.save", transient("store.busy"), 2);
    rig.start();
    rig.run_for(1min);
    CHECK(rig.context().counters.polls_failed == 2);
    test::SimWorld own;
    CHECK(*store_test::run(own, rig.disk->position()) == rig.ticket().updated_at);
    rig.script.fail("store.save", permanent("store.io"));
    rig.ticket().updated_at = rig.world->now();
    rig.run_for(1min);
    CHECK(rig.ended_with() == "store.io");
}

TEST_CASE("dry run: says of every kind of decision what it would do, and does nothing") {
    EngineRig rig;
    rig.context().settings.dry_run = true;
    rig.add_ticket("2001").approvals.clear();
    rig.add_ticket("2002").application = "Nowhere";
    rig.move(rig.add_ticket("2003"), policy_test::status::revoked);
    rig.add_ticket("2004").beneficiary.reset();
    rig.start();
    rig.run_for(30min);
    CHECK(rig.script.count("store.save") == 0);
    CHECK(rig.script.count("vendor.find_account") == 0);
    CHECK(rig.jira.messages.empty());
    CHECK(rig.script.count("jira.read") < 10); // what was said is not said again
    rig.stop();
    CHECK(rig.ended_with().empty());
}

TEST_CASE("dry run: leaves alone what vanishes and what is due") {
    EngineRig rig;
    grant(rig);
    rig.restart();
    rig.context().settings.dry_run = true;
    rig.jira.unseen.insert("1042");
    const int saves = rig.script.count("store.save");
    rig.start();
    rig.run_for(1h);
    CHECK(rig.script.count("store.save") == saves);
    CHECK_FALSE(rig.stored()->vanished_at.has_value());
}

TEST_CASE("approver: one whom Jira does not know is none") {
    EngineRig rig;
    hide_kind_of_approver(rig.ticket());
    rig.script.fail("jira.person", permanent("jira.no_such_person"));
    rig.start();
    rig.run_for(5min);
    REQUIRE(rig.stored().has_value());
    CHECK(rig.stored()->phase == Phase::unproven);
    CHECK_FALSE(rig.is_member());
}

TEST_CASE("approver: while Jira does not answer, only the tickets that need the answer wait") {
    for (const std::string call : {"jira.person", "jira.groups_of"}) {
        CAPTURE(call);
        EngineRig rig;
        rig.context().policy.rules = {rule_with_group()};
        approve_by(rig.ticket(), policy_test::carol());
        approve_by(rig.add_ticket("2001"), policy_test::person("id-dave", "dave@acme.example"));
        rig.add_ticket("2002"); // by Bob, whom the rule names
        // Whoever is asked for first is answered.
        rig.script.fail(call, transient(), Script::always, 1);
        rig.start();
        rig.run_for(20s);
        CHECK(rig.stored("1042").has_value());
        CHECK_FALSE(rig.stored("2001").has_value());
        CHECK(rig.stored("2002").has_value());
        rig.script.heal();
        rig.run_for(1min);
        REQUIRE(rig.stored("2001").has_value());
        CHECK(rig.stored("2001")->phase == Phase::active);
    }
}

TEST_CASE("approver: after one trouble no other is asked for in the same read, nor when it is time to stop") {
    for (const bool stops : {false, true}) {
        CAPTURE(stops);
        EngineRig rig;
        approve_by(rig.ticket(), policy_test::carol());
        approve_by(rig.add_ticket("2001"), policy_test::person("id-dave", "dave@acme.example"));
        if (stops) {
            rig.script.before = [&](const std::string& call) {
                if (call == "jira.person") {
                    rig.engine->stop();
                }
            };
        } else {
            rig.script.fail("jira.person", transient());
        }
        rig.start();
        rig.run_for(10s);
        CHECK(rig.script.count("jira.person") == 1);
        CHECK_FALSE(rig.stored("2001").has_value());
    }
}

TEST_CASE(
    "approver: what Jira said is believed for half a minute, and one answer serves all tickets of a read"
) {
    EngineRig rig;
    rig.context().policy.rules = {rule_with_group()};
    approve_by(rig.ticket(), policy_test::carol());
    approve_by(rig.add_ticket("2001"), policy_test::carol());
    rig.start();
    rig.run_for(10s);
    approve_by(rig.add_ticket("2002"), policy_test::carol());
    rig.jira.tickets.at("2002").updated_at = rig.world->now();
    rig.run_for(10s);
    CHECK(rig.stored("2002").has_value());
    CHECK(rig.script.count("jira.person") == 1);
    rig.run_for(1min);
    approve_by(rig.add_ticket("2003"), policy_test::carol());
    rig.jira.tickets.at("2003").updated_at = rig.world->now();
    rig.run_for(1min);
    CHECK(rig.stored("2003").has_value());
    CHECK(rig.script.count("jira.person") == 2);
}
