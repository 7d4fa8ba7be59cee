#pragma once

#include "core/model/time.hpp"

#include <boost/asio/steady_timer.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <utility>

namespace accessd {

/// A timer that is set again and again, once for each use of what it guards. Loop thread only.
class TimeLimit {
public:
    /// `on_over` is called when a limit is over, never after stop() or destruction.
    TimeLimit(const boost::asio::any_io_executor& executor, std::function<void()> on_over);
    TimeLimit(const TimeLimit&) = delete;
    TimeLimit& operator=(const TimeLimit&) = delete;
    ~TimeLimit();

    void start(Duration left);
    void stop();

    /// True when the last limit came to its end.
    bool is_over() const { return state_->is_over; }

    /// A limit for the scope that it lives in.
    class Scope {
    public:
        Scope(TimeLimit& limit, Duration left) : limit_(limit) { limit_.start(left); }

        Scope(const Scope&) = delete;
        Scope& operator=(const Scope&) = delete;

        ~Scope() { limit_.stop(); }

    private:
        TimeLimit& limit_;
    };

private:
    class State {
    public:
        explicit State(std::function<void()> what) : on_over(std::move(what)) {}

        std::function<void()> on_over;
        std::uint64_t number = 0; ///< of the limit that counts; a handler with another one came too late
        bool is_over = false;
    };

    boost::asio::steady_timer timer_;
    std::shared_ptr<State> state_; ///< shared with handlers that are queued already
};

} // namespace accessd
