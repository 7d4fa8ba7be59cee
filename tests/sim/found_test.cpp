#include "tests/sim/counting.hpp"
#include "tests/sim/world.hpp"

#include <doctest/doctest.h>

// What the simulation found, each as the shortest story that shows it.
using namespace accessd;
using namespace accessd::test;
using namespace std::chrono_literals;

namespace {

bool granted(World& world, const std::string& ticket) {
    return world.run_until([&] { return world.status_of(ticket) == "Access Granted"; });
}

AccessRule rule(std::string access_type, std::string group) {
    AccessRule rule;
    rule.application = "Entra ID";
    rule.access_type = std::move(access_type);
    rule.groups = {std::move(group)};
    rule.hash = "0000000000000003";
    return rule;
}

} // namespace

TEST_CASE("approver: who was looked up for a rule without groups is asked for groups when another needs them"
) {
    World world;
    world.prepare = [](EngineContext& context) {
        AccessRule by_name = rule("ByName", "confluence-users");
        by_name.approvers.users = {"carol@acme.example"};
        AccessRule by_group = rule("ByGroup", "jira-software-users");
        by_group.approvers.groups = {"entra-approvers"};
        context.policy.rules = {by_name, by_group};
    };
    world.start();
    world.run_for(1s);
    for (const std::string_view type : {"ByName", "ByGroup"}) {
        const std::string ticket = world.raise({{"access_type", type}});
        world.jsm("approve", {{"issue", ticket}, {"by", "carol@acme.example"}});
    }
    REQUIRE(world.run_until([&] { return world.is_member("jane@acme.example", "confluence-users"); }));
    CHECK(world.run_until([&] { return world.is_member("jane@acme.example", "jira-software-users"); }));
}

TEST_CASE("vanished: an approved ticket that was moved to a project without a service desk is withdrawn") {
    World world;
    const std::string ticket = world.raise();
    world.start();
    world.run_for(1s);
    world.fault({{"vendor", "entra"}, {"kind", "error_503"}});
    world.jsm("approve", {{"issue", ticket}, {"by", "bob@acme.example"}});
    REQUIRE(world.run_until([&] { return count(world.audit(), "request.approved") == 1; }));
    world.jsm("move_project", {{"issue", ticket}, {"to", "HR"}});
    world.heal();
    CHECK(world.run_until([&] { return count(world.audit(), "request.withdrawn") == 1; }, 20min));
    CHECK_FALSE(world.is_member("jane@acme.example"));
}

TEST_CASE("revoke: counts although the ticket was moved to another project right after") {
    World world;
    const std::string ticket = world.raise();
    world.start();
    world.jsm("approve", {{"issue", ticket}, {"by", "bob@acme.example"}});
    REQUIRE(granted(world, ticket));
    world.jsm("move", {{"issue", ticket}, {"to", "Access Revoked"}, {"by", "carol@acme.example"}});
    world.jsm("move_project", {{"issue", ticket}, {"to", "HR"}});
    CHECK(world.run_until([&] { return !world.is_member("jane@acme.example"); }, 20min));
}

TEST_CASE("poll: a Jira too slow for many tickets at once gets to all of them") {
    World::Options options;
    options.latency = 4s;
    World world(1, options);
    world.start();
    world.run_for(2min);
    world.jsm("set", {{"changelog_page_size", 6}});
    world.entra("bulk_users", {{"count", 30}});
    world.jsm("bulk_approved", {{"count", 30}});
    CHECK(world.run_until(
        [&] {
            return world.entra("members", {{"group", "jira-software-users"}}).at("count").as_int64() == 30;
        },
        1h
    ));
}

