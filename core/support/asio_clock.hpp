#pragma once

#include "core/support/clock.hpp"

namespace accessd {

/// The real time. Its timers run on the executor of the coroutine that waits.
class AsioClock final : public Clock {
public:
    TimePoint now() const override;
    SteadyPoint steady() const override;
    Task<bool> sleep_until(TimePoint when) override;
};

} // namespace accessd
