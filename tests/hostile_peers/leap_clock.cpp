#include "tests/hostile_peers/leap_clock.hpp"

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>

namespace accessd::hostile {

namespace asio = boost::asio;
using namespace std::chrono_literals;

class LeapClock::SleepStart {
public:
    SleepStart(LeapClock* clock, TimePoint at) : clock_(clock), at_(at) {}

    template <class Handler> void operator()(Handler&& handler) const {
        const std::pair<TimePoint, std::uint64_t> key(at_, clock_->sequence_++);
        auto slot = asio::get_associated_cancellation_slot(handler);
        if (slot.is_connected()) {
            slot.assign([clock = clock_, key](asio::cancellation_type) {
                auto timer = clock->timers_.extract(key);
                if (!timer.empty()) {
                    asio::post(clock->loop_, [resume = std::move(timer.mapped())] { resume(false); });
                }
            });
        }
        clock_->timers_.emplace(key, store_handler<bool>(std::forward<Handler>(handler)));
    }

private:
    LeapClock* clock_;
    TimePoint at_;
};

LeapClock::LeapClock(asio::io_context& loop)
    : loop_(loop), base_(std::chrono::floor<Duration>(std::chrono::system_clock::now())) {}

TimePoint LeapClock::now() const {
    return base_ + leapt_ + std::chrono::floor<Duration>(Real::now() - started_);
}

Task<bool> LeapClock::sleep_until(TimePoint when) {
    SleepStart start(this, when);
    const bool elapsed =
        co_await asio::async_initiate<const asio::use_awaitable_t<>, void(bool)>(start, asio::use_awaitable);
    co_return elapsed;
}

void LeapClock::allow(std::chrono::milliseconds real) {
    last_moment_ = Real::now() + real;
    used_up_ = false;
}

bool LeapClock::fire_due() {
    bool fired = false;
    while (!timers_.empty() && timers_.begin()->first.first <= now()) {
        auto timer = timers_.extract(timers_.begin());
        asio::post(loop_, [resume = std::move(timer.mapped())] { resume(true); });
        fired = true;
    }
    return fired;
}

void LeapClock::leap(TimePoint latest) {
    const TimePoint next = timers_.empty() ? latest : std::min(latest, timers_.begin()->first.first);
    leapt_ += std::max(next - now(), Duration(0));
}

bool LeapClock::run_until(const std::function<bool()>& condition, Duration how_long) {
    const TimePoint until = now() + how_long;
    loop_.restart();
    while (true) {
        if (Real::now() >= last_moment_) {
            used_up_ = true;
            return false;
        }
        if (loop_.poll_one() > 0 || fire_due()) {
            continue;
        }
        if (condition()) {
            return true;
        }
        if (now() >= until) {
            return false;
        }
        if (calls_ == 0) {
            leap(until);
        } else {
            loop_.run_one_for(1ms);
        }
        loop_.restart();
    }
}

} // namespace accessd::hostile
