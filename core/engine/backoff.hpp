#pragma once

#include "core/model/access.hpp"
#include "core/model/result.hpp"
#include "core/model/time.hpp"

#include <chrono>
#include <cstdint>

namespace accessd {

/// How failing work is tried again. The only retry rule of the daemon.
class RetryRule {
public:
    RetryRule() = default;

    Duration first = std::chrono::seconds(2);
    Duration cap = std::chrono::minutes(15);
    Duration refused = std::chrono::minutes(1);   ///< after a refused credential: it may be repaired any time
    Duration park_after = std::chrono::hours(24); ///< grants; revokes are never given up
};

/// When to try again after the `attempt`-th failure (from 1): doubling from `first` to `cap`, half of it
/// random by `dice`. A vendor's own retry_at is a floor. A permanent fault of a revoke waits
/// for `cap` at once, a refused credential for `refused`.
TimePoint
retry_at(const RetryRule& rule, const Error& error, std::uint32_t attempt, TimePoint now, std::uint64_t dice);

} // namespace accessd
