#include "tests/sim/counting.hpp"
#include "tests/sim/world.hpp"

#include <doctest/doctest.h>

using namespace accessd;
using namespace accessd::test;
using namespace std::chrono_literals;

namespace {

/// A world whose first ticket was approved and granted.
std::string granted_ticket(World& world, boost::json::object more = {}) {
    const std::string ticket = world.raise(std::move(more));
    world.start();
    world.jsm("approve", {{"issue", ticket}, {"by", "bob@acme.example"}});
    REQUIRE(world.run_until([&] { return world.status_of(ticket) == "Access Granted"; }));
    return ticket;
}

void every_batch(World& world, std::string_view kind) {
    world.fault({{"vendor", "entra"}, {"path", "*batch"}, {"kind", kind}});
}

} // namespace

TEST_CASE("revoke: is tried for as long as it takes") {
    World world;
    const std::string ticket = granted_ticket(world);
    world.fault({{"vendor", "entra"}, {"kind", "error_503"}});
    world.jsm("move", {{"issue", ticket}, {"to", "Access Revoked"}, {"by", "carol@acme.example"}});
    world.run_for(72h);
    CHECK(world.is_member("jane@acme.example"));
    world.heal();
    REQUIRE(world.run_until([&] { return !world.is_member("jane@acme.example"); }, 20min));
    CHECK(world.run_until([&] { return world.status_of(ticket) == "Access Removed"; }));
}

TEST_CASE("revoke: goes on while Jira is away") {
    World world;
    const std::string ticket = granted_ticket(world);
    every_batch(world, "error_503");
    world.jsm("move", {{"issue", ticket}, {"to", "Access Revoked"}, {"by", "carol@acme.example"}});
    world.run_for(1min);
    world.crash();
    world.heal();
    world.fault({{"vendor", "jsm"}, {"kind", "error_503"}});
    world.start();
    REQUIRE(world.run_until([&] { return !world.is_member("jane@acme.example"); }, 30min));
    CHECK(world.status_of(ticket) == "Access Revoked");
    world.heal();
    CHECK(world.run_until([&] { return world.status_of(ticket) == "Access Removed"; }, 30min));
    CHECK(world.comments_of(ticket).size() == 2);
}

TEST_CASE("grant: parks after a day of trouble, says so, and what lands late is taken away") {
    World world;
    const std::string ticket = world.raise();
    world.start();
    world.run_for(10s);
    every_batch(world, "lost_request");
    world.jsm("approve", {{"issue", ticket}, {"by", "bob@acme.example"}});
    REQUIRE(world.run_until([&] { return world.status_of(ticket) == "Needs Attention"; }, 26h));
    CHECK(world.comments_of(ticket).size() == 1);
    CHECK(count(world.audit(), "request.parked") == 1);
    world.heal();
    world.entra("add_member", {{"group", "jira-software-users"}, {"user", "jane@acme.example"}});
    CHECK(world.run_until([&] { return !world.is_member("jane@acme.example"); }, 2min));
}

TEST_CASE("grant: is decided on again before it is tried again") {
    World world;
    const std::string ticket = world.raise();
    world.start();
    world.run_for(10s);
    world.fault({{"vendor", "entra"}, {"kind", "error_503"}});
    world.jsm("approve", {{"issue", ticket}, {"by", "bob@acme.example"}});
    world.run_for(1min);
    world.jsm(
        "edit_field",
        {{"issue", ticket}, {"field", "Access Type"}, {"value", "Admin"}, {"by", "jane@acme.example"}}
    );
    world.heal();
    world.run_for(1h);
    CHECK_FALSE(world.is_member("jane@acme.example"));
    CHECK(world.entra("stats").at("adds").as_int64() == 0);
}

TEST_CASE("grant: a ticket that left its status while it waited is not granted") {
    World world;
    const std::string ticket = world.raise();
    world.start();
    world.run_for(10s);
    world.fault({{"vendor", "entra"}, {"kind", "error_503"}});
    world.jsm("approve", {{"issue", ticket}, {"by", "bob@acme.example"}});
    world.run_for(1min);
    world.jsm("move", {{"issue", ticket}, {"to", "Waiting for approval"}, {"by", "carol@acme.example"}});
    world.heal();
    world.run_for(1h);
    CHECK_FALSE(world.is_member("jane@acme.example"));
    CHECK(count(world.audit(), "request.withdrawn") == 1);
}

