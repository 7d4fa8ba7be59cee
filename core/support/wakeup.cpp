#include "core/support/wakeup.hpp"

#include "core/support/deadline.hpp"

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <utility>

namespace accessd {

class Wakeup::State {
public:
    bool notified = false;
    StoredHandler<bool> resume;

    void end(bool value) {
        if (resume) {
            StoredHandler<bool> handler;
            std::swap(handler, resume);
            handler(value);
        }
    }
};

class Wakeup::WaitStart {
public:
    WaitStart(std::weak_ptr<State> state, boost::asio::any_io_executor executor)
        : state_(std::move(state)), executor_(std::move(executor)) {}

    template <class Handler> void operator()(Handler&& handler) const {
        auto state = state_.lock();
        if (!state) {
            return;
        }
        auto slot = boost::asio::get_associated_cancellation_slot(handler);
        if (slot.is_connected()) {
            slot.assign([weak = state_](boost::asio::cancellation_type) {
                if (auto alive = weak.lock()) {
                    alive->end(false);
                }
            });
        }
        auto stored = store_handler<bool>(std::forward<Handler>(handler));
        state->resume = [stored, executor = executor_](bool value) {
            boost::asio::post(executor, [stored, value] { stored(value); });
        };
    }

private:
    std::weak_ptr<State> state_;
    boost::asio::any_io_executor executor_;
};

Wakeup::Wakeup() : state_(std::make_shared<State>()) {}

Wakeup::~Wakeup() = default;

void Wakeup::notify() {
    state_->notified = true;
    state_->end(true);
}

Task<bool> Wakeup::wait() {
    auto executor = co_await boost::asio::this_coro::executor;
    if (!state_->notified) {
        WaitStart start(state_, executor);
        co_await boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void(bool)>(
            start, boost::asio::use_awaitable
        );
    }
    co_return std::exchange(state_->notified, false);
}

Task<> Wakeup::wait_until(Clock& clock, TimePoint at) {
    if (std::exchange(state_->notified, false)) {
        co_return;
    }
    co_await with_deadline(clock, at, wait());
}

} // namespace accessd
