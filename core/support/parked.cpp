#include "core/support/parked.hpp"

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <utility>

namespace accessd {

class Parked::Start {
public:
    Start(std::weak_ptr<Parked> parked, boost::asio::any_io_executor executor)
        : parked_(std::move(parked)), executor_(std::move(executor)) {}

    template <class Handler> void operator()(Handler&& handler) const {
        auto parked = parked_.lock();
        if (!parked) {
            return;
        }
        auto slot = boost::asio::get_associated_cancellation_slot(handler);
        if (slot.is_connected()) {
            slot.assign([weak = parked_](boost::asio::cancellation_type) {
                if (auto alive = weak.lock()) {
                    alive->resume(false);
                }
            });
        }
        auto stored = store_handler<bool>(std::forward<Handler>(handler));
        parked->resume_ = [stored, executor = executor_](bool value) {
            boost::asio::post(executor, [stored, value] { stored(value); });
        };
    }

private:
    std::weak_ptr<Parked> parked_;
    boost::asio::any_io_executor executor_;
};

void Parked::resume(bool value) {
    if (resume_) {
        StoredHandler<bool> handler;
        std::swap(handler, resume_);
        handler(value);
    }
}

Task<bool> park(std::weak_ptr<Parked> parked) {
    auto executor = co_await boost::asio::this_coro::executor;
    Parked::Start start(std::move(parked), executor);
    const bool value = co_await boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void(bool)>(
        start, boost::asio::use_awaitable
    );
    co_return value;
}

} // namespace accessd