TEST_CASE("lease: ends when its duration is over") {
    World world;
    const std::string ticket = granted_ticket(world, {{"duration", "2 days"}});
    world.run_for(47h);
    CHECK(world.is_member("jane@acme.example"));
    world.run_for(2h);
    CHECK_FALSE(world.is_member("jane@acme.example"));
    CHECK(world.status_of(ticket) == "Access Removed");
    CHECK(count(world.audit(), "request.expired") == 1);
}

TEST_CASE("lease: one ticket's revoke keeps what another ticket justifies") {
    World world;
    const std::string first = granted_ticket(world);
    const std::string second = world.raise();
    world.jsm("approve", {{"issue", second}, {"by", "carol@acme.example"}});
    REQUIRE(world.run_until([&] { return world.status_of(second) == "Access Granted"; }));
    world.jsm("move", {{"issue", first}, {"to", "Access Revoked"}, {"by", "carol@acme.example"}});
    REQUIRE(world.run_until([&] { return world.status_of(first) == "Access Removed"; }));
    CHECK(world.is_member("jane@acme.example"));
    CHECK(world.comments_of(first).back().find(second) != std::string::npos);
    world.jsm("move", {{"issue", second}, {"to", "Access Revoked"}, {"by", "carol@acme.example"}});
    CHECK(world.run_until([&] { return !world.is_member("jane@acme.example"); }));
}

TEST_CASE("ticket: one that vanishes raises the alarm and takes nothing away") {
    World world;
    const std::string ticket = granted_ticket(world);
    world.jsm("delete_issue", {{"issue", ticket}});
    world.run_for(50h);
    CHECK(world.is_member("jane@acme.example"));
    CHECK(count(world.audit(), "ticket.vanished") == 1);
    CHECK(count(world.audit(), "request.parked") == 1);
}

TEST_CASE("ticket: one that vanishes is revoked after the grace when the portal says so") {
    World world;
    world.prepare = [](EngineContext& context) {
        context.settings.on_vanished = OnVanished::revoke;
        context.settings.vanished_grace = 12h;
    };
    const std::string ticket = granted_ticket(world);
    world.jsm("delete_issue", {{"issue", ticket}});
    world.run_for(11h);
    CHECK(world.is_member("jane@acme.example"));
    world.run_for(3h);
    CHECK_FALSE(world.is_member("jane@acme.example"));
}

TEST_CASE("dry run: decides, writes nothing outside and remembers nothing") {
    World world;
    world.prepare = [](EngineContext& context) { context.settings.dry_run = true; };
    const std::string ticket = world.raise();
    world.start();
    world.jsm("approve", {{"issue", ticket}, {"by", "bob@acme.example"}});
    world.run_for(1h);
    CHECK(world.vendors().calls("entra") == 0);
    CHECK(world.comments_of(ticket).empty());
    CHECK(world.audit().empty());
    CHECK(world.stop().has_value());
}

TEST_CASE("application: one that hangs delays nobody else's tickets") {
    World world;
    world.prepare = [](EngineContext& context) {
        AccessRule rule = context.policy.rules.front();
        rule.application = "Hanging";
        context.policy.rules.push_back(rule);
        Application hanging;
        hanging.name = "Hanging";
        hanging.identity.allowed_domains = {"acme.example"};
        hanging.provider = World::hanging_provider(context);
        context.applications.emplace("Hanging", std::move(hanging));
    };
    std::vector<std::string> stuck;
    for (int i = 0; i < 300; ++i) {
        stuck.push_back(world.raise({{"application", "Hanging"}}));
        world.jsm("approve", {{"issue", stuck.back()}, {"by", "bob@acme.example"}});
    }
    const std::string ticket = granted_ticket(world);
    world.jsm("move", {{"issue", ticket}, {"to", "Access Revoked"}, {"by", "carol@acme.example"}});
    CHECK(world.run_until([&] { return !world.is_member("jane@acme.example"); }, 16s));
}

