#include "tests/support/sim_world.hpp"

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>

namespace accessd::test {

using namespace std::chrono_literals;

class SimWorld::SleepStart {
public:
    SleepStart(SimWorld* world, TimePoint true_time) : world_(world), at_(true_time) {}

    template <class Handler> void operator()(Handler&& handler) const {
        const TimerKey key{at_, world_->random_(), world_->sequence_++};
        auto slot = boost::asio::get_associated_cancellation_slot(handler);
        if (slot.is_connected()) {
            slot.assign([world = world_, key](boost::asio::cancellation_type) {
                auto timer = world->timers_.extract(key);
                if (!timer.empty()) {
                    world->finish(std::move(timer.mapped()), false);
                }
            });
        }
        world_->timers_.emplace(key, store_handler<bool>(std::forward<Handler>(handler)));
    }

private:
    SimWorld* world_;
    TimePoint at_;
};

SimWorld::SimWorld(std::uint64_t seed, TimePoint start)
    : random_(seed), true_clock_(*this), true_now_(start) {}

SimWorld::~SimWorld() {
    drop();
    shutdown();
    destroy();
}

void SimWorld::drop() {
    // Destroying a handler destroys a coroutine frame, which may drop others.
    timers_.clear();
    while (!ready_.empty()) {
        auto dropped = std::move(ready_);
        ready_.clear();
        dropped.clear();
        timers_.clear();
    }
}

SimWorld::Executor SimWorld::get_executor() {
    return Executor(this);
}

Task<bool> SimWorld::sleep_until(TimePoint when) {
    // A moment that means "never" must not overflow.
    const TimePoint latest = TimePoint::max() - std::chrono::years(100);
    SleepStart start(this, std::min(when, latest) - offset_);
    const bool elapsed =
        co_await boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void(bool)>(
            start, boost::asio::use_awaitable
        );
    co_return elapsed;
}

Task<bool> SimWorld::TrueClock::sleep_until(TimePoint when) {
    const bool elapsed = co_await world_.sleep_until(when + world_.offset_);
    co_return elapsed;
}

void SimWorld::finish(StoredHandler<bool> handler, bool elapsed) {
    push([handler = std::move(handler), elapsed] { handler(elapsed); });
}

bool SimWorld::step() {
    if (ready_.empty()) {
        if (timers_.empty()) {
            return false;
        }
        auto timer = timers_.extract(timers_.begin());
        true_now_ = std::max(true_now_, timer.key().at);
        finish(std::move(timer.mapped()), true);
    }
    const std::size_t chosen = random_() % ready_.size();
    auto item = std::move(ready_[chosen]);
    ready_[chosen] = std::move(ready_.back());
    ready_.pop_back();
    inside_ = true;
    item->run();
    inside_ = false;
    ++steps_;
    return true;
}

void SimWorld::run_steps(std::uint64_t steps, TimePoint until) {
    const auto may_step = [&] {
        return !ready_.empty() || (!timers_.empty() && timers_.begin()->first.at <= until);
    };
    for (std::uint64_t done = 0; done < steps && may_step(); ++done) {
        step();
    }
}

void SimWorld::run() {
    while (step()) {
    }
}

void SimWorld::run_until(TimePoint when) {
    while (!ready_.empty() || (!timers_.empty() && timers_.begin()->first.at <= when)) {
        step();
    }
    true_now_ = std::max(true_now_, when);
}

} // namespace accessd::test
