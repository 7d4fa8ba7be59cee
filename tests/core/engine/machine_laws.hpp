#pragma once

#include "core/engine/machine.hpp"

#include <string>

namespace accessd::engine_test {

/// Everything about a situation that a step may change, as text: for comparing and for messages.
std::string describe(const Situation& situation);

/// The law that a step breaks, with what it made; empty when it keeps them all. The laws hold for every
/// situation that next() can bring about and every event.
std::string broken_law(
    const Situation& before, const Event& event, TimePoint at, const StepRules& rules, const Step& step
);

} // namespace accessd::engine_test
