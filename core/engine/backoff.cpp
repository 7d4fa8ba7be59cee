#include "core/engine/backoff.hpp"

#include <algorithm>

namespace accessd {

TimePoint retry_at(
    const RetryRule& rule, const Error& error, std::uint32_t attempt, TimePoint now, std::uint64_t dice
) {
    const std::uint32_t doublings = std::min<std::uint32_t>(attempt > 0 ? attempt - 1 : 0, 20);
    Duration grown = rule.first * (std::int64_t{1} << doublings);
    if (error.fault() == Fault::permanent) {
        grown = rule.cap;
    } else if (error.fault() == Fault::credential) {
        grown = rule.refused;
    }
    grown = std::min(grown, rule.cap);
    const Duration half = grown / 2;
    const auto spread = static_cast<std::uint64_t>(std::max<std::int64_t>(half.count(), 1));
    const TimePoint at = now + half + Duration(static_cast<std::int64_t>(dice % spread));
    // A crowd that was told the same moment must not come back at the same moment.
    const Duration stagger(static_cast<std::int64_t>(dice % 500));
    return error.retry_at() ? std::max(at, *error.retry_at() + stagger) : at;
}

} // namespace accessd
