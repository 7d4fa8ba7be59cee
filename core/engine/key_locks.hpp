#pragma once

#include "core/model/access.hpp"
#include "core/support/task.hpp"

#include <memory>
#include <utility>
#include <vector>

namespace accessd {

/// At most one operation at a time for each (application, entitlement, account). Loop thread only. May die
/// before the coroutines that hold or wait, but not after the loop that they run on.
class KeyLocks {
    class State;

public:
    /// The right to work on some keys; given back when it is destroyed.
    class Hold {
    public:
        Hold() = default;

        Hold(std::weak_ptr<State> locks, std::vector<AccessKey> keys)
            : locks_(std::move(locks)), keys_(std::move(keys)) {}

        Hold(Hold&& other) noexcept;
        Hold& operator=(Hold&& other) noexcept;
        Hold(const Hold&) = delete;
        Hold& operator=(const Hold&) = delete;
        ~Hold();

    private:
        void give_back();

        std::weak_ptr<State> locks_;
        std::vector<AccessKey> keys_;
    };

    KeyLocks();
    KeyLocks(const KeyLocks&) = delete;
    KeyLocks& operator=(const KeyLocks&) = delete;
    ~KeyLocks();

    /// Waits until all of them are free, and takes all of them at once: two that wait for each other's keys
    /// cannot lock up. First come, first served among those whose keys are free. Throws operation_aborted
    /// when it is cancelled, holding nothing.
    Task<Hold> lock(std::vector<AccessKey> keys);

private:
    class Waiter;

    std::shared_ptr<State> state_;
};

} // namespace accessd