TEST_CASE("proof: an approver who is allowed by a group counts, one outside of it does not") {
    World world;
    const std::string good = world.raise();
    const std::string bad = world.raise({{"approvers", {"dave@acme.example"}}});
    world.start();
    world.jsm("approve", {{"issue", good}, {"by", "carol@acme.example"}});
    world.jsm("approve", {{"issue", bad}, {"by", "dave@acme.example"}});
    REQUIRE(world.run_until([&] { return world.status_of(good) == "Access Granted"; }));
    REQUIRE(world.run_until([&] { return world.comments_of(bad).size() == 1; }));
    CHECK(world.comments_of(bad)[0].find("proof.approver_not_allowed") != std::string::npos);
}

TEST_CASE("disk: while it is full nothing is granted, and revokes go on") {
    // The store's own tests fill a real disk; here the engine is told.
    World world;
    const std::string ticket = granted_ticket(world);
    const std::string second = world.raise({{"reporter", "dave@acme.example"}});
    world.engine().context().note(Error(Fault::transient, "store.full", "the disk is full"));
    world.jsm("approve", {{"issue", second}, {"by", "bob@acme.example"}});
    world.jsm("move", {{"issue", ticket}, {"to", "Access Revoked"}, {"by", "carol@acme.example"}});
    CHECK(world.run_until([&] { return !world.is_member("jane@acme.example"); }, 16s));
    CHECK_FALSE(world.is_member("dave@acme.example"));
    CHECK(world.run_until([&] { return world.is_member("dave@acme.example"); }, 3min));
}

TEST_CASE("revoke: a field that cannot be read does not keep it from being seen") {
    World world;
    const std::string ticket = granted_ticket(world);
    const std::string endless(300, 'x');
    world.jsm(
        "edit_field",
        {{"issue", ticket}, {"field", "Application"}, {"value", endless}, {"by", "jane@acme.example"}}
    );
    world.jsm("move", {{"issue", ticket}, {"to", "Access Revoked"}, {"by", "carol@acme.example"}});
    CHECK(world.run_until([&] { return !world.is_member("jane@acme.example"); }, 1min));
}

TEST_CASE("grant: a wish that cannot be read parks, and the ticket says so once") {
    World world;
    const std::string ticket = world.raise({{"application", std::string(300, 'x')}});
    world.start();
    world.jsm("approve", {{"issue", ticket}, {"by", "bob@acme.example"}});
    REQUIRE(world.run_until([&] { return world.status_of(ticket) == "Needs Attention"; }));
    world.run_for(1h);
    CHECK(world.comments_of(ticket).size() == 1);
    CHECK(world.comments_of(ticket)[0].find("jira.malformed_ticket") != std::string::npos);
}

TEST_CASE("grant: a ticket that cannot be read whole is not granted on an old reading") {
    World world;
    const std::string ticket = world.raise();
    world.start();
    world.run_for(10s);
    every_batch(world, "error_503");
    world.jsm("approve", {{"issue", ticket}, {"by", "bob@acme.example"}});
    world.run_for(1min);
    const auto before = world.vendors().calls("entra");
    world.fault({{"vendor", "jsm"}, {"path", "*/approval"}, {"kind", "error_500"}});
    world.run_for(2h);
    // One grant may have been under way when approvals could no longer be read.
    CHECK(world.vendors().calls("entra") <= before + 2);
    world.heal();
    CHECK(world.run_until([&] { return world.is_member("jane@acme.example"); }, 30min));
}

TEST_CASE("told: trouble of an application does not hold up what only a ticket must hear") {
    World world;
    const std::string waiting = world.raise();
    world.entra("rotate_secret", {{"secret", "another"}});
    world.start();
    world.jsm("approve", {{"issue", waiting}, {"by", "bob@acme.example"}});
    world.run_for(1min);
    const std::string unproven = world.raise();
    world.jsm("move", {{"issue", unproven}, {"to", "Approved by Manager"}, {"by", "jane@acme.example"}});
    CHECK(world.run_until([&] { return world.comments_of(unproven).size() == 1; }, 20s));
}

