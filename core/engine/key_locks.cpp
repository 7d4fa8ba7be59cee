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

KeyLocks::Hold::Hold(Hold&& other) noexcept
    : locks_(std::exchange(other.locks_, nullptr)), keys_(std::move(other.keys_)) {}

KeyLocks::Hold& KeyLocks::Hold::operator=(Hold&& other) noexcept {
    if (this != &other) {
        if (locks_ != nullptr) {
            locks_->release(keys_);
        }
        locks_ = std::exchange(other.locks_, nullptr);
        keys_ = std::move(other.keys_);
    }
    return *this;
}

KeyLocks::Hold::~Hold() {
    if (locks_ != nullptr) {
        locks_->release(keys_);
    }
}

KeyLocks::~KeyLocks() {
    // What waits may hold other keys, and gives them back while it is dropped.
    const auto dropped = std::move(waiters_);
    waiters_.clear();
}

bool KeyLocks::take(const std::vector<AccessKey>& keys) {
    const bool busy =
        std::any_of(keys.begin(), keys.end(), [&](const AccessKey& key) { return held_.contains(key); });
    if (!busy) {
        held_.insert(keys.begin(), keys.end());
    }
    return !busy;
}

void KeyLocks::release(const std::vector<AccessKey>& keys) {
    for (const AccessKey& key : keys) {
        held_.erase(key);
    }
    auto waiter = waiters_.begin();
    while (waiter != waiters_.end()) {
        // One without a handler was cancelled and only waits to be resumed.
        if ((*waiter)->resume && take((*waiter)->keys)) {
            const auto served = *waiter;
            waiter = waiters_.erase(waiter);
            served->end(true);
        } else {
            ++waiter;
        }
    }
}

Task<KeyLocks::Hold> KeyLocks::lock(std::vector<AccessKey> keys) {
    if (take(keys)) {
        co_return Hold(this, std::move(keys));
    }
    auto executor = co_await boost::asio::this_coro::executor;
    // Only the list owns the waiter: a frame that did would keep itself alive for ever.
    waiters_.push_back(std::make_shared<Waiter>(keys));
    const Waiter* own = waiters_.back().get();
    WaitStart start(waiters_.back(), executor);
    const bool taken = co_await boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void(bool)>(
        start, boost::asio::use_awaitable
    );
    if (!taken) {
        // One that was served is gone from the list, and another may live at its address by now.
        std::erase_if(waiters_, [own](const std::shared_ptr<Waiter>& waiter) { return waiter.get() == own; });
        throw boost::system::system_error(boost::asio::error::operation_aborted);
    }
    co_return Hold(this, std::move(keys));
}

} // namespace accessd
