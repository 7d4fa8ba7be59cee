#include "core/http/limiter.hpp"

#include "core/support/deadline.hpp"
#include "core/support/parked.hpp"
#include "core/support/steady_deadline.hpp"

#include <algorithm>
#include <utility>

namespace accessd {

class Limiter::Waiter : public Parked {
public:
    Waiter() = default;

    bool admitted = false; ///< counted in in_flight_
};

/// A place in the queue. Leaving it without having taken the permit gives the permit on.
class Limiter::Place {
public:
    explicit Place(Limiter& limiter) : limiter_(limiter.handle_) {
        limiter.waiters_.push_back(std::make_shared<Waiter>());
        waiter_ = limiter.waiters_.back().get();
        parked_ = limiter.waiters_.back();
    }

    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;

    ~Place() {
        Limiter* limiter = *limiter_;
        if (limiter == nullptr) {
            return;
        }
        const bool unused = waiter_->admitted && !taken_;
        std::erase_if(limiter->waiters_, [this](const auto& waiter) { return waiter.get() == waiter_; });
        // The next one may have looked already and wait for nothing but this place.
        if (unused) {
            limiter->release();
        } else {
            limiter->admit();
        }
    }

    Waiter& waiter() { return *waiter_; }

    std::weak_ptr<Parked> parked() const { return parked_; }

    Permit take() {
        taken_ = true;
        return Permit(**limiter_);
    }

private:
    std::shared_ptr<Limiter*> limiter_;
    Waiter* waiter_ = nullptr;
    std::weak_ptr<Parked> parked_;
    bool taken_ = false;
};

Limiter::Permit::Permit(Permit&& other) noexcept : limiter_(std::move(other.limiter_)) {}

Limiter::Permit& Limiter::Permit::operator=(Permit&& other) noexcept {
    if (this != &other) {
        const Permit old(std::move(*this));
        limiter_ = std::move(other.limiter_);
    }
    return *this;
}

Limiter::Permit::~Permit() {
    if (limiter_ && *limiter_ != nullptr) {
        (*limiter_)->release();
    }
}

Limiter::Limiter(std::string system, unsigned max_in_flight, Clock& clock)
    : system_(std::move(system)), clock_(clock), handle_(std::make_shared<Limiter*>(this)),
      max_(std::max(max_in_flight, 1U)), limit_(max_) {}

Limiter::~Limiter() {
    *handle_ = nullptr;
}

bool Limiter::closed() const {
    return closed_until_ && *closed_until_ > clock_.steady();
}

std::optional<TimePoint> Limiter::closed_until() const {
    if (!closed_until_) {
        return std::nullopt;
    }
    return clock_.now() + (*closed_until_ - clock_.steady());
}

bool Limiter::is_next(const Waiter* waiter) const {
    const auto first = std::find_if(waiters_.begin(), waiters_.end(), [](const auto& candidate) {
        return !candidate->admitted;
    });
    return first == waiters_.end() || first->get() == waiter;
}

Task<Result<Limiter::Permit>> Limiter::acquire(TimePoint deadline) {
    if (!closed() && in_flight_ < limit_ && is_next(nullptr)) {
        ++in_flight_;
        co_return Permit(*this);
    }
    Place place(*this);
    const SteadyDeadline end(clock_, deadline);
    while (true) {
        if (place.waiter().admitted) {
            co_return place.take();
        }
        const bool shut = closed();
        if (shut && *closed_until_ >= end.steady()) {
            co_return Error::throttled_until(
                *closed_until(),
                system_ + ".throttled",
                "the vendor asked us to wait until " + format_utc(*closed_until())
            );
        }
        if (end.has_passed()) {
            co_return Error(
                Fault::transient,
                system_ + ".busy",
                "no call could be started in time: " + std::to_string(in_flight_) + " are under way"
            );
        }
        if (!shut && in_flight_ < limit_ && is_next(&place.waiter())) {
            place.waiter().admitted = true;
            ++in_flight_;
            admit();
            continue;
        }
        TimePoint until = end.on_clock();
        if (shut) {
            until = *closed_until();
        }
        co_await with_deadline(clock_, until, park(place.parked()));
    }
}

void Limiter::release() {
    --in_flight_;
    admit();
}

/// Gives free places to those who wait, in their order.
void Limiter::admit() {
    if (closed()) {
        return;
    }
    for (const auto& waiter : waiters_) {
        if (in_flight_ >= limit_) {
            return;
        }
        if (!waiter->admitted) {
            waiter->admitted = true;
            ++in_flight_;
            waiter->resume(true);
        }
    }
}

/// Everybody who waits looks again how long.
void Limiter::recheck() {
    for (const auto& waiter : waiters_) {
        waiter->resume(false);
    }
}

void Limiter::succeeded() {
    if (limit_ < max_ && ++successes_ >= limit_) {
        successes_ = 0;
        ++limit_;
        admit();
    }
}

void Limiter::throttled(TimePoint until) {
    limit_ = std::max(limit_ / 2, 1U);
    successes_ = 0;
    const SteadyPoint opens = SteadyDeadline(clock_, until).steady();
    closed_until_ = std::max(closed_until_.value_or(opens), opens);
    recheck();
}

} // namespace accessd
