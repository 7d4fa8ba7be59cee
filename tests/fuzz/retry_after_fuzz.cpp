// Whatever the headers of an answer say, the wait is between a second and 65 minutes, and every moment or
// length of time that is read means what the C library or our own writer makes of it.
#include "core/http/retry_after.hpp"
#include "core/model/time.hpp"
#include "core/policy/duration.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <array>
#include <chrono>
#include <ctime>
#include <optional>
#include <string>

using namespace accessd;
using namespace std::chrono_literals;

namespace {

std::optional<std::int64_t> by_library(const std::string& text, const char* format) {
    std::tm parts{};
    const char* const end = strptime(text.c_str(), format, &parts);
    if (end == nullptr || *end != '\0') {
        return std::nullopt;
    }
    return timegm(&parts);
}

void check_http_date(const std::string& text) {
    const auto when = parse_http_date(text);
    if (!when) {
        return;
    }
    constexpr std::array formats = {
        "%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %d %H:%M:%S %Y"};
    const std::int64_t seconds = std::chrono::floor<std::chrono::seconds>(when->time_since_epoch()).count();
    const bool agreed = std::any_of(formats.begin(), formats.end(), [&](const char* format) {
        return by_library(text, format) == seconds;
    });
    fuzz::must(agreed, "an HTTP-date means the same to the C library", text);
}

void check_time(const std::string& text) {
    if (const auto when = parse_timestamp(text)) {
        const TimePoint first = std::chrono::sys_days(std::chrono::year(0) / 1 / 1);
        const TimePoint last = std::chrono::sys_days(std::chrono::year(10000) / 1 / 1);
        if (*when >= first && *when < last) {
            fuzz::must(
                parse_timestamp(format_utc(*when)) == when, "a timestamp survives being written", text
            );
        }
    }
    if (const auto length = parse_duration(text)) {
        fuzz::must(*length >= 0ms, "a duration is not negative", text);
        fuzz::must(
            parse_duration(format_duration(*length)) == length, "a duration survives being written", text
        );
    }
    if (const auto lease = parse_lease_duration(text)) {
        fuzz::must(*lease >= 1min && *lease <= 3650 * 24h, "a lease is from a minute to ten years", text);
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view rest = fuzz::as_text(data, size);
    HttpHeaders headers;
    while (!rest.empty()) {
        std::string_view line = fuzz::cut(rest, '\n');
        const std::string name(fuzz::cut(line, ':'));
        const std::string value(trim(line));
        check_http_date(value);
        check_time(value);
        headers.add(name, value);
    }
    const TimePoint now = std::chrono::sys_days(std::chrono::January / 1 / 2026);
    const auto until = retry_after(headers, now);
    fuzz::must(
        !until || (*until >= now + 1s && *until <= now + 65min), "a wait is from a second to 65 minutes"
    );
    return 0;
}
