#include "tests/core/engine/engine_rig.hpp"

#include <boost/asio/post.hpp>
#include <doctest/doctest.h>

#include <stdexcept>

using namespace accessd;
using namespace accessd::engine_test;
using namespace std::chrono_literals;

namespace {

const std::vector<std::string> store_calls = {
    "store.open_intents",
    "store.claim_due",
    "store.position",
    "store.load",
    "store.save",
    "store.pinned",
    "store.pin",
    "store.load_accesses"};

const std::vector<std::string> all_calls = {
    "jira.connect",
    "jira.search",
    "jira.read",
    "jira.tell",
    "vendor.find_account",
    "vendor.find_entitlement",
    "vendor.grant",
    "vendor.look",
    "store.open_intents",
    "store.claim_due",
    "store.position",
    "store.load",
    "store.save",
    "store.pinned",
    "store.pin",
    "store.load_accesses"};

void check_granted_and_told_once(EngineRig& rig) {
    CHECK(rig.is_member());
    CHECK(rig.stored()->phase == Phase::active);
    CHECK(rig.jira.messages.size() == 1);
    CHECK(rig.audited("grant.done") == 1);
}

} // namespace

TEST_CASE("engine: ends at once when the store is lost, also while Jira lets us wait") {
    EngineRig rig;
    rig.script.takes["jira.connect"] = 2min;
    rig.script.fail("store.claim_due", permanent("store.io"), 1, 1);
    rig.start();
    rig.run_for(61s);
    CHECK(rig.ended_with() == "store.io");
}

TEST_CASE("engine: says once that it is ready, when Jira knows it and every name") {
    EngineRig rig;
    int ready = 0;
    rig.engine->on_ready = [&] { ++ready; };
    rig.script.fail("jira.connect", transient(), 3);
    rig.script.before = [&](const std::string& call) { CHECK((call != "jira.connect" || ready == 0)); };
    rig.start();
    rig.run_for(1h);
    CHECK(ready == 1);
    check_granted_and_told_once(rig);
    rig.stop();
    CHECK(rig.ended_with().empty());
}

TEST_CASE("engine: ends with what Jira says about a wrong configuration") {
    EngineRig rig;
    rig.script.fail("jira.connect", permanent("jira.field_not_found"));
    rig.start();
    rig.run_for(1min);
    CHECK(rig.ended_with() == "jira.field_not_found");
}

TEST_CASE("engine: keeps trying to reach Jira, ever more slowly, and stops at once when told to") {
    EngineRig rig;
    rig.script.fail("jira.connect", transient());
    rig.start();
    rig.run_for(12h);
    CHECK(rig.ended_with() == "runs");
    CHECK(rig.script.count("jira.connect") > 10);
    CHECK(rig.script.count("jira.connect") < 300);
    rig.engine->stop();
    rig.run_for(1s);
    CHECK(rig.ended_with().empty());
}

TEST_CASE("engine: a stop at any call ends it in good order, and the next start goes on from there") {
    for (const std::string& where : all_calls) {
        CAPTURE(where);
        EngineRig rig;
        rig.script.before = [&](const std::string& call) {
            // As a signal does: between two steps of whatever runs.
            if (call == where) {
                boost::asio::post(rig.world->get_executor(), [&rig] { rig.engine->stop(); });
            }
        };
        rig.start();
        rig.run_for(1min);
        CHECK(rig.ended_with() == "");
        CHECK(rig.world->timers() == 0);
        rig.script.before = nullptr;
        rig.restart();
        rig.start();
        rig.run_for(5min);
        check_granted_and_told_once(rig);
    }
}

TEST_CASE("engine: a store that is lost ends it before anything is granted") {
    for (const std::string& call : store_calls) {
        CAPTURE(call);
        EngineRig rig;
        rig.script.fail(call, permanent("store.io"));
        rig.start();
        rig.run_for(10min);
        CHECK(rig.ended_with() == "store.io");
        CHECK(rig.script.count("vendor.grant") == 0);
        CHECK(rig.jira.messages.empty());
        rig.script.heal();
        rig.restart();
        rig.start();
        rig.run_for(5min);
        check_granted_and_told_once(rig);
    }
}

TEST_CASE("engine: a store that is busy is asked again, and nothing is done twice or lost") {
    for (const std::string& call : store_calls) {
        for (int after = 0; after < 4; ++after) {
            CAPTURE(call);
            CAPTURE(after);
            EngineRig rig;
            rig.script.fail(call, transient("store.busy"), 3, after);
            rig.start();
            rig.run_for(30min);
            CHECK(rig.ended_with() == "runs");
            check_granted_and_told_once(rig);
        }
    }
}

TEST_CASE("engine: whoever is slower than another is never lost") {
    for (const int times : {1, 2, 6}) {
        for (int after = 0; after < 5; ++after) {
            CAPTURE(times);
            CAPTURE(after);
            EngineRig rig;
            rig.script.fail("store.save", transient("store.stale"), times, after);
            rig.start();
            rig.run_for(30min);
            check_granted_and_told_once(rig);
        }
    }
}

