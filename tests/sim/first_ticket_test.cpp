#include "tests/sim/counting.hpp"
#include "tests/sim/world.hpp"

#include <doctest/doctest.h>

using namespace accessd;
using namespace accessd::test;
using namespace std::chrono_literals;

TEST_CASE("first ticket: an approved request becomes a membership, is told and moved once") {
    World world;
    const std::string ticket = world.raise();
    world.start();
    world.run_for(1min);
    CHECK_FALSE(world.is_member("jane@acme.example"));

    world.jsm("approve", {{"issue", ticket}, {"by", "bob@acme.example"}});
    REQUIRE(world.run_until([&] { return world.status_of(ticket) == "Access Granted"; }));
    CHECK(world.is_member("jane@acme.example"));
    world.run_for(2h);
    const auto comments = world.comments_of(ticket);
    REQUIRE(comments.size() == 1);
    CHECK(comments[0].find("Access granted to jane@acme.example") != std::string::npos);
    CHECK(world.writes() == 1);
    const auto audit = world.audit();
    CHECK(count(audit, "request.approved") == 1);
    CHECK(count(audit, "grant.intent") == 1);
    CHECK(count(audit, "grant.done") == 1);
    CHECK(count(audit, "ticket.told") == 1);
    CHECK(world.stop().has_value());
}

TEST_CASE("first ticket: a revoked request loses the membership and says so") {
    World world;
    const std::string ticket = world.raise();
    world.start();
    world.jsm("approve", {{"issue", ticket}, {"by", "bob@acme.example"}});
    REQUIRE(world.run_until([&] { return world.status_of(ticket) == "Access Granted"; }));
    world.jsm("move", {{"issue", ticket}, {"to", "Access Revoked"}, {"by", "carol@acme.example"}});
    REQUIRE(world.run_until([&] { return world.status_of(ticket) == "Access Removed"; }));
    CHECK_FALSE(world.is_member("jane@acme.example"));
    CHECK(world.comments_of(ticket).size() == 2);
    CHECK(world.stop().has_value());
}

TEST_CASE("first ticket: a status moved without approval grants nothing and is told once") {
    World world;
    const std::string ticket = world.raise();
    world.start();
    world.jsm("move", {{"issue", ticket}, {"to", "Approved by Manager"}, {"by", "jane@acme.example"}});
    REQUIRE(world.run_until([&] { return world.comments_of(ticket).size() == 1; }));
    world.run_for(1h);
    CHECK(world.comments_of(ticket).size() == 1);
    CHECK(world.writes() == 0);
    CHECK(world.vendors().calls("entra") == 0);
    CHECK(count(world.audit(), "request.unproven") == 1);
    CHECK(world.engine().context().counters.unproven == 1);
}

TEST_CASE("first ticket: an approval that comes after the complaint is carried out") {
    World world;
    const std::string ticket = world.raise();
    world.start();
    world.jsm("move", {{"issue", ticket}, {"to", "Approved by Manager"}, {"by", "jane@acme.example"}});
    REQUIRE(world.run_until([&] { return world.comments_of(ticket).size() == 1; }));
    world.jsm("move", {{"issue", ticket}, {"to", "Waiting for approval"}, {"by", "carol@acme.example"}});
    world.jsm("approve", {{"issue", ticket}, {"by", "bob@acme.example"}});
    REQUIRE(world.run_until([&] { return world.is_member("jane@acme.example"); }));
}

TEST_CASE("first ticket: nobody approves for themselves") {
    World world;
    const std::string ticket = world.raise({{"reporter", "bob@acme.example"}});
    world.start();
    world.jsm("approve", {{"issue", ticket}, {"by", "bob@acme.example"}});
    REQUIRE(world.run_until([&] { return world.comments_of(ticket).size() == 1; }));
    CHECK(world.comments_of(ticket)[0].find("proof.self_approval") != std::string::npos);
    CHECK(world.vendors().calls("entra") == 0);
}

TEST_CASE("crash: a reply lost to a crash loses nothing, and the call is made again without effect") {
    World world;
    const std::string ticket = world.raise();
    world.start();
    world.run_for(10s);
    world.fault(
        {{"vendor", "entra"}, {"method", "POST"}, {"path", "*batch"}, {"kind", "slow"}, {"delay_ms", 10000}}
    );
    world.jsm("approve", {{"issue", ticket}, {"by", "bob@acme.example"}});
    REQUIRE(world.run_until([&] { return world.is_member("jane@acme.example"); }));
    world.crash();
    world.heal();
    world.start();
    REQUIRE(world.run_until([&] { return world.status_of(ticket) == "Access Granted"; }));
    CHECK(world.entra("stats").at("adds").as_int64() == 1);
    CHECK(world.entra("stats").at("redundant_adds").as_int64() == 1);
    CHECK(world.comments_of(ticket).size() == 1);
}

TEST_CASE("revoke: wins over a grant whose reply was lost and which lands late") {
    World world;
    const std::string ticket = world.raise();
    world.start();
    world.run_for(10s);
    world.fault(
        {{"vendor", "entra"},
         {"method", "POST"},
         {"path", "*batch"},
         {"kind", "late_effect"},
         {"delay_ms", 180000},
         {"times", 1}}
    );
    world.jsm("approve", {{"issue", ticket}, {"by", "bob@acme.example"}});
    world.run_for(20s);
    world.jsm("move", {{"issue", ticket}, {"to", "Access Revoked"}, {"by", "carol@acme.example"}});
    world.run_for(2h);
    CHECK_FALSE(world.is_member("jane@acme.example"));
    CHECK(count(world.audit(), "revoke.done") == 1);
}

TEST_CASE("pre-existing: membership that was there before survives the revoke, and the ticket says so") {
    World world;
    world.entra("add_member", {{"group", "jira-software-users"}, {"user", "jane@acme.example"}});
    const std::string ticket = world.raise();
    world.start();
    world.jsm("approve", {{"issue", ticket}, {"by", "bob@acme.example"}});
    REQUIRE(world.run_until([&] { return world.status_of(ticket) == "Access Granted"; }));
    world.jsm("move", {{"issue", ticket}, {"to", "Access Revoked"}, {"by", "carol@acme.example"}});
    REQUIRE(world.run_until([&] { return world.status_of(ticket) == "Access Removed"; }));
    CHECK(world.is_member("jane@acme.example"));
    CHECK(world.comments_of(ticket).back().find("before accessd granted it") != std::string::npos);
}

TEST_CASE("simulation: a seed gives the same life of a ticket again, another seed another") {
    std::vector<std::uint64_t> steps;
    std::vector<std::vector<std::string>> audits;
    for (const std::uint64_t seed : {5U, 5U, 6U, 7U, 8U, 9U}) {
        World world(seed);
        std::vector<std::string> tickets;
        for (const char* person : {"jane@acme.example", "dave@acme.example", "hilda@acme.example"}) {
            tickets.push_back(world.raise({{"reporter", person}}));
        }
        world.start();
        for (const std::string& ticket : tickets) {
            world.jsm("approve", {{"issue", ticket}, {"by", "bob@acme.example"}});
        }
        world.run_for(1h);
        steps.push_back(world.sim().steps());
        audits.push_back(world.audit());
    }
    CHECK(steps[0] == steps[1]);
    CHECK(audits[0] == audits[1]);
    bool another = false;
    for (std::size_t i = 2; i < steps.size(); ++i) {
        another = another || steps[0] != steps[i] || audits[0] != audits[i];
        CHECK(audits[0].size() == audits[i].size());
    }
    CHECK(another);
}
