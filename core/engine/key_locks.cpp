#include "core/engine/key_locks.hpp"

#include "core/support/handler.hpp"

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <list>
#include <set>
#include <utility>

namespace accessd {

class KeyLocks::Waiter {
public:
    explicit Waiter(std::vector<AccessKey> wanted) : keys(std::move(wanted)) {}

    std::vector<AccessKey> keys;
    StoredHandler<bool> resume;

    void end(bool taken) {
        if (resume) {
            StoredHandler<bool> handler;
            std::swap(handler, resume);
            handler(taken);
        }
    }
};

class KeyLocks::WaitStart {
public:
    WaitStart(std::weak_ptr<Waiter> waiter, boost::asio::any_io_executor executor)
        : waiter_(std::move(waiter)), executor_(std::move(executor)) {}

    template <class Handler> void operator()(Handler&& handler) const {
        auto waiter = waiter_.lock();
        if (!waiter) {
            return;
        }
        auto slot = boost::asio::get_associated_cancellation_slot(handler);
        if (slot.is_connected()) {
            slot.assign([weak = waiter_](boost::asio::cancellation_type) {
                if (auto alive = weak.lock()) {
                    alive->end(false);
                }
            });
        }
        auto stored = store_handler<bool>(std::forward<Handler>(handler));
        waiter->resume = [stored, executor = executor_](bool taken) {
            boost::asio::post(executor, [stored, taken] { stored(taken); });
        };
    }

private:
    std::weak_ptr<Waiter> waiter_;
    boost::asio::any_io_executor executor_;
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
            // One without a handler was cancelled and only waits to be resumed.
            if ((*waiter)->resume && take((*waiter)->keys)) {
                const auto served = *waiter;
                waiter = waiters.erase(waiter);
                served->end(true);
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
    auto executor = co_await boost::asio::this_coro::executor;
    // Only the list owns the waiter: a frame that did would keep itself alive for ever.
    state_->waiters.push_back(std::make_shared<Waiter>(keys));
    const Waiter* own = state_->waiters.back().get();
    WaitStart start(state_->waiters.back(), executor);
    const bool taken = co_await boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void(bool)>(
        start, boost::asio::use_awaitable
    );
    if (!taken) {
        // One that was served is gone from the list, and another may live at its address by now.
        std::erase_if(state_->waiters, [own](const auto& waiter) { return waiter.get() == own; });
        throw boost::system::system_error(boost::asio::error::operation_aborted);
    }
    co_return Hold(state_, std::move(keys));
}

} // namespace accessd