TEST_CASE("engine: a reload that fails after a lost race is made up for") {
    for (const std::string call : {"store.load", "store.load_accesses"}) {
        for (int after = 0; after < 3; ++after) {
            CAPTURE(call);
            CAPTURE(after);
            EngineRig rig;
            rig.script.fail("store.save", transient("store.stale"), 1, after);
            bool armed = false;
            rig.script.before = [&](const std::string& name) {
                if (name == "store.save" && !armed && rig.script.count(name) == after + 1) {
                    armed = true;
                    rig.script.fail(call, transient("store.busy"), 1);
                }
            };
            rig.start();
            rig.run_for(30min);
            CHECK(armed);
            check_granted_and_told_once(rig);
        }
    }
}

TEST_CASE("engine: a full disk that stays full is said once, and holds grants as long as it lasts") {
    EngineRig rig;
    rig.script.fail("store.save", transient("store.full"));
    rig.start();
    rig.run_for(10min);
    CHECK(rig.context().grants_held());
    CHECK(rig.script.count("vendor.grant") == 0);
    rig.script.heal();
    rig.run_for(5min);
    CHECK_FALSE(rig.context().grants_held());
    check_granted_and_told_once(rig);
}

TEST_CASE("engine: a bug ends all of it and is reported, whatever was thrown") {
    for (const std::string& where : all_calls) {
        CAPTURE(where);
        EngineRig rig;
        rig.script.before = [&](const std::string& call) {
            if (call == where) {
                throw std::runtime_error("broken at " + call);
            }
        };
        rig.start();
        rig.run_for(1min);
        const bool in_run = where == "store.open_intents"; // whose caller is told
        CHECK(rig.ended_with() == (in_run ? "test.threw" : "engine.bug"));
        if (!in_run) {
            CHECK(rig.outcome->error().message().find("broken at " + where) != std::string::npos);
        }
    }
    EngineRig rig;
    rig.script.before = [](const std::string& call) {
        if (call == "vendor.grant") {
            throw 7;
        }
    };
    rig.start();
    rig.run_for(1min);
    REQUIRE(rig.ended_with() == "engine.bug");
    CHECK(rig.outcome->error().message().find("unknown exception") != std::string::npos);
}

TEST_CASE("engine: of two bugs at once the first is reported") {
    EngineRig rig;
    std::string first;
    rig.script.before = [&](const std::string& call) {
        if (call == "store.position" || call == "store.claim_due") {
            first = first.empty() ? call : first;
            throw std::runtime_error("broken at " + call);
        }
    };
    rig.start();
    rig.run_for(1min);
    REQUIRE(rig.ended_with() == "engine.bug");
    CHECK(rig.outcome->error().message().find(first) != std::string::npos);
}

TEST_CASE(
    "engine: a call that hangs at the end is cancelled after the drain, and made up for at the next start"
) {
    EngineRig rig;
    rig.script.takes["vendor.grant"] = 1h;
    rig.start();
    rig.run_for(30s);
    REQUIRE(rig.script.count("vendor.grant") == 1);
    rig.engine->stop();
    rig.run_for(rig.context().settings.drain - 1s);
    CHECK(rig.ended_with() == "runs");
    rig.run_for(2s);
    CHECK(rig.ended_with().empty());
    CHECK(rig.stored_access().intent.has_value());
    // It arrived all the same.
    rig.vendor->members.insert(EngineRig::key());
    rig.script.takes.clear();
    rig.restart();
    rig.start();
    rig.run_for(5min);
    check_granted_and_told_once(rig);
    CHECK(rig.stored_access().owned);
    CHECK_FALSE(rig.stored_access().intent.has_value());
    CHECK(rig.audited("revoke.intent") == 0);
}

TEST_CASE("engine: takes up what is due in parts, and tells everybody once") {
    EngineRig rig;
    for (int i = 0; i < 250; ++i) {
        rig.add_ticket(std::to_string(2000 + i));
    }
    rig.script.fail("jira.tell", transient());
    rig.start();
    rig.run_for(5min);
    CHECK(rig.jira.messages.empty());
    rig.restart();
    rig.script.heal();
    rig.start();
    rig.run_for(2h);
    CHECK(rig.jira.messages.size() == 251);
}

TEST_CASE("engine: what is due and cannot be loaded comes again") {
    for (const std::string code : {"store.busy", "store.io"}) {
        EngineRig rig;
        rig.script.fail("jira.tell", transient());
        rig.start();
        rig.run_for(1min);
        rig.stop();
        rig.restart();
        rig.run_for(1h);
        rig.script.heal();
        const bool lost = code == "store.io";
        rig.script.fail("store.load", lost ? permanent(code) : transient(code), lost ? Script::always : 3);
        rig.start();
        rig.run_for(10min);
        CHECK(rig.ended_with() == (lost ? code : "runs"));
        CHECK(rig.jira.messages.size() == (lost ? 0 : 1));
    }
}

TEST_CASE("engine: what is due for two reasons at once is done once") {
    EngineRig rig;
    rig.ticket().duration = "1 hour";
    rig.script.fail("jira.tell", transient());
    rig.start();
    rig.run_for(1min);
    REQUIRE(rig.is_member());
    rig.stop();
    rig.restart();
    rig.run_for(3h); // nobody is there when the lease ends
    rig.script.heal();
    rig.start();
    rig.run_for(10min);
    CHECK_FALSE(rig.is_member());
    CHECK(rig.audited("request.expired") == 1);
    CHECK(rig.audited("revoke.intent") == 1);
    REQUIRE(rig.jira.messages.size() == 1);
    CHECK(rig.jira.messages.front().lines.front().find("removed") != std::string::npos);
}
