#pragma once

#include "core/support/clock.hpp"

namespace accessd {

/// A deadline that stays as far away as it was, however the system's clock is set meanwhile.
class SteadyDeadline {
public:
    /// `clock` outlives it.
    SteadyDeadline(Clock& clock, TimePoint deadline)
        : clock_(clock), end_(clock.steady() + (deadline - clock.now())) {}

    SteadyPoint steady() const { return end_; }

    bool has_passed() const { return clock_.steady() >= end_; }

    /// When it is by the clock as it is set now.
    TimePoint on_clock() const { return clock_.now() + (end_ - clock_.steady()); }

private:
    Clock& clock_;
    SteadyPoint end_;
};

} // namespace accessd
