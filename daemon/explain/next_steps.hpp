#pragma once

#include "core/model/time.hpp"
#include "daemon/explain/story.hpp"

#include <optional>
#include <string>
#include <vector>

namespace accessd {

/// What accessd will do about a request by itself, or what it waits for.
class NextStep {
public:
    NextStep(std::optional<TimePoint> when, std::string what) : at(when), text(std::move(what)) {}

    std::optional<TimePoint>
        at; ///< not before; empty: as soon as it can, or when what the text names happens
    std::string text;
};

/// At least one. Those with a time come last, the earliest first.
std::vector<NextStep> next_steps(const Story& story);

/// Where a request stands, in words.
std::string_view describe(Phase phase);

} // namespace accessd
