#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace accessd {

/// A moment in UTC, to the millisecond. Stored as milliseconds since 1970.
using TimePoint = std::chrono::sys_time<std::chrono::milliseconds>;
using Duration = std::chrono::milliseconds;

/// A reading of a clock that nobody can set. Only the time between two of them means something, and only
/// within one process: never stored.
using SteadyPoint = std::chrono::time_point<std::chrono::steady_clock, Duration>;

/// At most `age` has passed.
inline bool is_recent(SteadyPoint since, SteadyPoint now, Duration age) {
    return now - since <= age;
}

/// "2026-01-31T10:20:30.123Z".
std::string format_utc(TimePoint when);

/// RFC 3339 and Jira's variants: "2026-01-31T10:20:30.123+0000", "+00:00" or "Z"; the fraction is optional
/// and cut to milliseconds. Nothing for anything else, dates that do not exist included.
std::optional<TimePoint> parse_timestamp(std::string_view text);

/// An HTTP-date in any of RFC 9110's three forms (section 5.6.7). Nothing for anything else.
std::optional<TimePoint> parse_http_date(std::string_view text);

/// A duration with its unit: "15s", "10m", "24h", "90d" (also "ms" and "w"); digits and one unit, nothing
/// else. Nothing when it does not fit, is zero where the caller's range forbids it is the caller's to check.
std::optional<Duration> parse_duration(std::string_view text);

/// The shortest exact form of a duration in the units that parse_duration reads: "90d", "36h", "15s".
std::string format_duration(Duration duration);

} // namespace accessd
