#include "core/http/retry_after.hpp"

#include "core/support/text.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <limits>
#include <string_view>

namespace accessd {

namespace {

using namespace std::chrono_literals;

constexpr Duration shortest = 1s;
constexpr Duration longest = 65min;

constexpr std::array<std::string_view, 2> delay_headers = {"Retry-After", "Beta-Retry-After"};
constexpr std::array<std::string_view, 3> reset_headers = {
    "X-RateLimit-Reset", "X-Rate-Limit-Reset", "RateLimit-Reset"};

/// "12" or "12.5": a fraction is rounded up to the next second.
std::optional<std::int64_t> parse_seconds(std::string_view text) {
    const std::size_t dot = text.find('.');
    if (dot == std::string_view::npos) {
        return parse_integer(text);
    }
    const auto whole = parse_integer(text.substr(0, dot));
    const auto fraction = parse_integer(text.substr(dot + 1));
    if (!whole || !fraction) {
        return std::nullopt;
    }
    const bool more = *fraction > 0 && *whole < std::numeric_limits<std::int64_t>::max();
    return *whole + (more ? 1 : 0);
}

Duration seconds_from(std::int64_t seconds) {
    return std::chrono::seconds(std::clamp<std::int64_t>(seconds, 0, 1'000'000));
}

/// How long to wait until `when` by the vendor's own clock.
Duration until(TimePoint when, const HttpHeaders& headers, TimePoint now) {
    const auto date = headers.find("Date");
    const auto theirs = date ? parse_http_date(*date) : std::nullopt;
    return when - theirs.value_or(now);
}

std::optional<Duration> read_delay(std::string_view value, const HttpHeaders& headers, TimePoint now) {
    if (const auto seconds = parse_seconds(value)) {
        return seconds_from(*seconds);
    }
    if (const auto when = parse_http_date(value)) {
        return until(*when, headers, now);
    }
    return std::nullopt;
}

std::optional<Duration> read_reset(std::string_view value, const HttpHeaders& headers, TimePoint now) {
    if (const auto when = parse_timestamp(value)) {
        return until(*when, headers, now);
    }
    const auto number = parse_integer(value);
    if (!number) {
        return std::nullopt;
    }
    // Nobody waits for thirty years: small numbers count from now, huge ones are milliseconds.
    constexpr std::int64_t least_epoch_seconds = 1'000'000'000;
    constexpr std::int64_t least_epoch_milliseconds = 100'000'000'000;
    if (*number < least_epoch_seconds) {
        return seconds_from(*number);
    }
    if (*number < least_epoch_milliseconds) {
        return until(TimePoint(std::chrono::seconds(*number)), headers, now);
    }
    constexpr std::int64_t most_epoch_milliseconds = 100'000'000'000'000;
    return until(TimePoint(Duration(std::min(*number, most_epoch_milliseconds))), headers, now);
}

template <std::size_t N, class Read>
std::optional<Duration>
first_of(const std::array<std::string_view, N>& names, const HttpHeaders& headers, TimePoint now, Read read) {
    for (const std::string_view name : names) {
        const auto value = headers.find(name);
        if (const auto wait = value ? read(trim(*value), headers, now) : std::nullopt) {
            return wait;
        }
    }
    return std::nullopt;
}

} // namespace

std::optional<TimePoint> retry_after(const HttpHeaders& headers, TimePoint now) {
    auto wait = first_of(delay_headers, headers, now, read_delay);
    if (!wait) {
        wait = first_of(reset_headers, headers, now, read_reset);
    }
    if (!wait) {
        return std::nullopt;
    }
    return now + std::clamp(*wait, shortest, longest);
}

} // namespace accessd
