#include "tests/providers/conformance.hpp"

#include <doctest/doctest.h>

#include <array>

namespace accessd::test {

namespace {

class Case {
public:
    std::string_view name;
    void (*run)(ProviderRig& rig);
};

Result<Written> grant(ProviderRig& rig) {
    return finish(rig, rig.provider().grant(rig.key(), soon(rig)));
}

Result<Written> revoke(ProviderRig& rig) {
    return finish(rig, rig.provider().revoke(rig.key(), soon(rig)));
}

Result<Holding> look(ProviderRig& rig, Depth depth) {
    return finish(rig, rig.provider().look(rig.key(), depth, soon(rig)));
}

Result<Account> find_account(ProviderRig& rig, const std::string& address) {
    return finish(rig, rig.provider().find_account(address, soon(rig)));
}

Result<Entitlement> find_entitlement(ProviderRig& rig, const std::string& name) {
    return finish(rig, rig.provider().find_entitlement(name, soon(rig)));
}

void check_applied(const Result<Written>& written, Applied applied) {
    INFO("error: ", written ? std::string() : written.error().code() + ": " + written.error().message());
    REQUIRE(written.has_value());
    CHECK(written->applied == applied);
}

template <class T> void check_permanent(ProviderRig& rig, const Result<T>& result, std::string_view code) {
    REQUIRE_FALSE(result.has_value());
    INFO("message: ", result.error().message());
    CHECK(result.error().fault() == Fault::permanent);
    CHECK(result.error().code() == std::string(rig.provider().system()) + "." + std::string(code));
    CHECK_FALSE(result.error().message().empty());
}

void grants_and_says_so_the_second_time(ProviderRig& rig) {
    check_applied(grant(rig), Applied::changed);
    CHECK(rig.is_member());
    check_applied(grant(rig), Applied::already_so);
    CHECK(rig.is_member());
}

void revokes_and_says_so_the_second_time(ProviderRig& rig) {
    check_applied(grant(rig), Applied::changed);
    check_applied(revoke(rig), Applied::changed);
    CHECK_FALSE(rig.is_member());
    check_applied(revoke(rig), Applied::already_so);
    CHECK_FALSE(rig.is_member());
}

void revoking_who_is_no_member_changes_nothing(ProviderRig& rig) {
    check_applied(revoke(rig), Applied::already_so);
    CHECK_FALSE(rig.is_member());
}

void a_look_sees_the_truth_at_both_depths(ProviderRig& rig) {
    for (const Depth depth : {Depth::direct, Depth::effective}) {
        const auto before = look(rig, depth);
        REQUIRE(before.has_value());
        CHECK(*before == Holding::absent);
    }
    check_applied(grant(rig), Applied::changed);
    for (const Depth depth : {Depth::direct, Depth::effective}) {
        const auto after = look(rig, depth);
        REQUIRE(after.has_value());
        CHECK(*after == Holding::present);
    }
}

void a_read_back_agrees_with_the_truth(ProviderRig& rig) {
    const auto granted = grant(rig);
    REQUIRE(granted.has_value());
    CHECK(granted->seen.value_or(Holding::present) == Holding::present);
    const auto revoked = revoke(rig);
    REQUIRE(revoked.has_value());
    CHECK(revoked->seen.value_or(Holding::absent) == Holding::absent);
}

void finds_the_person_and_the_group(ProviderRig& rig) {
    const auto account = find_account(rig, rig.address());
    REQUIRE(account.has_value());
    CHECK(account->id == rig.key().account);
    CHECK_FALSE(account->name.empty());
    const auto entitlement = find_entitlement(rig, rig.group());
    REQUIRE(entitlement.has_value());
    CHECK(entitlement->id == rig.key().entitlement);
    CHECK(entitlement->name == rig.group());
}

void finds_the_person_by_the_vendors_own_id(ProviderRig& rig) {
    const auto account = find_account(rig, rig.key().account);
    REQUIRE(account.has_value());
    CHECK(account->id == rig.key().account);
}

void refuses_an_unknown_person_and_an_unknown_group(ProviderRig& rig) {
    check_permanent(rig, find_account(rig, "nobody@acme.example"), "account_not_found");
    check_permanent(rig, find_entitlement(rig, "no such group"), "entitlement_not_found");
}

void never_picks_one_of_two(ProviderRig& rig) {
    if (!rig.ambiguous_address().empty()) {
        check_permanent(rig, find_account(rig, rig.ambiguous_address()), "account_ambiguous");
    }
    if (!rig.ambiguous_group().empty()) {
        check_permanent(rig, find_entitlement(rig, rig.ambiguous_group()), "entitlement_ambiguous");
    }
}

void refuses_a_disabled_person(ProviderRig& rig) {
    check_permanent(rig, find_account(rig, rig.disabled_address()), "account_disabled");
}

void a_hostile_name_finds_nothing_and_harms_nothing(ProviderRig& rig) {
    const std::string own = rig.address();
    const std::array<std::string, 22> names = {
        "",
        " ",
        "'",
        "''",
        "\"",
        "x' or '1' eq '1",
        "x' or mail ne 'x",
        "x\" or userName pr or userName eq \"x",
        own + "' or userPrincipalName ne '",
        own + "\n",
        own + std::string(1, '\0'),
        "%27%20or%20true",
        "../groups",
        "..",
        ".",
        "/",
        "me",
        "$ref",
        "a?$filter=b#c&d=e+f",
        "\xEF\xBD\x8A" + own.substr(1), // FULLWIDTH LATIN SMALL LETTER J
        "\xFF\xFE",
        std::string(20'000, 'a'),
    };
    for (const std::string& name : names) {
        CAPTURE(name);
        const auto account = find_account(rig, name);
        REQUIRE_FALSE(account.has_value());
        CHECK(account.error().fault() == Fault::permanent);
        const auto entitlement = find_entitlement(rig, name);
        REQUIRE_FALSE(entitlement.has_value());
        CHECK(entitlement.error().fault() == Fault::permanent);
        CHECK(account.error().message().size() < 2'000);
    }
    const auto still = find_account(rig, own);
    CHECK(still.has_value());
}

void a_hostile_key_is_refused_or_harmless(ProviderRig& rig) {
    for (const std::string id : {"", ".", "..", "/", "a/b", "me", "x?y", "\xFF", "$ref"}) {
        CAPTURE(id);
        AccessKey account = rig.key();
        account.account = id;
        AccessKey entitlement = rig.key();
        entitlement.entitlement = id;
        for (const AccessKey& key : {account, entitlement}) {
            const auto granted = finish(rig, rig.provider().grant(key, soon(rig)));
            CHECK_FALSE(granted.has_value());
            const auto seen = finish(rig, rig.provider().look(key, Depth::direct, soon(rig)));
            CHECK((!seen || *seen == Holding::absent));
            (void)finish(rig, rig.provider().revoke(key, soon(rig)));
        }
    }
    CHECK_FALSE(rig.is_member());
}

constexpr std::array cases = {
    Case{"grants, and says so the second time", grants_and_says_so_the_second_time},
    Case{"revokes, and says so the second time", revokes_and_says_so_the_second_time},
    Case{"revoking who is no member changes nothing", revoking_who_is_no_member_changes_nothing},
    Case{"a look sees the truth at both depths", a_look_sees_the_truth_at_both_depths},
    Case{"a read-back agrees with the truth", a_read_back_agrees_with_the_truth},
    Case{"finds the person and the group", finds_the_person_and_the_group},
    Case{"finds the person by the vendor's own id", finds_the_person_by_the_vendors_own_id},
    Case{"refuses an unknown person and group", refuses_an_unknown_person_and_an_unknown_group},
    Case{"never picks one of two", never_picks_one_of_two},
    Case{"refuses a disabled person", refuses_a_disabled_person},
    Case{"a hostile name finds nothing", a_hostile_name_finds_nothing_and_harms_nothing},
    Case{"a hostile key is refused or harmless", a_hostile_key_is_refused_or_harmless},
};

} // namespace

TimePoint soon(ProviderRig& rig) {
    return rig.world().now() + std::chrono::seconds(30);
}

void check_contract(const RigMaker& make) {
    for (const Case& one : cases) {
        CAPTURE(one.name);
        const auto rig = make();
        one.run(*rig);
        CHECK(rig->catastrophes() == 0);
    }
}

} // namespace accessd::test
