#include "core/policy/identity.hpp"
#include "tests/core/policy/sample.hpp"

#include <doctest/doctest.h>

using namespace accessd;
using namespace accessd::policy_test;

namespace {

std::string code_of(const IdentityRule& rule, const Person& person) {
    const auto address = account_address(rule, person);
    return address ? std::string() : address.error().code();
}

} // namespace

TEST_CASE("identity: the beneficiary's address finds the account, in lower case") {
    IdentityRule rule;
    rule.allowed_domains = {"acme.example"};
    const auto address = account_address(rule, person("id-jane", "Jane@ACME.example"));
    REQUIRE(address.has_value());
    CHECK(*address == "jane@acme.example");
}

TEST_CASE("identity: every way in which a beneficiary cannot be found has its own code") {
    IdentityRule rule;
    rule.allowed_domains = {"acme.example"};
    Person odd = jane();
    CHECK(code_of(rule, Person()) == "identity.no_beneficiary");
    odd.type = AccountType::customer;
    CHECK(code_of(rule, odd) == "identity.portal_customer");
    odd.type = AccountType::app;
    CHECK(code_of(rule, odd) == "identity.not_a_user");
    odd.type = AccountType::unknown;
    CHECK(code_of(rule, odd) == "identity.not_a_user");
    odd = jane();
    odd.active = false;
    CHECK(code_of(rule, odd) == "identity.not_active");
    CHECK(code_of(rule, person("id-x", "")) == "identity.no_email");
    odd = jane();
    odd.email = "";
    CHECK(code_of(rule, odd) == "identity.no_email");
    for (const char* const address :
         {"jane",
          "@acme.example",
          "jane@",
          "jane@@acme.example",
          "jane@evil.example@acme.example",
          "jane\n@acme.example",
          "j\xc3\xa4ne@acme.example",
          "jane@acme.example ",
          "jane@acme.example\r\nX: y"}) {
        CAPTURE(address);
        CHECK(code_of(rule, person("id-x", address)) == "identity.bad_email");
    }
    for (const char* const address :
         {"jane@evil.example", "jane@sub.acme.example", "jane@acme.example.evil", "jane@notacme.example"}) {
        CAPTURE(address);
        CHECK(code_of(rule, person("id-x", address)) == "identity.foreign_domain");
    }
}

TEST_CASE("identity: without allowed domains every domain is allowed") {
    CHECK(code_of(IdentityRule(), person("id-x", "x@anywhere.example")).empty());
}

TEST_CASE("identity: a map file decides by account id alone, for users only") {
    IdentityRule rule;
    rule.match = IdentityMatch::map;
    rule.account["id-jane"] = "jane-login";
    Person hidden = person("id-jane", "");
    const auto address = account_address(rule, hidden);
    REQUIRE(address.has_value());
    CHECK(*address == "jane-login");
    CHECK(code_of(rule, person("id-bob", "jane@acme.example")) == "identity.not_mapped");
    hidden.active = false;
    CHECK(code_of(rule, hidden) == "identity.not_active");
    hidden.active = true;
    hidden.type = AccountType::app;
    CHECK(code_of(rule, hidden) == "identity.not_a_user");
}

TEST_CASE("identity: whom the map file names is never looked for by address") {
    IdentityRule rule;
    rule.allowed_domains = {"acme.example"};
    rule.account["id-jane"] = "0b9f3a52-0000-4000-8000-000000000001";
    const auto address = account_address(rule, jane());
    REQUIRE(address.has_value());
    CHECK(*address == "0b9f3a52-0000-4000-8000-000000000001");
    CHECK(*account_address(rule, person("id-jane", "x@evil.example")) == *address);
    CHECK(*account_address(rule, bob()) == "bob@acme.example");
    CHECK(code_of(rule, person("id-bob", "x@evil.example")) == "identity.foreign_domain");
}

TEST_CASE("identity: portal-only customers are known by kind or id, and refused unless they are allowed") {
    IdentityRule rule;
    rule.allowed_domains = {"acme.example"};
    Person by_kind = jane();
    by_kind.type = AccountType::customer;
    const Person by_id = person("qm:5f1e:1", "jane@acme.example");
    for (const Person& customer : {by_kind, by_id}) {
        CAPTURE(customer.account_id);
        rule.portal_customers = false;
        rule.account.clear();
        CHECK(code_of(rule, customer) == "identity.portal_customer");
        rule.account[customer.account_id] = "jane-login";
        CHECK(code_of(rule, customer) == "identity.portal_customer");
        rule.portal_customers = true;
        CHECK(*account_address(rule, customer) == "jane-login");
        rule.account.clear();
        CHECK(*account_address(rule, customer) == "jane@acme.example");
        Person left = customer;
        left.active = false;
        CHECK(code_of(rule, left) == "identity.not_active");
    }
    Person app = jane();
    app.type = AccountType::app;
    CHECK(code_of(rule, app) == "identity.not_a_user");
    app.type = AccountType::unknown;
    CHECK(code_of(rule, app) == "identity.not_a_user");
}

TEST_CASE("identity: a changed account says which it was and is, and the line that confirms it") {
    KnownIdentity now("Entra ID", "712020:a", Account("id-2", "new\nlogin"));
    const Error error = changed_identity(now, Account("id-1", "old-login"));
    CHECK(error.fault() == Fault::permanent);
    CHECK(error.code() == "identity.changed");
    CHECK(
        error.message() ==
        "Jira account 712020:a was \"old-login\" (id-1) in Entra ID and is \"new\\x0alogin\" (id-2) now; if "
        "that is right, add the line \"712020:a,id-2\" to map_file of [application.NAME.identity]"
    );
}
