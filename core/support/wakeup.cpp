#include "core/support/wakeup.hpp"

#include "core/support/deadline.hpp"

#include <utility>

namespace accessd {

void Wakeup::notify() {
    notified_ = true;
    parked_->resume(true);
}

Task<> Wakeup::wait_until(Clock& clock, TimePoint at) {
    if (!std::exchange(notified_, false)) {
        std::weak_ptr<Parked> parked = parked_;
        co_await with_deadline(clock, at, park(std::move(parked)));
        notified_ = false;
    }
}

} // namespace accessd
