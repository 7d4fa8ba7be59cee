#include "tests/core/policy/promise.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <variant>

using namespace accessd;
using namespace accessd::policy_test;

// The everyday share; `./dev test policy` runs a million.
TEST_CASE("property: no history without a valid proof leads to a grant, and none with one is refused") {
    constexpr std::uint64_t histories = 5000;
    unsigned granted = 0;
    unsigned by_transition = 0;
    for (std::uint64_t seed = 1; seed <= histories; ++seed) {
        SeededChance chance(seed);
        const History history = some_history(chance);
        if (const auto wrong = disagreement(history)) {
            FAIL("seed " << seed << ": " << *wrong << "\n" << described(history));
        }
        const bool good = may_be_granted(history);
        granted += good ? 1 : 0;
        by_transition += good && history.policy.portal.evidence == EvidenceSource::transition ? 1 : 0;
    }
    // Histories that are all refused would prove nothing.
    CHECK(granted > histories / 50);
    CHECK(by_transition > histories / 100);
    CHECK(granted - by_transition > histories / 200);
}

TEST_CASE("property: a yes of somebody who may not give it never helps") {
    for (std::uint64_t seed = 1; seed <= 2000; ++seed) {
        SeededChance chance(seed);
        History history = some_history(chance);
        if (!may_be_granted(history)) {
            continue;
        }
        // The same history, but that the approver turns out to be the beneficiary.
        const auto& changes = history.ticket.changes;
        Person approver = changes.back().author;
        if (history.policy.portal.evidence == EvidenceSource::approval) {
            const auto& answers = history.ticket.approvals.back().answers;
            if (answers.empty() || answers.front().decision != ApprovalDecision::approved) {
                continue;
            }
            approver = answers.front().approver;
        } else if (changes.back().field_id != "status") {
            continue;
        }
        history.ticket.beneficiary = approver;
        const Decision decision = decide(history.ticket, history.policy, history.facts, nullptr);
        CHECK_FALSE(std::holds_alternative<Approve>(decision));
    }
}
