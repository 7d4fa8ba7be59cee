#include "core/support/asio_clock.hpp"
#include "core/support/deadline.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <doctest/doctest.h>

#include <optional>

using namespace accessd;
using namespace std::chrono_literals;

namespace {

template <class T> std::optional<T> run(Task<T> task) {
    boost::asio::io_context loop;
    std::optional<T> value;
    boost::asio::co_spawn(loop, std::move(task), [&](std::exception_ptr failure, T result) {
        if (!failure) {
            value = std::move(result);
        }
    });
    loop.run();
    return value;
}

/// Sleeps again after it was cancelled.
Task<bool> sleep_twice(Clock& clock, TimePoint when, bool& second) {
    const bool first = co_await clock.sleep_until(when);
    co_await boost::asio::this_coro::throw_if_cancelled(false);
    second = co_await clock.sleep_until(when);
    co_return first;
}

} // namespace

TEST_CASE("clock: a moment that is past is not waited for") {
    AsioClock clock;
    CHECK(run(clock.sleep_until(clock.now() - 1h)) == true);
    CHECK(run(clock.sleep_until(TimePoint::min())) == true);
    CHECK(run(clock.sleep_until(TimePoint(0ms))) == true);
}

TEST_CASE("clock: a short wait ends when its moment has come") {
    AsioClock clock;
    const TimePoint when = clock.now() + 2ms;
    CHECK(run(clock.sleep_until(when)) == true);
}

TEST_CASE("clock: a cancelled wait ends at once and says so, however far its moment is") {
    AsioClock clock;
    for (const TimePoint when : {clock.now() + 1h, TimePoint::max()}) {
        bool second = true;
        const auto result = run(with_deadline(clock, clock.now() - 1s, sleep_twice(clock, when, second)));
        REQUIRE(result.has_value());
        CHECK_FALSE(result->has_value());
        CHECK_FALSE(second);
    }
}

TEST_CASE("clock: a moment beyond what the steady clock counts is in the future") {
    AsioClock clock;
    const auto result = run(with_deadline(clock, clock.now() + 2ms, clock.sleep_until(TimePoint::max())));
    REQUIRE(result.has_value());
    CHECK_FALSE(result->has_value());
}
