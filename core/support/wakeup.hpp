#pragma once

#include "core/support/clock.hpp"
#include "core/support/handler.hpp"
#include "core/support/task.hpp"

#include <memory>

namespace accessd {

/// Wakes one coroutine that waits for something to do. A notify() while nobody waits is remembered. Loop
/// thread only.
class Wakeup {
public:
    Wakeup();
    Wakeup(const Wakeup&) = delete;
    Wakeup& operator=(const Wakeup&) = delete;
    ~Wakeup();

    void notify();

    /// Until notify() or `at`, whichever comes first.
    Task<> wait_until(Clock& clock, TimePoint at);

private:
    class State;
    class WaitStart;

    Task<bool> wait();

    std::shared_ptr<State> state_;
};

} // namespace accessd
