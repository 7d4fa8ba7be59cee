#include "core/http/retry_after.hpp"

#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

using namespace accessd;
using namespace std::chrono_literals;

namespace {

// Thu, 15 Jan 2026 12:00:00 GMT
const TimePoint noon = std::chrono::sys_days(std::chrono::January / 15 / 2026) + 12h;

using Fields = std::vector<std::pair<std::string, std::string>>;

std::optional<Duration> wait_of(const Fields& fields) {
    HttpHeaders headers;
    for (const auto& [name, value] : fields) {
        headers.add(name, value);
    }
    const auto when = retry_after(headers, noon);
    return when ? std::optional<Duration>(*when - noon) : std::nullopt;
}

} // namespace

TEST_CASE("retry after: every form that vendors use") {
    const std::string epoch = std::to_string(noon.time_since_epoch() / 1s + 90);
    const std::string epoch_ms = std::to_string(noon.time_since_epoch() / 1ms + 90'000);
    const std::vector<std::pair<Fields, Duration>> cases = {
        {{{"Retry-After", "12"}}, 12s},
        {{{"retry-after", " 12 "}}, 12s},
        {{{"Retry-After", "1.2"}}, 2s},
        {{{"Retry-After", "Thu, 15 Jan 2026 12:01:30 GMT"}}, 90s},
        {{{"Beta-Retry-After", "7"}}, 7s},
        {{{"X-RateLimit-Reset", "2026-01-15T12:01:30Z"}}, 90s},
        {{{"X-RateLimit-Reset", epoch}}, 90s},
        {{{"X-Rate-Limit-Reset", epoch_ms}}, 90s},
        {{{"RateLimit-Reset", "42"}}, 42s},
        {{{"X-RateLimit-Reset", epoch}, {"Retry-After", "3"}}, 3s},
        {{{"Retry-After", "soon"}, {"X-RateLimit-Reset", epoch}}, 90s},
    };
    for (const auto& [fields, wait] : cases) {
        const auto& first_field = fields.front();
        CAPTURE(first_field.first);
        CAPTURE(first_field.second);
        CHECK(wait_of(fields) == wait);
    }
}

TEST_CASE("retry after: a moment counts from the vendor's own clock") {
    // Their clock is ten minutes ahead of ours.
    const std::pair<std::string, std::string> date("Date", "Thu, 15 Jan 2026 12:10:00 GMT");
    CHECK(wait_of({{"Retry-After", "Thu, 15 Jan 2026 12:10:30 GMT"}, date}) == 30s);
    CHECK(wait_of({{"X-RateLimit-Reset", "2026-01-15T12:10:30Z"}, date}) == 30s);
    CHECK(wait_of({{"Retry-After", "30"}, date}) == 30s);
}

TEST_CASE("retry after: never less than a second and never more than 65 minutes") {
    CHECK(wait_of({{"Retry-After", "0"}}) == 1s);
    CHECK(wait_of({{"Retry-After", "Thu, 15 Jan 2020 12:00:00 GMT"}}) == 1s);
    CHECK(wait_of({{"Retry-After", "86400"}}) == 65min);
    CHECK(wait_of({{"Retry-After", "9223372036854775807"}}) == 65min);
    CHECK(wait_of({{"Retry-After", "9223372036854775807.5"}}) == 65min);
    CHECK(wait_of({{"X-RateLimit-Reset", "9223372036854775807"}}) == 65min);
    CHECK(wait_of({{"X-RateLimit-Reset", "9999-12-31T23:59:59Z"}}) == 65min);
}

TEST_CASE("retry after: what is not understood says nothing") {
    for (const std::string value : {"", "-5", "soon", "1e3", "0x10", "99999999999999999999", "12, 13"}) {
        CAPTURE(value);
        CHECK_FALSE(wait_of({{"Retry-After", value}}).has_value());
    }
    CHECK_FALSE(wait_of({{"Date", "Thu, 15 Jan 2026 12:10:00 GMT"}}).has_value());
}
