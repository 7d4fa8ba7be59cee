#include "core/support/json.hpp"
#include "tests/providers/entra_rig.hpp"

#include <boost/json/object.hpp>
#include <doctest/doctest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

using namespace accessd;
using namespace accessd::test;
using namespace std::chrono_literals;

namespace json = boost::json;

namespace {

template <class T> std::string code(const Result<T>& result) {
    return result ? std::string("fine") : result.error().code();
}

/// Calls to the API since `before`.
std::size_t calls_since(const EntraRig& rig, std::size_t before) {
    return rig.api_calls() - before;
}

} // namespace

TEST_CASE("entra: keeps the contract of a provider") {
    check_contract(make_entra_rig);
}

TEST_CASE("entra: keeps the contract of a provider in trouble") {
    check_contract_in_trouble(make_entra_rig);
}

TEST_CASE("entra: a grant and a revoke are one call each, the read-back included") {
    EntraRig rig;
    auto before = rig.api_calls();
    const auto granted = rig.grant();
    REQUIRE(granted.has_value());
    CHECK(granted->seen == Holding::present);
    CHECK(calls_since(rig, before) == 1);
    before = rig.api_calls();
    const auto revoked = rig.revoke();
    REQUIRE(revoked.has_value());
    CHECK(revoked->seen == Holding::absent);
    CHECK(calls_since(rig, before) == 1);
}

TEST_CASE("entra: finding a person and finding a group are one call each") {
    EntraRig rig;
    const auto before = rig.api_calls();
    CHECK(code(rig.find_account(rig.address())) == "fine");
    CHECK(code(rig.find_entitlement(rig.group())) == "fine");
    CHECK(calls_since(rig, before) == 2);
}

TEST_CASE("entra: every kind of group that others master is refused before anything is written") {
    EntraRig rig;
    for (const std::string name :
         {"dynamic-group",
          "synced-group",
          "mail-enabled-group",
          "distribution-group",
          "role-assignable-group"}) {
        CAPTURE(name);
        CHECK(code(rig.find_entitlement(name)) == "entra.entitlement_not_manageable");
    }
    CHECK(code(rig.find_entitlement("unified-group")) == "fine");
    CHECK(code(rig.find_entitlement(rig.key().entitlement)) == "fine");
    CHECK(rig.stat("adds") == 0);
}

TEST_CASE("entra: a guest is refused by address and by object id") {
    EntraRig rig;
    CHECK(code(rig.find_account("guest@partner.example")) == "entra.account_guest");
    const auto guest = rig.control("user", json::object{{"user", "guest@partner.example"}});
    CHECK(code(rig.find_account(string_or_empty(guest, "id"))) == "entra.account_guest");
}

TEST_CASE("entra: a person with a quote in the address is found") {
    EntraRig rig;
    rig.control("add_user", json::object{{"mail", "o'brien@acme.example"}, {"upn", "o'brien@acme.example"}});
    const auto found = rig.find_account("O'Brien@acme.example");
    REQUIRE(found.has_value());
    CHECK(found->name == "o'brien@acme.example");
}

TEST_CASE("entra: a nested membership is effective and not direct") {
    EntraRig rig;
    const auto groups = rig.control("groups", json::object());
    const std::string parent = string_or_empty(*find(groups, "groups"), "nested-parent");
    REQUIRE(rig.grant().has_value());
    const AccessKey nested("Entra ID", parent, rig.key().account);
    const auto effective = finish(rig, rig.provider().look(nested, Depth::effective, soon(rig)));
    const auto direct = finish(rig, rig.provider().look(nested, Depth::direct, soon(rig)));
    REQUIRE(effective.has_value());
    REQUIRE(direct.has_value());
    CHECK(*effective == Holding::present);
    CHECK(*direct == Holding::absent);
    const auto revoked = finish(rig, rig.provider().revoke(nested, soon(rig)));
    REQUIRE(revoked.has_value());
    CHECK(revoked->applied == Applied::already_so);
}

TEST_CASE("entra: a vanished user and a vanished group are told apart, and a revoke of theirs is done") {
    for (const bool user_goes : {true, false}) {
        CAPTURE(user_goes);
        EntraRig rig;
        REQUIRE(rig.grant().has_value());
        const json::object whom = user_goes ? json::object{{"user", rig.key().account}}
                                            : json::object{{"group", rig.key().entitlement}};
        rig.control(user_goes ? "delete_user" : "delete_group", whom);
        const auto granted = rig.grant();
        REQUIRE_FALSE(granted.has_value());
        CHECK(granted.error().code() == (user_goes ? "entra.account_gone" : "entra.entitlement_gone"));
        CHECK(granted.error().fault() == Fault::permanent);
        CHECK(granted.error().effect() == Effect::none);
        const auto revoked = rig.revoke();
        REQUIRE(revoked.has_value());
        CHECK(revoked->applied == Applied::already_so);
        if (user_goes) {
            CHECK(code(rig.look(Depth::effective)) == "entra.account_gone");
        } else {
            CHECK(code(rig.look(Depth::direct)) == "entra.entitlement_gone");
        }
    }
}

