#pragma once

#include "core/http/http.hpp"
#include "core/model/time.hpp"

#include <optional>

namespace accessd {

/// When a throttled caller may come back, from the headers that vendors use:
/// - Retry-After and Beta-Retry-After: seconds (also with a fraction) or an HTTP-date (RFC 9110, 10.2.3)
/// - X-RateLimit-Reset, X-Rate-Limit-Reset, RateLimit-Reset: ISO 8601, seconds or milliseconds since 1970, or
///   seconds from now. https://developer.atlassian.com/cloud/jira/platform/rate-limiting/
/// A moment is read against the answer's own Date header, so that a clock of ours that is off does no harm.
/// Never less than one second and never more than 65 minutes from `now` (Jira's quotas are hourly). Nothing
/// when no header says so.
std::optional<TimePoint> retry_after(const HttpHeaders& headers, TimePoint now);

} // namespace accessd
