#include "core/engine/key_locks.hpp"

#include "core/support/parked.hpp"

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <list>
#include <set>
#include <utility>

namespace accessd {

class KeyLocks::Waiter : public Parked {
public:
    explicit Waiter(std::vector<AccessKey> wanted) : keys(std::move(wanted)) {}

    std::vector<AccessKey> keys;
};

class KeyLocks::State {
public:
    std::list<std::shared_ptr<Waiter>> waiters;

    bool take(const std::vector<AccessKey>& keys) {
        const bool busy =
            std::any_of(keys.begin(), keys.end(), [&](const AccessKey& key) { return held_.contains(key); });
        if (!busy) {
            held_.insert(keys.begin(), keys.end());
        }
        return !busy;
    }

    void release(const std::vector<AccessKey>& keys) {
        for (const AccessKey& key : keys) {
            held_.erase(key);
        }
        auto waiter = waiters.begin();
        while (waiter != waiters.end()) {
            // One that is not waiting was cancelled, and is about to leave.
            if ((*waiter)->waiting() && take((*waiter)->keys)) {
                const auto served = *waiter;
                waiter = waiters.erase(waiter);
                served->resume(true);
            } else {
                ++waiter;
            }
        }
    }

private:
    std::set<AccessKey> held_;
};

KeyLocks::Hold::Hold(Hold&& other) noexcept : locks_(std::move(other.locks_)), keys_(std::move(other.keys_)) {
    other.locks_.reset();
}

KeyLocks::Hold& KeyLocks::Hold::operator=(Hold&& other) noexcept {
    if (this != &other) {
        give_back();
        locks_ = std::move(other.locks_);
        keys_ = std::move(other.keys_);
        other.locks_.reset();
    }
    return *this;
}

KeyLocks::Hold::~Hold() {
    give_back();
}

void KeyLocks::Hold::give_back() {
    if (const auto locks = locks_.lock()) {
        locks->release(keys_);
    }
}

KeyLocks::KeyLocks() : state_(std::make_shared<State>()) {}

KeyLocks::~KeyLocks() = default;

Task<KeyLocks::Hold> KeyLocks::lock(std::vector<AccessKey> keys) {
    if (state_->take(keys)) {
        co_return Hold(state_, std::move(keys));
    }
    // Only the list owns the waiter: a frame that did would keep itself alive for ever.
    state_->waiters.push_back(std::make_shared<Waiter>(keys));
    const Waiter* own = state_->waiters.back().get();
    std::weak_ptr<Parked> parked = state_->waiters.back();
    const bool taken = co_await park(std::move(parked));
    if (!taken) {
        // One that was served is gone from the list, and another may live at its address by now.
        std::erase_if(state_->waiters, [own](const auto& waiter) { return waiter.get() == own; });
        throw boost::system::system_error(boost::asio::error::operation_aborted);
    }
    co_return Hold(state_, std::move(keys));
}

} // namespace accessd