TEST_CASE("revoke: is seen although an approver of another ticket cannot be looked up") {
    World world;
    const std::string ticket = granted_ticket(world);
    world.fault({{"vendor", "jsm"}, {"path", "*/user"}, {"kind", "error_500"}});
    world.fault({{"vendor", "jsm"}, {"path", "*/user/groups"}, {"kind", "error_500"}});
    world.run_for(1min); // what was known about approvers is forgotten
    const std::string other = world.raise({{"reporter", "dave@acme.example"}});
    world.jsm("approve", {{"issue", other}, {"by", "carol@acme.example"}});
    world.jsm("move", {{"issue", ticket}, {"to", "Access Revoked"}, {"by", "carol@acme.example"}});
    CHECK(world.run_until([&] { return !world.is_member("jane@acme.example"); }, 31s));
    world.run_for(10min);
    CHECK_FALSE(world.is_member("dave@acme.example"));
    CHECK(world.comments_of(other).empty());
    world.heal();
    CHECK(world.run_until([&] { return world.is_member("dave@acme.example"); }, 1min));
}

TEST_CASE("revoke: of an application that is not configured any more is tried and told, not spun") {
    World world;
    const std::string ticket = granted_ticket(world);
    world.crash();
    world.prepare = [](EngineContext& context) { context.applications.clear(); };
    world.start();
    world.jsm("move", {{"issue", ticket}, {"to", "Access Revoked"}, {"by", "carol@acme.example"}});
    world.run_for(3h);
    CHECK(count(world.audit(), "revoke.intent") < 40);
    CHECK(count(world.audit(), "revoke.failed") == 1);
    world.crash();
    world.prepare = nullptr;
    world.start();
    CHECK(world.run_until([&] { return !world.is_member("jane@acme.example"); }, 30min));
}

TEST_CASE("told: a grant whose message was late is not told after its revoke") {
    World world;
    const std::string ticket = world.raise();
    world.start();
    world.run_for(10s);
    world.fault({{"vendor", "jsm"}, {"method", "POST"}, {"path", "*/transitions"}, {"kind", "error_503"}});
    world.fault({{"vendor", "jsm"}, {"method", "POST"}, {"path", "*/comment"}, {"kind", "error_503"}});
    world.jsm("approve", {{"issue", ticket}, {"by", "bob@acme.example"}});
    REQUIRE(world.run_until([&] { return world.is_member("jane@acme.example"); }));
    world.run_for(10min);
    world.jsm("move", {{"issue", ticket}, {"to", "Access Revoked"}, {"by", "carol@acme.example"}});
    REQUIRE(world.run_until([&] { return !world.is_member("jane@acme.example"); }));
    world.heal();
    REQUIRE(world.run_until([&] { return world.status_of(ticket) == "Access Removed"; }, 30min));
    world.run_for(2h);
    CHECK(world.status_of(ticket) == "Access Removed");
    REQUIRE(world.comments_of(ticket).size() == 1);
    CHECK(world.comments_of(ticket)[0].find("removed") != std::string::npos);
}

TEST_CASE("grant: waiting work of a paused application costs no spinning, and no grant on an old reading") {
    World world;
    std::vector<std::string> tickets;
    for (int i = 0; i < 5; ++i) {
        tickets.push_back(world.raise());
    }
    world.entra("rotate_secret", {{"secret", "another"}});
    world.start();
    for (const std::string& ticket : tickets) {
        world.jsm("approve", {{"issue", ticket}, {"by", "bob@acme.example"}});
    }
    world.run_for(10min);
    const std::uint64_t before = world.sim().steps();
    world.run_for(10min);
    CHECK(world.sim().steps() - before < 20'000);
    world.fault({{"vendor", "jsm"}, {"kind", "error_503"}});
    world.run_for(2min);
    world.entra("rotate_secret", {{"secret", sandbox::EntraOptions().client_secret}});
    world.run_for(1h);
    CHECK_FALSE(world.is_member("jane@acme.example"));
    world.heal();
    CHECK(world.run_until([&] { return world.is_member("jane@acme.example"); }, 20min));
}
