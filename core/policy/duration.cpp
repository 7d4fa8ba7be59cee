#include "core/policy/duration.hpp"

#include "core/support/text.hpp"

#include <array>
#include <chrono>
#include <string>
#include <utility>

namespace accessd {

namespace {

using namespace std::chrono_literals;

constexpr std::array<std::pair<std::string_view, Duration>, 17> units = {{
    {"m", 1min},
    {"min", 1min},
    {"minute", 1min},
    {"minutes", 1min},
    {"h", 1h},
    {"hour", 1h},
    {"hours", 1h},
    {"d", 24h},
    {"day", 24h},
    {"days", 24h},
    {"w", 7 * 24h},
    {"week", 7 * 24h},
    {"weeks", 7 * 24h},
    {"month", 30 * 24h},
    {"months", 30 * 24h},
    {"year", 365 * 24h},
    {"years", 365 * 24h},
}};
constexpr Duration longest = 10 * 365 * 24h;

} // namespace

std::optional<Duration> parse_lease_duration(std::string_view text) {
    const std::string lower = ascii_lower(trim(text));
    const std::size_t digits = lower.find_first_not_of("0123456789");
    if (digits == 0 || digits == std::string::npos) {
        return std::nullopt;
    }
    const auto count = parse_integer(std::string_view(lower).substr(0, digits));
    const std::string_view unit = trim(std::string_view(lower).substr(digits));
    for (const auto& [name, length] : units) {
        if (name == unit && count && *count > 0 && *count <= longest / length) {
            return length * *count;
        }
    }
    return std::nullopt;
}

} // namespace accessd
