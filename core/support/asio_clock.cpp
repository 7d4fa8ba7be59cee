#include "core/support/asio_clock.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>

namespace accessd {

namespace {

// The steady clock counts nanoseconds and would overflow on a moment that means "never".
constexpr Duration longest_wait = std::chrono::years(100);

} // namespace

TimePoint AsioClock::now() const {
    return std::chrono::floor<Duration>(std::chrono::system_clock::now());
}

SteadyPoint AsioClock::steady() const {
    return std::chrono::floor<Duration>(std::chrono::steady_clock::now());
}

Task<bool> AsioClock::sleep_until(TimePoint when) {
    const TimePoint start = now();
    if (when <= start) {
        co_return true;
    }
    const auto state = co_await boost::asio::this_coro::cancellation_state;
    if (state.cancelled() != boost::asio::cancellation_type::none) {
        co_return false;
    }
    const auto executor = co_await boost::asio::this_coro::executor;
    boost::asio::steady_timer timer(executor, std::min<Duration>(when - start, longest_wait));
    boost::system::error_code error;
    co_await timer.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, error));
    co_return !error;
}

} // namespace accessd
