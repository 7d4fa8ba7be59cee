#pragma once

#include "core/support/clock.hpp"
#include "core/support/parked.hpp"
#include "core/support/task.hpp"

#include <memory>

namespace accessd {

/// Wakes one coroutine that waits for something to do. A notify() while nobody waits is remembered. Loop
/// thread only.
class Wakeup {
public:
    Wakeup() = default;
    Wakeup(const Wakeup&) = delete;
    Wakeup& operator=(const Wakeup&) = delete;

    void notify();

    /// Until notify() or `at`, whichever comes first.
    Task<> wait_until(Clock& clock, TimePoint at);

private:
    bool notified_ = false;
    std::shared_ptr<Parked> parked_ = std::make_shared<Parked>();
};

} // namespace accessd
