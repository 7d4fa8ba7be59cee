#include "core/engine/backoff.hpp"

#include <algorithm>

namespace accessd {

TimePoint retry_at(
    const RetryRule& rule, const Error& error, std::uint32_t attempt, TimePoint now, std::uint64_t dice
) {
    const bool hopeless = error.fault() == Fault::permanent || error.fault() == Fault::credential;
    const std::uint32_t doublings = std::min<std::uint32_t>(attempt > 0 ? attempt - 1 : 0, 20);
    const Duration grown =
        hopeless ? rule.cap : std::min(rule.cap, rule.first * (std::int64_t{1} << doublings));
    const Duration half = grown / 2;
    const auto spread = static_cast<std::uint64_t>(std::max<std::int64_t>(half.count(), 1));
    const TimePoint at = now + half + Duration(static_cast<std::int64_t>(dice % spread));
    // A crowd that was told the same moment must not come back at the same moment.
    const Duration stagger(static_cast<std::int64_t>(dice % 500));
    return error.retry_at() ? std::max(at, *error.retry_at() + stagger) : at;
}

} // namespace accessd
