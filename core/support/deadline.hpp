#pragma once

#include "core/support/clock.hpp"
#include "core/support/handler.hpp"
#include "core/support/task.hpp"

#include <boost/asio/async_result.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <exception>
#include <memory>
#include <optional>
#include <utility>

namespace accessd {

namespace detail {

/// What the operation and its timer share. Owned by those two and never by the waiting frame: a frame that
/// held it would keep itself alive for ever when the world ends in mid-flight.
template <class T> class Race {
public:
    boost::asio::cancellation_signal operation;
    boost::asio::cancellation_signal timer;
    std::optional<T> value;
    std::exception_ptr failure;
    bool operation_done = false;
    bool timer_done = false;
    bool timed_out = false;
    StoredHandler<bool> resume;

    // Only when both have ended is the caller resumed, so that neither can touch what is gone.
    void resume_when_over() {
        if (operation_done && timer_done && resume) {
            StoredHandler<bool> handler;
            std::swap(handler, resume);
            handler(true);
        }
    }
};

template <class T> class RaceStart {
public:
    explicit RaceStart(std::weak_ptr<Race<T>> race) : race_(std::move(race)) {}

    template <class Handler> void operator()(Handler&& handler) const {
        auto race = race_.lock();
        if (!race) {
            return;
        }
        auto slot = boost::asio::get_associated_cancellation_slot(handler);
        if (slot.is_connected()) {
            slot.assign([weak = race_](boost::asio::cancellation_type type) {
                if (auto alive = weak.lock()) {
                    alive->operation.emit(type);
                    alive->timer.emit(type);
                }
            });
        }
        race->resume = store_handler<bool>(std::forward<Handler>(handler));
    }

private:
    std::weak_ptr<Race<T>> race_;
};

} // namespace detail

/// Runs `operation` until `at`; then it is cancelled and nothing is returned. Cancelling the caller cancels
/// it too. The only place, beside TaskGroup, that touches a cancellation_signal.
template <class T> Task<std::optional<T>> with_deadline(Clock& clock, TimePoint at, Task<T> operation) {
    auto executor = co_await boost::asio::this_coro::executor;
    auto race = std::make_shared<detail::Race<T>>();
    boost::asio::co_spawn(
        executor,
        std::move(operation),
        boost::asio::bind_cancellation_slot(
            race->operation.slot(),
            [race](std::exception_ptr failure, T value) {
                race->operation_done = true;
                race->failure = failure;
                if (!failure) {
                    race->value.emplace(std::move(value));
                }
                if (!race->timer_done) {
                    race->timer.emit(boost::asio::cancellation_type::terminal);
                }
                race->resume_when_over();
            }
        )
    );
    boost::asio::co_spawn(
        executor,
        clock.sleep_until(at),
        boost::asio::bind_cancellation_slot(
            race->timer.slot(),
            [race](std::exception_ptr, bool elapsed) {
                race->timer_done = true;
                if (elapsed && !race->operation_done) {
                    race->timed_out = true;
                    race->operation.emit(boost::asio::cancellation_type::terminal);
                }
                race->resume_when_over();
            }
        )
    );
    detail::RaceStart<T> start(race);
    detail::Race<T>* outcome = race.get();
    race.reset(); // the two children own it from here
    co_await boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void(bool)>(
        start, boost::asio::use_awaitable
    );
    if (outcome->failure && !outcome->timed_out) {
        std::rethrow_exception(outcome->failure);
    }
    if (outcome->timed_out) {
        co_return std::nullopt;
    }
    std::optional<T> value(std::move(outcome->value));
    co_return value;
}

} // namespace accessd
