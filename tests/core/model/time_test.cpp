#include "core/model/time.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <string>
#include <vector>

using namespace accessd;
using namespace std::chrono_literals;

namespace {

TimePoint at(int year, unsigned month, unsigned day, Duration time = 0ms) {
    return TimePoint(std::chrono::sys_days(
               std::chrono::year(year) / std::chrono::month(month) / std::chrono::day(day)
           )) +
           time;
}

class Moment {
public:
    std::string_view text;
    TimePoint when;
};

class Length {
public:
    std::string_view text;
    Duration duration;
};

} // namespace

TEST_CASE("time: a moment is written in UTC with milliseconds") {
    CHECK(format_utc(TimePoint(0ms)) == "1970-01-01T00:00:00.000Z");
    CHECK(format_utc(TimePoint(-1ms)) == "1969-12-31T23:59:59.999Z");
    CHECK(format_utc(at(2026, 1, 31, 10h + 20min + 30s + 123ms)) == "2026-01-31T10:20:30.123Z");
    CHECK(format_utc(at(2024, 2, 29, 5ms)) == "2024-02-29T00:00:00.005Z");
}

TEST_CASE("time: timestamps are read in RFC 3339's form and in Jira's") {
    const TimePoint second = at(2026, 1, 31, 10h + 20min + 30s);
    for (const auto& [text, when] : std::vector<Moment>{
             {"2026-01-31T10:20:30.123+0000", second + 123ms},
             {"2026-01-31T10:20:30.123+00:00", second + 123ms},
             {"2026-01-31T10:20:30.123Z", second + 123ms},
             {"2026-01-31T10:20:30Z", second},
             {"2026-01-31t10:20:30z", second},
             {"2026-01-31T10:20:30-00:00", second},
             {"2026-01-31T10:20:30.1Z", second + 100ms},
             {"2026-01-31T10:20:30.12Z", second + 120ms},
             {"2026-01-31T10:20:30.1239999Z", second + 123ms},
             {"2026-01-31T10:20:30.123456789012345678901234567890Z", second + 123ms},
             {"2026-01-31T12:20:30.123+0200", second + 123ms},
             {"2026-01-31T15:50:30+05:30", second},
             {"2026-01-31T02:20:30-08:00", second},
             {"2026-02-01T00:20:30+14:00", second},
             {"2024-02-29T00:00:00Z", at(2024, 2, 29)},
             {"2000-02-29T00:00:00Z", at(2000, 2, 29)},
             {"2016-12-31T23:59:60Z", at(2017, 1, 1)},
             {"1969-12-31T23:59:59.999Z", TimePoint(-1ms)},
             {"0000-01-01T00:00:00Z", at(0, 1, 1)},
             {"9999-12-31T23:59:59Z", at(9999, 12, 31, 24h - 1s)},
         }) {
        const auto& seen_text = text;
        CAPTURE(seen_text);
        CHECK(parse_timestamp(text) == when);
    }
}

TEST_CASE("time: whatever is no timestamp, or names no existing moment, is nothing") {
    for (const auto text :
         {"",
          "2026-01-31",
          "2026-01-31T10:20:30",
          "2026-01-31T10:20Z",
          "2026-01-31 10:20:30Z",
          "2026-01-31T10:20:30,123Z",
          "2026-01-31T10:20:30.Z",
          "2026-01-31T10:20:30.12x",
          "2026-01-31T10:20:30+00",
          "2026-01-31T10:20:30+0",
          "2026-01-31T10:20:30+24:00",
          "2026-01-31T10:20:30+00:60",
          "2026-01-31T10:20:30 +0000",
          "2026-01-31T10:20:30Zz",
          "2026-01-31T10:20:30ZZ",
          " 2026-01-31T10:20:30Z",
          "2026-01-31T10:20:30Z ",
          "2026-1-31T10:20:30Z",
          "26-01-31T10:20:30Z",
          "+2026-01-31T10:20:30Z",
          "2026-01--1T10:20:30Z",
          "2026-00-31T10:20:30Z",
          "2026-13-31T10:20:30Z",
          "2026-01-00T10:20:30Z",
          "2026-01-32T10:20:30Z",
          "2026-04-31T10:20:30Z",
          "2026-02-29T10:20:30Z",
          "1900-02-29T10:20:30Z",
          "2026-01-31T24:00:00Z",
          "2026-01-31T10:60:30Z",
          "2026-01-31T10:20:60Z",
          "2026-01-31T10:59:61Z",
          "1769854830"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_timestamp(text).has_value());
    }
}