TEST_CASE("revoke: a grant that the system carries out a second time does not stay") {
    World world;
    const std::string ticket = world.raise();
    world.start();
    world.run_for(1s);
    world.fault(
        {{"vendor", "entra"}, {"path", "*batch"}, {"kind", "repeated"}, {"delay_ms", 300000}, {"times", 1}}
    );
    world.jsm("approve", {{"issue", ticket}, {"by", "bob@acme.example"}});
    REQUIRE(granted(world, ticket));
    world.jsm("move", {{"issue", ticket}, {"to", "Access Revoked"}, {"by", "carol@acme.example"}});
    REQUIRE(world.run_until([&] { return !world.is_member("jane@acme.example"); }, 1min));
    REQUIRE(world.run_until([&] { return world.is_member("jane@acme.example"); }, 6min));
    CHECK(world.run_until([&] { return !world.is_member("jane@acme.example"); }, 15min));
}

TEST_CASE("granted: a message that waited does not move a ticket that was revoked and approved again") {
    World world;
    const std::string ticket = world.raise();
    world.start();
    world.run_for(1s);
    world.fault(
        {{"vendor", "jsm"}, {"path", "*/transitions"}, {"kind", "throttle_seconds"}, {"retry_after_s", 60}}
    );
    world.jsm("approve", {{"issue", ticket}, {"by", "bob@acme.example"}});
    REQUIRE(world.run_until([&] { return world.is_member("jane@acme.example"); }));
    world.run_for(2s);
    world.crash();
    world.jsm("move", {{"issue", ticket}, {"to", "Rejected"}, {"by", "carol@acme.example"}});
    world.jsm("move", {{"issue", ticket}, {"to", "Waiting for approval"}});
    world.run_for(1s);
    world.jsm("ask", {{"issue", ticket}});
    world.run_for(1s);
    world.jsm("approve", {{"issue", ticket}, {"by", "bob@acme.example"}});
    world.heal();
    world.start();
    REQUIRE(granted(world, ticket));
    world.run_for(2min);
    CHECK(world.is_member("jane@acme.example"));
    CHECK(world.comments_of(ticket).size() == 1);
    CHECK(count(world.audit(), "ticket.not_told") == 1);
}

TEST_CASE("grant: an old reading is no fresh one because the clock was set back") {
    World world;
    const std::string ticket = world.raise();
    world.start();
    world.run_for(1s);
    // The grant waits for its application while the ticket is revoked and the clock is set back.
    world.fault({{"vendor", "entra"}, {"kind", "throttle_seconds"}, {"retry_after_s", 40}, {"times", 1}});
    world.jsm("approve", {{"issue", ticket}, {"by", "bob@acme.example"}});
    REQUIRE(world.run_until([&] { return count(world.audit(), "request.approved") == 1; }));
    world.fault({{"vendor", "jsm"}, {"kind", "error_503"}});
    world.jsm("move", {{"issue", ticket}, {"to", "Access Revoked"}, {"by", "carol@acme.example"}});
    world.jump(-2h);
    world.run_for(5h);
    CHECK(world.writes() == 0);
}

TEST_CASE("grant: an uncertain grant is made again, whatever a lagging replica still shows") {
    World world;
    const std::string ticket = world.raise();
    world.start();
    world.jsm("approve", {{"issue", ticket}, {"by", "bob@acme.example"}});
    REQUIRE(granted(world, ticket));
    world.entra("set", {{"replication_lag_ms", 20000}});
    world.run_for(1min);
    world.jsm("move", {{"issue", ticket}, {"to", "Access Revoked"}, {"by", "carol@acme.example"}});
    REQUIRE(world.run_until([&] { return !world.is_member("jane@acme.example"); }, 1min));
    // The revoke is done and not seen yet; another ticket is approved for the same access.
    const std::string other = world.raise();
    world.jsm("approve", {{"issue", other}, {"by", "bob@acme.example"}});
    REQUIRE(granted(world, other));
    CHECK(world.is_member("jane@acme.example"));
    world.run_for(30min);
    CHECK(world.is_member("jane@acme.example"));
}

TEST_CASE("stop: does not wait for a Jira that hangs while it is being connected to") {
    World world;
    world.fault({{"vendor", "jsm"}, {"kind", "slow"}, {"delay_ms", 100000}});
    world.start();
    world.run_for(5s);
    const TimePoint asked = world.now();
    CHECK(world.stop());
    CHECK(world.now() - asked < 1s);
    CHECK(world.leftovers() == 0);
}
