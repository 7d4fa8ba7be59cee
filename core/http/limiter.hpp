#pragma once

#include "core/model/result.hpp"
#include "core/support/clock.hpp"
#include "core/support/task.hpp"

#include <cstddef>
#include <list>
#include <memory>
#include <optional>
#include <string>

namespace accessd {

/// How many calls may be under way with one credential. Starts at `max_in_flight`, halves when the vendor
/// throttles (never below 1) and grows by one after as many successes as the limit is high. While closed by a
/// throttling answer nobody passes. Waiting is first come, first served.
class Limiter {
public:
    /// The right to one call; given back when it is destroyed.
    class Permit {
    public:
        Permit() = default;

        explicit Permit(const Limiter& limiter) : limiter_(limiter.handle_) {}

        Permit(Permit&& other) noexcept;
        Permit& operator=(Permit&& other) noexcept;
        Permit(const Permit&) = delete;
        Permit& operator=(const Permit&) = delete;
        ~Permit();

    private:
        std::shared_ptr<Limiter*> limiter_;
    };

    Limiter(std::string system, unsigned max_in_flight, Clock& clock);
    Limiter(const Limiter&) = delete;
    Limiter& operator=(const Limiter&) = delete;
    ~Limiter();

    /// Waits for a place. "<system>.throttled" (retry_at set) at once when it is closed beyond `deadline`;
    /// "<system>.busy" (transient, effect none) when no place came free until then.
    Task<Result<Permit>> acquire(TimePoint deadline);

    void succeeded();
    void throttled(TimePoint until);

    unsigned limit() const { return limit_; }

    unsigned in_flight() const { return in_flight_; }

    /// By the clock as it is set now.
    std::optional<TimePoint> closed_until() const;

private:
    class Waiter;
    class Place;

    bool closed() const;
    bool is_next(const Waiter* waiter) const;
    void release();
    void admit();
    void recheck();

    std::string system_;
    Clock& clock_;
    std::shared_ptr<Limiter*> handle_; ///< for those whose frames may die later than the limiter
    unsigned max_;
    unsigned limit_;
    unsigned in_flight_ = 0;
    unsigned successes_ = 0;
    std::optional<SteadyPoint> closed_until_;
    std::list<std::shared_ptr<Waiter>> waiters_; ///< owned here alone: a frame that did would own itself
};

} // namespace accessd