TEST_CASE("time: what is written is read back") {
    for (const TimePoint when : {at(1970, 1, 1), at(2026, 11, 24, 20h + 27ms), at(9999, 12, 31, 24h - 1ms)}) {
        CHECK(parse_timestamp(format_utc(when)) == when);
    }
}

// RFC 9110, 5.6.7
TEST_CASE("time: an HTTP-date is read in its three forms") {
    const TimePoint when = at(1994, 11, 6, 8h + 49min + 37s);
    CHECK(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT") == when);
    CHECK(parse_http_date("Sunday, 06-Nov-94 08:49:37 GMT") == when);
    CHECK(parse_http_date("Sun Nov  6 08:49:37 1994") == when);
    CHECK(parse_http_date("Wed Nov 16 08:49:37 1994") == when + 10 * 24h);
    CHECK(parse_http_date("Tuesday, 24-Nov-26 20:00:00 GMT") == at(2026, 11, 24, 20h));
    CHECK(parse_http_date("Sat, 31 Dec 2016 23:59:60 GMT") == at(2017, 1, 1));
    CHECK(parse_http_date("Thu, 29 Feb 2024 00:00:00 GMT") == at(2024, 2, 29));
}

TEST_CASE("time: whatever is no HTTP-date is nothing") {
    for (const auto text :
         {"",
          "120",
          "Sun, 06 Nov 1994 08:49:37",
          "Sun, 06 Nov 1994 08:49:37 UTC",
          "Sun, 06 Nov 1994 08:49:37 +0000",
          "Sun, 06 Nov 1994 08:49:37 GMT ",
          "Sun, 6 Nov 1994 08:49:37 GMT",
          "sun, 06 nov 1994 08:49:37 gmt",
          "Xyz, 06 Nov 1994 08:49:37 GMT",
          "Sun, 06 Nov 94 08:49:37 GMT",
          "Sun, 31 Nov 1994 08:49:37 GMT",
          "Sun, 00 Nov 1994 08:49:37 GMT",
          "Thu, 29 Feb 2026 00:00:00 GMT",
          "Sun, 06 Nov 1994 24:49:37 GMT",
          "Sun, 06-Nov-94 08:49:37 GMT",
          "Sunday, 06-Nov-1994 08:49:37 GMT",
          "Sun Nov 6 08:49:37 1994",
          "Sun Nov  6 08:49:37 1994 GMT",
          "2026-01-31T10:20:30Z"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_http_date(text).has_value());
    }
}

TEST_CASE("time: a duration is digits and one unit") {
    for (const auto& [text, duration] : std::vector<Length>{
             {"250ms", 250ms},
             {"15s", 15s},
             {"10m", 10min},
             {"24h", 24h},
             {"90d", 90 * 24h},
             {"2w", 14 * 24h},
             {"0s", 0s},
             {"007d", 7 * 24h},
             {"9223372036854775807ms", Duration::max()},
         }) {
        const auto& seen_text = text;
        CAPTURE(seen_text);
        CHECK(parse_duration(text) == duration);
    }
}

TEST_CASE("time: whatever is no duration, or does not fit, is nothing") {
    for (const auto text :
         {"",
          "s",
          "90",
          "-1s",
          "+1s",
          "1.5h",
          "1 h",
          " 1h",
          "1h ",
          "1h30m",
          "1H",
          "1min",
          "1y",
          "1e3s",
          "9223372036854775808ms",
          "9223372036854775807s",
          "15250284453w",
          "99999999999999999999999999d"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_duration(text).has_value());
    }
}

TEST_CASE("time: a duration is written in the longest unit that is exact") {
    for (const auto& [text, duration] : std::vector<Length>{
             {"90d", 90 * 24h},
             {"36h", 36h},
             {"15s", 15s},
             {"1d", 24h},
             {"2w", 14 * 24h},
             {"90m", 90min},
             {"61s", 61s},
             {"1500ms", 1500ms},
             {"0s", 0s},
             {"-15s", -15s},
         }) {
        CHECK(format_duration(duration) == text);
    }
    CHECK(parse_duration(format_duration(Duration::max())) == Duration::max());
}
