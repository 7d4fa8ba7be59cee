#pragma once

#include "core/support/clock.hpp"
#include "core/support/handler.hpp"
#include "core/support/random.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/execution.hpp>
#include <boost/asio/execution_context.hpp>

#include <compare>
#include <cstdint>
#include <exception>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <stdexcept>
#include <type_traits>
#include <utility>
#include <vector>

namespace accessd::test {

/// A world with its own time and its own order of events, both given by a seed: an execution context whose
/// ready handlers run in random order and whose clock jumps to the next timer when nothing is ready. The same
/// seed gives the same run.
///
/// There are two times: true time, which only moves forward and by which everything happens, and now(), what
/// the machine's clock shows. They are the same until jump().
class SimWorld final : public boost::asio::execution_context, public Clock, public Random {
public:
    class Executor;

    explicit SimWorld(
        std::uint64_t seed = 1, TimePoint start = std::chrono::sys_days(std::chrono::January / 1 / 2026)
    );
    ~SimWorld() override;

    TimePoint now() const override { return true_now_ + offset_; }

    SteadyPoint steady() const override { return SteadyPoint(true_now_.time_since_epoch()); }

    /// True time, as a clock to be read (its sleep_until() is this world's).
    const Clock& true_clock() const { return true_clock_; }

    TimePoint true_now() const { return true_now_; }

    /// Somebody sets the machine's clock. Who sleeps goes on sleeping for as long as was left, as with a
    /// steady timer.
    void jump(Duration by) { offset_ += by; }

    /// How far the machine's clock is off.
    Duration offset() const { return offset_; }

    Task<bool> sleep_until(TimePoint when) override;

    std::uint64_t next() override { return random_(); }

    Executor get_executor();

    /// Runs one handler; false when nothing is left to do and no timer is set.
    bool step();
    /// Runs so many handlers, fewer when there is nothing to do until `until` of true time.
    void run_steps(std::uint64_t steps, TimePoint until);
    /// Runs until nothing is left to do.
    void run();
    /// Runs everything that is due until `when` of true time, and sets the clock to it.
    void run_until(TimePoint when);

    /// Destroys every coroutine that waits here, as the end of a process does.
    void drop();

    std::uint64_t steps() const { return steps_; }

    std::size_t ready() const { return ready_.size(); }

    std::size_t timers() const { return timers_.size(); }

    /// Runs a coroutine to its end and returns its value. Throws when it never ends.
    template <class T> T run(Task<T> task);

private:
    class Item {
    public:
        virtual ~Item() = default;
        virtual void run() = 0;
    };

    template <class F> class Held final : public Item {
    public:
        explicit Held(F function) : function_(std::move(function)) {}

        void run() override {
            F function(std::move(function_));
            function();
        }

    private:
        F function_;
    };

    class TimerKey {
    public:
        TimePoint at;
        std::uint64_t tie;
        std::uint64_t sequence;
        auto operator<=>(const TimerKey&) const = default;
    };

    class SleepStart;

    class TrueClock final : public Clock {
    public:
        explicit TrueClock(SimWorld& world) : world_(world) {}

        TimePoint now() const override { return world_.true_now_; }

        SteadyPoint steady() const override { return world_.steady(); }

        Task<bool> sleep_until(TimePoint when) override;

    private:
        SimWorld& world_;
    };

    template <class F> void push(F&& function) {
        ready_.push_back(std::make_unique<Held<std::decay_t<F>>>(std::forward<F>(function)));
    }

    void finish(StoredHandler<bool> handler, bool elapsed);

    std::vector<std::unique_ptr<Item>> ready_;
    std::map<TimerKey, StoredHandler<bool>> timers_;
    std::mt19937_64 random_;
    TrueClock true_clock_;
    TimePoint true_now_;
    Duration offset_{0};
    std::uint64_t sequence_ = 0;
    std::uint64_t steps_ = 0;
    bool inside_ = false;
};

/// What any_io_executor asks of an executor, over SimWorld's queue.
class SimWorld::Executor {
public:
    explicit Executor(SimWorld* world, bool never_inline = false)
        : world_(world), never_inline_(never_inline) {}

    bool operator==(const Executor&) const noexcept = default;

    boost::asio::execution_context& query(boost::asio::execution::context_t) const noexcept {
        return *world_;
    }

    static constexpr boost::asio::execution::mapping_t query(boost::asio::execution::mapping_t) noexcept {
        return boost::asio::execution::mapping.thread;
    }

    boost::asio::execution::blocking_t query(boost::asio::execution::blocking_t) const noexcept {
        return never_inline_ ? boost::asio::execution::blocking_t(boost::asio::execution::blocking.never)
                             : boost::asio::execution::blocking_t(boost::asio::execution::blocking.possibly);
    }

    Executor require(boost::asio::execution::blocking_t::never_t) const { return Executor(world_, true); }

    Executor require(boost::asio::execution::blocking_t::possibly_t) const { return Executor(world_, false); }

    Executor require(boost::asio::execution::outstanding_work_t::tracked_t) const { return *this; }

    Executor require(boost::asio::execution::outstanding_work_t::untracked_t) const { return *this; }

    boost::asio::execution::outstanding_work_t query(boost::asio::execution::outstanding_work_t
    ) const noexcept {
        return boost::asio::execution::outstanding_work.untracked;
    }

    Executor require(boost::asio::execution::relationship_t::fork_t) const { return *this; }

    Executor require(boost::asio::execution::relationship_t::continuation_t) const { return *this; }

    boost::asio::execution::relationship_t query(boost::asio::execution::relationship_t) const noexcept {
        return boost::asio::execution::relationship.fork;
    }

    template <class F> void execute(F&& function) const {
        if (!never_inline_ && world_->inside_) {
            std::decay_t<F> now(std::forward<F>(function));
            now();
        } else {
            world_->push(std::forward<F>(function));
        }
    }

private:
    SimWorld* world_;
    bool never_inline_;
};

template <class T> T SimWorld::run(Task<T> task) {
    std::optional<T> value;
    std::exception_ptr failure;
    boost::asio::co_spawn(get_executor(), std::move(task), [&](std::exception_ptr thrown, T result) {
        failure = thrown;
        value.emplace(std::move(result));
    });
    while (!value && step()) {
    }
    if (failure) {
        std::rethrow_exception(failure);
    }
    if (!value) {
        throw std::runtime_error("the coroutine never ended");
    }
    return std::move(*value);
}

} // namespace accessd::test
