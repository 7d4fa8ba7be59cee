#pragma once

#include "tests/sim/dice.hpp"
#include "tests/sim/world.hpp"

#include <boost/json/object.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace accessd::test {

/// Something that happens to the world at a moment that the seed gives.
class Act {
public:
    Act(TimePoint when, std::string on_whom, std::string what, boost::json::object arguments)
        : at(when), whom(std::move(on_whom)), verb(std::move(what)), with(std::move(arguments)) {}

    TimePoint at;
    /// A vendor's model ("jsm", "entra", "entra-eu") or "faults", with its control verbs; or "machine": crash
    /// {steps} (that many handlers later), stop, start, jump {by_ms}, poll {every_ms}, disk {full}.
    std::string whom;
    std::string verb;
    boost::json::object with;
    std::optional<std::size_t> ticket; ///< what "issue" of the arguments stands for
};

/// Everything that a seed decides before the daemon starts.
class Plan {
public:
    Plan() = default;

    World::Options world;
    std::vector<Act> acts; ///< in order of time
    std::size_t tickets = 0;
    bool calm = false;     ///< nothing goes wrong with vendors, network and machine
    bool one_sick = false; ///< trouble is with "Entra EU" alone
    Duration quiet_poll{0};
    TimePoint begin{};
    TimePoint healed{}; ///< from here on nothing happens and nothing fails
    TimePoint end{};

    /// Jira, the machine and "Entra ID" are in order all the time.
    bool healthy() const { return calm || one_sick; }
};

/// Fifty tickets over thirty days, whatever people do with them, and whatever goes wrong meanwhile.
Plan make_plan(std::uint64_t seed);

// The parts of make_plan().

/// What people do with tickets and directories.
void plan_stories(Plan& plan, Dice& dice, Dice extra, const std::vector<TimePoint>& busy);
/// What goes wrong with vendors, network and machine.
void plan_trouble(Plan& plan, Dice& dice, const std::vector<TimePoint>& busy);

/// E-mail addresses of those who ask for access in a simulation.
std::vector<std::string> simulated_people();

} // namespace accessd::test
