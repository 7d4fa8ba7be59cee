#pragma once

#include "core/support/clock.hpp"
#include "core/support/handler.hpp"

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <utility>

namespace accessd::hostile {

/// Real time while a call is under way, and a leap to the next timer when none is: sockets behave as they do
/// in life, and the daemon's minutes of waiting cost nothing.
class LeapClock final : public Clock {
public:
    explicit LeapClock(boost::asio::io_context& loop);
    LeapClock(const LeapClock&) = delete;
    LeapClock& operator=(const LeapClock&) = delete;

    TimePoint now() const override;

    SteadyPoint steady() const override { return SteadyPoint(now().time_since_epoch()); }

    Task<bool> sleep_until(TimePoint when) override;

    /// Calls that keep the clock from leaping.
    void call_begins() { ++calls_; }

    void call_ends() { --calls_; }

    /// Runs the loop until the condition holds, which is asked whenever nothing is ready to run; false when
    /// it does not within `how_long` of this clock, or when the present case has used up its real time.
    bool run_until(const std::function<bool()>& condition, Duration how_long);

    /// Begins a case: how much real time everything until the next call of this may take.
    void allow(std::chrono::milliseconds real);

    bool is_used_up() const { return used_up_; }

private:
    class SleepStart;
    using Real = std::chrono::steady_clock;

    bool fire_due();
    void leap(TimePoint latest);

    boost::asio::io_context& loop_;
    TimePoint base_;
    Real::time_point started_ = Real::now();
    Real::time_point last_moment_ = Real::time_point::max();
    Duration leapt_{0};
    int calls_ = 0;
    bool used_up_ = false;
    std::uint64_t sequence_ = 0;
    std::map<std::pair<TimePoint, std::uint64_t>, StoredHandler<bool>> timers_;
};

} // namespace accessd::hostile
