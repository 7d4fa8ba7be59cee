#include "core/engine/own_moves.hpp"
#include "tests/core/engine/engine_rig.hpp"

#include <doctest/doctest.h>

using namespace accessd;
using namespace accessd::engine_test;
using namespace std::chrono_literals;

TEST_CASE("own moves: count from their beginning to some minutes after their end") {
    const SteadyPoint start(1h);
    OwnMoves moves;
    CHECK_FALSE(moves.any_since("1042", start));
    moves.begin("1042");
    moves.begin("1042");
    CHECK(moves.any_since("1042", start + 1h));
    CHECK_FALSE(moves.any_since("1043", start));
    moves.end("1042", start + 1min);
    CHECK(moves.any_since("1042", start + 1h)); // the other one is under way
    moves.end("1042", start + 2min);
    CHECK(moves.any_since("1042", start + 2min));
    CHECK_FALSE(moves.any_since("1042", start + 2min + 1ms));
}

TEST_CASE("own moves: old ones are forgotten, those under way are not") {
    const SteadyPoint start(1h);
    OwnMoves moves;
    moves.begin("under way");
    for (int i = 0; i < 1000; ++i) {
        moves.begin(std::to_string(i));
        moves.end(std::to_string(i), start);
    }
    moves.begin("late");
    moves.end("late", start + 1h);
    CHECK_FALSE(moves.any_since("7", start));
    CHECK(moves.any_since("late", start));
    CHECK(moves.any_since("under way", start + 2h));
}

TEST_CASE("find: what was read while a message of ours moved the ticket is not acted on") {
    EngineRig rig;
    rig.context().settings.poll_interval = 10h;
    const auto poll_and_run = [&](Duration how_long) {
        rig.context().poll_now.notify();
        rig.run_for(how_long);
    };
    rig.start();
    rig.run_for(1min);
    REQUIRE(rig.is_member());
    Ticket& ticket = rig.ticket();
    rig.move(ticket, policy_test::status::revoked);
    rig.script.takes["jira.tell"] = 40s;
    poll_and_run(20s);
    REQUIRE_FALSE(rig.is_member());
    // Approved again while "removed" is on its way, and read before that arrives.
    rig.move(ticket, policy_test::status::waiting);
    rig.run_for(1s);
    const TimePoint now = rig.world->now();
    ticket.approvals.push_back(policy_test::approval("2", now, now + 1s));
    rig.run_for(1s);
    rig.move(ticket, policy_test::status::approved);
    poll_and_run(5s);
    REQUIRE(rig.jira.messages.size() == 1);
    rig.move(ticket, policy_test::status::removed, policy_test::person("id-accessd", ""));
    rig.run_for(5min);
    CHECK(rig.script.count("vendor.grant") == 1);
    poll_and_run(1min);
    CHECK(rig.script.count("vendor.grant") == 1);
    CHECK(rig.stored()->reason_code == "ticket.overtaken");
}
