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
    CHECK(code_of(rule, odd) == "identity.not_a_user");
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
