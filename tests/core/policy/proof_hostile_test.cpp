#include "core/policy/proof.hpp"
#include "core/support/json.hpp"
#include "core/support/text.hpp"
#include "tests/core/policy/sample.hpp"

#include <doctest/doctest.h>

#include <chrono>

using namespace accessd;
using namespace accessd::policy_test;
using namespace std::chrono_literals;

TEST_CASE("proof: hostile texts stay harmless in reasons and evidence") {
    const std::string hostile = std::string("\x1b[2J\nEVENT=granted \u202e\xff\"}]") + std::string(5000, 'A');
    const auto check = [](const Ticket& ticket, const AccessRule& rule) {
        const auto judged = prove(ticket, portal(), rule, {});
        const auto* unproven = std::get_if<Unproven>(&judged);
        REQUIRE(unproven != nullptr);
        CHECK(unproven->reason.size() < 1000);
        CHECK(is_valid_utf8(unproven->reason));
        CHECK(unproven->reason.find_first_of("\x1b\n\r") == std::string::npos);
        CHECK(unproven->reason.find("\u202e") == std::string::npos);
    };
    Ticket forged = ticket();
    SUBCASE("name of a step") {
        forged.approvals[0].name = hostile;
        forged.approvals[0].final_decision = ApprovalDecision::declined;
    }
    SUBCASE("address of an approver") {
        forged.approvals[0].answers = {answer(person("id-x", hostile))};
    }
    SUBCASE("account id of an approver") {
        forged.approvals[0].answers = {answer(person(hostile, ""))};
    }
    SUBCASE("author of a change") {
        forged.changes.push_back(change("503", at(20min), "cf_type", "x", person("id-x", hostile)));
    }
    check(forged, rule());
}

TEST_CASE("proof: evidence is JSON whatever the ids contain") {
    Ticket odd = ticket();
    odd.approvals[0].id = "\"},{\"\n";
    const auto judged = prove(odd, portal(), rule(), {});
    const auto* proof = std::get_if<Proof>(&judged);
    REQUIRE(proof != nullptr);
    const auto parsed = parse_json(proof->evidence);
    CHECK(parsed.has_value());
}