TEST_CASE("entra: trouble while a refusal is looked into is not mistaken for an effect or for an end") {
    for (const sandbox::FaultKind trouble :
         {sandbox::FaultKind::lost_reply, sandbox::FaultKind::error_503, sandbox::FaultKind::html_200}) {
        CAPTURE(sandbox::to_string(trouble));
        EntraRig member;
        REQUIRE(member.grant().has_value());
        member.fail(trouble, "GET", "/v1.0/groups/*/members");
        const auto again = member.grant();
        REQUIRE_FALSE(again.has_value());
        CHECK(again.error().fault() == Fault::transient);
        CHECK(again.error().effect() == Effect::none);
        EntraRig vanished;
        vanished.control("delete_user", json::object{{"user", vanished.key().account}});
        vanished.fail(trouble, "GET", "/v1.0/users/*");
        const auto granted = vanished.grant();
        REQUIRE_FALSE(granted.has_value());
        CHECK(granted.error().fault() == Fault::transient);
        CHECK(granted.error().effect() == Effect::none);
        EntraRig stranger;
        stranger.fail(trouble, "GET", "/v1.0/groups/*/members");
        const auto revoked = stranger.revoke();
        REQUIRE_FALSE(revoked.has_value());
        CHECK(revoked.error().fault() == Fault::transient);
        CHECK(revoked.error().effect() == Effect::none);
    }
}

TEST_CASE("entra: while replicas lag a write is believed and the look behind it reported as it is") {
    EntraRig rig;
    rig.control("set", json::object{{"replication_lag_ms", 60'000}});
    const auto granted = rig.grant();
    REQUIRE(granted.has_value());
    CHECK(granted->applied == Applied::changed);
    CHECK(granted->seen == Holding::absent);
    const auto again = rig.grant();
    REQUIRE(again.has_value());
    CHECK(again->applied == Applied::already_so);
    rig.world().run_until(rig.world().now() + 2min);
    const auto later = rig.look(Depth::direct);
    REQUIRE(later.has_value());
    CHECK(*later == Holding::present);
}

TEST_CASE("entra: without the right to write a grant is permanent and names the permission") {
    EntraRig rig;
    rig.control("set", json::object{{"permissions", json::array{"User.Read.All", "GroupMember.Read.All"}}});
    const auto granted = rig.grant();
    REQUIRE_FALSE(granted.has_value());
    CHECK(granted.error().code() == "entra.forbidden");
    CHECK(granted.error().fault() == Fault::permanent);
    CHECK(granted.error().message().find("GroupMember.ReadWrite.All") != std::string::npos);
    CHECK(granted.error().message().find("admin consent") != std::string::npos);
    CHECK_FALSE(rig.is_member());
}

TEST_CASE("entra: without the right to read people a search names the permission") {
    EntraRig rig;
    rig.control("set", json::object{{"permissions", json::array{"GroupMember.ReadWrite.All"}}});
    const auto found = rig.find_account(rig.address());
    REQUIRE_FALSE(found.has_value());
    CHECK(found.error().code() == "entra.forbidden");
    CHECK(found.error().message().find("User.Read.All") != std::string::npos);
}

TEST_CASE("entra: behind a gateway without $batch grants and revokes go by plain calls") {
    EntraRig rig(EntraRig::usual_settings(), false);
    CHECK(code(rig.grant()) == "fine");
    CHECK(rig.is_member());
    const auto before = rig.api_calls();
    const auto again = rig.grant();
    REQUIRE(again.has_value());
    CHECK(again->applied == Applied::already_so);
    const auto revoked = rig.revoke();
    REQUIRE(revoked.has_value());
    CHECK(revoked->applied == Applied::changed);
    CHECK_FALSE(rig.is_member());
    CHECK(calls_since(rig, before) == 3);
    CHECK(rig.catastrophes() == 0);
}

TEST_CASE("entra: an item throttled inside a good batch stops all calls until it may be asked again") {
    EntraRig rig;
    sandbox::FaultRule throttled(sandbox::FaultKind::throttle_seconds, "POST", "/v1.0/groups/*/members/$ref");
    throttled.in_batch = true;
    throttled.times = 1;
    throttled.retry_after_s = 20;
    rig.sandbox().faults().add(throttled);
    const auto granted = rig.grant();
    REQUIRE_FALSE(granted.has_value());
    CHECK(granted.error().fault() == Fault::throttled);
    CHECK(granted.error().effect() == Effect::none);
    const auto before = rig.api_calls();
    const auto looked = finish(rig, rig.provider().look(rig.key(), Depth::direct, rig.world().now() + 10s));
    CHECK(code(looked) == "entra.throttled");
    CHECK(calls_since(rig, before) == 0);
}

TEST_CASE("entra: no call ever risks a person, and Graph's own description allows them all") {
    EntraRig rig;
    CHECK(code(rig.grant()) == "fine");
    CHECK(code(rig.grant()) == "fine");
    CHECK(code(rig.revoke()) == "fine");
    CHECK(code(rig.revoke()) == "fine");
    CHECK(rig.catastrophes() == 0);
    CHECK(rig.stat("users") > 0);
    for (const sandbox::Exchange& exchange : rig.sandbox().log()) {
        CHECK_FALSE(exchange.request.method == "DELETE");
        const bool deletes = exchange.request.body.find("DELETE") != std::string::npos;
        CHECK((!deletes || exchange.request.body.find("/$ref\"") != std::string::npos));
    }
}

TEST_CASE("entra: DELETE is written in one source only") {
    std::size_t uses = 0;
    for (const auto& file :
         std::filesystem::recursive_directory_iterator(ACCESSD_SOURCE_DIR "/providers/entra")) {
        if (file.path().extension() != ".cpp") {
            continue;
        }
        std::ifstream stream(file.path());
        std::stringstream text;
        text << stream.rdbuf();
        const std::string source = text.str();
        for (auto at = source.find("\"DELETE\""); at != std::string::npos;
             at = source.find("\"DELETE\"", at + 1)) {
            ++uses;
            CHECK(file.path().filename() == "membership.cpp");
        }
    }
    CHECK(uses == 1);
}
