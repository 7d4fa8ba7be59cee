#pragma once

#include "core/model/time.hpp"
#include "core/support/task.hpp"

namespace accessd {

/// The only source of time. All are called on the loop thread only.
class Clock {
public:
    virtual ~Clock() = default;

    /// The present in UTC. May jump with the system's clock.
    virtual TimePoint now() const = 0;

    /// By which to tell how long ago something was, however the system's clock is set meanwhile.
    virtual SteadyPoint steady() const = 0;

    /// Waits until now() >= `when` as measured by a steady clock from the moment of the call; at once when
    /// `when` is past. False when cancelled.
    virtual Task<bool> sleep_until(TimePoint when) = 0;
};

} // namespace accessd
