#pragma once

#include "core/model/access.hpp"
#include "core/support/task.hpp"

#include <list>
#include <memory>
#include <set>
#include <vector>

namespace accessd {

/// At most one operation at a time for each (application, entitlement, account). Loop thread only.
class KeyLocks {
public:
    /// The right to work on some keys; given back when it is destroyed.
    class Hold {
    public:
        Hold() = default;

        Hold(KeyLocks* locks, std::vector<AccessKey> keys) : locks_(locks), keys_(std::move(keys)) {}

        Hold(Hold&& other) noexcept;
        Hold& operator=(Hold&& other) noexcept;
        Hold(const Hold&) = delete;
        Hold& operator=(const Hold&) = delete;
        ~Hold();

    private:
        KeyLocks* locks_ = nullptr;
        std::vector<AccessKey> keys_;
    };

    KeyLocks() = default;
    KeyLocks(const KeyLocks&) = delete;
    KeyLocks& operator=(const KeyLocks&) = delete;
    ~KeyLocks();

    /// Waits until all of them are free, and takes all of them at once: two that wait for each other's keys
    /// cannot lock up. First come, first served among those whose keys are free. Throws operation_aborted
    /// when it is cancelled, holding nothing.
    Task<Hold> lock(std::vector<AccessKey> keys);

private:
    class Waiter;
    class WaitStart;

    bool take(const std::vector<AccessKey>& keys);
    void release(const std::vector<AccessKey>& keys);

    std::set<AccessKey> held_;
    std::list<std::shared_ptr<Waiter>> waiters_;
};

} // namespace accessd
