#include "tests/core/engine/engine_rig.hpp"

#include <doctest/doctest.h>

using namespace accessd;
using namespace accessd::engine_test;
using namespace std::chrono_literals;

namespace {

const std::string jane_address = "jane@acme.example";

AccessKey key_of(const std::string& account) {
    return AccessKey("Entra ID", "g-users", account);
}

IdentityRule& identity(EngineRig& rig) {
    return rig.context().applications.at("Entra ID").identity;
}

/// One more ticket of Jane's, seen by the next poll.
void ask_again(EngineRig& rig, const std::string& issue_id) {
    rig.add_ticket(issue_id).updated_at = rig.world->now();
    rig.run_for(1min);
}

/// The sample ticket is granted, and then Jane's address leads to another account.
void grant_and_change(EngineRig& rig) {
    rig.start();
    rig.run_for(1min);
    REQUIRE(rig.is_member());
    rig.vendor->account_ids[jane_address] = "b-jane";
}

} // namespace

TEST_CASE("identity: a beneficiary without exactly one active account is parked with the system's code") {
    for (const char* const code :
         {"entra.account_not_found", "entra.account_ambiguous", "entra.account_disabled"}) {
        CAPTURE(code);
        EngineRig rig;
        rig.script.fail("vendor.find_account", permanent(code));
        rig.start();
        rig.run_for(1h);
        CHECK(rig.vendor->members.empty());
        CHECK(rig.stored()->phase == Phase::parked);
        CHECK(rig.stored()->reason_code == code);
        CHECK(rig.jira.messages.size() == 1);
    }
}

TEST_CASE("identity: an account that the map file names and the system does not know is not looked for by "
          "address") {
    EngineRig rig;
    identity(rig).account["id-jane"] = "gone";
    rig.script.fail("vendor.find_account", permanent("entra.account_not_found"));
    rig.start();
    rig.run_for(1h);
    CHECK(rig.vendor->members.empty());
    CHECK(rig.stored()->reason_code == "entra.account_not_found");
    CHECK(rig.stored()->account.name == "gone");
    CHECK(rig.script.count("vendor.find_account") == 1);
}

TEST_CASE("identity: who has another account than before goes to a human, also after a restart") {
    EngineRig rig;
    grant_and_change(rig);
    rig.restart();
    rig.vendor->account_ids[jane_address] = "b-jane";
    rig.start();
    ask_again(rig, "2001");
    CHECK(rig.stored("2001")->phase == Phase::parked);
    CHECK(rig.stored("2001")->reason_code == "identity.changed");
    CHECK(rig.vendor->members == std::set<AccessKey>{EngineRig::key()});
    REQUIRE(rig.jira.messages.size() == 2);
    const std::string said = rig.stored("2001")->reason;
    CHECK(said.find("was \"jane@acme.example\" (a-jane@acme.example) in Entra ID") != std::string::npos);
    CHECK(said.find("\"id-jane,b-jane\"") != std::string::npos);
}

TEST_CASE("identity: the new account is believed once the map file names it by its id") {
    EngineRig rig;
    grant_and_change(rig);
    identity(rig).account["id-jane"] = "jane-login";
    rig.vendor->account_ids["jane-login"] = "b-jane";
    ask_again(rig, "2001");
    CHECK(rig.stored("2001")->reason_code == "identity.changed"); // a login may be given to somebody else
    identity(rig).account["id-jane"] = "B-JANE";
    rig.vendor->account_ids["B-JANE"] = "b-jane";
    ask_again(rig, "2002");
    CHECK(rig.stored("2002")->phase == Phase::active);
    CHECK(rig.vendor->members.contains(key_of("b-jane")));
    // From then on it is the one that is known, by whatever it is found.
    identity(rig).account.clear();
    ask_again(rig, "2003");
    CHECK(rig.stored("2003")->phase == Phase::active);
    rig.vendor->account_ids.clear();
    ask_again(rig, "2004");
    CHECK(rig.stored("2004")->reason_code == "identity.changed");
    CHECK(rig.is_member());
}

TEST_CASE("identity: another address of the same account is no change") {
    EngineRig rig;
    grant_and_change(rig);
    identity(rig).account["id-jane"] = "jane-married";
    rig.vendor->account_ids["jane-married"] = EngineRig::key().account;
    ask_again(rig, "2001");
    CHECK(rig.stored("2001")->phase == Phase::active);
}

TEST_CASE("identity: a revoke takes the account that was granted, whoever has the address now") {
    EngineRig rig;
    grant_and_change(rig);
    rig.vendor->members.insert(key_of("b-jane"));
    const int searches = rig.script.count("vendor.find_account");
    rig.move(rig.ticket(), policy_test::status::revoked);
    rig.run_for(2min);
    CHECK(rig.vendor->members == std::set<AccessKey>{key_of("b-jane")});
    CHECK(rig.stored()->phase == Phase::ended);
    CHECK(rig.script.count("vendor.find_account") == searches);
}

TEST_CASE("identity: a lease that runs out ends for the account that was granted") {
    EngineRig rig;
    AccessRule rule = policy_test::rule();
    rule.max_duration = 1h;
    rig.context().policy.rules = {rule};
    grant_and_change(rig);
    rig.vendor->members.insert(key_of("b-jane"));
    rig.run_for(3h);
    CHECK(rig.vendor->members == std::set<AccessKey>{key_of("b-jane")});
}

TEST_CASE("identity: a removal for who has another account than before goes to a human, too") {
    EngineRig rig;
    grant_and_change(rig);
    Ticket& removal = rig.add_ticket("3001");
    removal.request_type_id = "8";
    removal.approvals.front().completed_at = rig.world->now();
    removal.changes.back().at = rig.world->now();
    removal.updated_at = rig.world->now();
    rig.run_for(2min);
    CHECK(rig.stored("3001")->phase == Phase::parked);
    CHECK(rig.stored("3001")->reason_code == "identity.changed");
    CHECK(rig.is_member());
}

TEST_CASE("identity: of two tickets that find two accounts at the same time one is believed") {
    EngineRig rig;
    rig.add_ticket("2001");
    int searches = 0;
    rig.script.takes["vendor.find_entitlement"] = 2s; // both have asked who was known before
    rig.script.before = [&](const std::string& call) {
        if (call == "vendor.find_account") {
            rig.vendor->account_ids[jane_address] = ++searches == 1 ? "a-1" : "a-2";
        }
    };
    rig.start();
    rig.run_for(10min);
    CHECK(searches >= 2);
    CHECK(rig.vendor->members.size() == 1);
    const bool first = rig.stored()->phase == Phase::active;
    CHECK(rig.stored(first ? "1042" : "2001")->phase == Phase::active);
    CHECK(rig.stored(first ? "2001" : "1042")->reason_code == "identity.changed");
}

TEST_CASE("identity: without the store nobody's account is taken on trust") {
    EngineRig rig;
    rig.script.fail("store.known_account", transient("store.busy"), 2);
    rig.start();
    rig.run_for(1h);
    CHECK(rig.is_member());
    CHECK(rig.script.count("store.known_account") == 3);
}
