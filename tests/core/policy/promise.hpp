#pragma once

#include "core/policy/decide.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

// Random histories of tickets, and what the promise says about them: said again in other words than the
// policy's, so that the two can be compared.
namespace accessd::policy_test {

/// Where chance comes from: a seed, or a fuzzer's bytes.
class Chance {
public:
    virtual ~Chance() = default;

    /// 0 to `end` - 1.
    virtual unsigned below(unsigned end) = 0;

    bool flip() { return below(2) == 1; }

    /// One time out of so many; never where chance is used up and gives zeros.
    bool rarely(unsigned one_in) { return below(one_in) == one_in - 1; }

    template <class T, std::size_t N> T any(const std::array<T, N>& all) { return all[below(N)]; }
};

/// SplitMix64: the same numbers on every machine.
class SeededChance final : public Chance {
public:
    explicit SeededChance(std::uint64_t seed) : state_(seed) {}

    unsigned below(unsigned end) override;

private:
    std::uint64_t state_;
};

/// One ticket's life as Jira tells it, the rules that it meets, what Jira says about people, and what the
/// ledger may hold of it.
class History {
public:
    History() = default;

    Policy policy; ///< with one rule
    ApproverFacts facts;
    Ticket ticket;
    Request stored; ///< an earlier life of the same ticket
};

History some_history(Chance& chance);

/// The history in lines, for whoever must understand a disagreement.
std::string described(const History& history);

/// Whether the promise allows to believe the approval: by the approval records, or by the transition.
bool approval_holds(const History& history);

/// Whether the promise lets a removal be carried out.
bool may_be_removed(const History& history);

/// Whether the promise allows a grant, to a ticket that nothing is known of.
bool may_be_granted(const History& history);

/// What is wrong with what the policy makes of the history, in one sentence; nothing when all is well.
std::optional<std::string> disagreement(const History& history);

} // namespace accessd::policy_test
