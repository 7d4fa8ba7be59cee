#pragma once

#include "core/support/handler.hpp"
#include "core/support/task.hpp"

#include <memory>

namespace accessd {

/// One coroutine that waits to be resumed by somebody on the same thread. It must not be owned by the waiting
/// coroutine: that frame would own itself, and live for ever when the world ends in mid-wait.
class Parked {
public:
    Parked() = default;

    bool waiting() const { return static_cast<bool>(resume_); }

    /// Resumes it with `value`, through its executor and never from within this call. Nothing when nobody
    /// waits.
    void resume(bool value);

private:
    class Start;
    friend Task<bool> park(std::weak_ptr<Parked> parked);

    StoredHandler<bool> resume_;
};

/// Waits for resume() and gives its value; false when cancelled.
Task<bool> park(std::weak_ptr<Parked> parked);

} // namespace accessd
