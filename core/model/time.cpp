#include "core/model/time.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <span>

namespace accessd {

namespace {

using namespace std::chrono_literals;

/// Reads a text from its front; after the first mismatch everything fails.
class Reader {
public:
    explicit Reader(std::string_view text) : rest_(text) {}

    /// Exactly `count` digits.
    int digits(std::size_t count) {
        int value = 0;
        for (std::size_t i = 0; i < count; ++i) {
            value = value * 10 + digit();
        }
        return value;
    }

    /// One or more digits, as milliseconds behind a decimal point.
    Duration fraction() {
        int value = digit() * 100;
        for (int weight = 10; good_ && !rest_.empty() && is_digit(rest_.front()); weight /= 10) {
            value += digit() * weight;
        }
        return Duration(value);
    }

    void literal(std::string_view expected) { good_ = skip(expected) && good_; }

    bool skip(std::string_view expected) {
        if (!rest_.starts_with(expected)) {
            return false;
        }
        rest_.remove_prefix(expected.size());
        return true;
    }

    /// The position of the name that comes next.
    std::size_t name(std::span<const std::string_view> names) {
        for (std::size_t i = 0; i < names.size(); ++i) {
            if (skip(names[i])) {
                return i;
            }
        }
        good_ = false;
        return 0;
    }

    bool at_end() const { return good_ && rest_.empty(); }

private:
    static bool is_digit(char c) { return c >= '0' && c <= '9'; }

    int digit() {
        if (rest_.empty() || !is_digit(rest_.front())) {
            good_ = false;
            return 0;
        }
        const int value = rest_.front() - '0';
        rest_.remove_prefix(1);
        return value;
    }

    std::string_view rest_;
    bool good_ = true;
};

constexpr std::array<std::string_view, 12> months = {
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::array<std::string_view, 7> short_days = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
constexpr std::array<std::string_view, 7> long_days = {
    "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"};

/// The parts of a date and a time of day as they were read, not yet known to exist.
class Fields {
public:
    int year = 0;
    int month = 0;
    int day = 0;
    int hour = 0;
    int minute = 0;
    int second = 0;

    void read_time(Reader& reader) {
        hour = reader.digits(2);
        reader.literal(":");
        minute = reader.digits(2);
        reader.literal(":");
        second = reader.digits(2);
    }

    void read_month(Reader& reader) { month = static_cast<int>(reader.name(months)) + 1; }

    std::optional<TimePoint> moment() const {
        const std::chrono::year_month_day date(
            std::chrono::year(year),
            std::chrono::month(static_cast<unsigned>(month)),
            std::chrono::day(static_cast<unsigned>(day))
        );
        // Both formats allow the leap second; it counts as the first second of the next minute.
        const bool leap = second == 60 && minute == 59;
        if (!date.ok() || hour > 23 || minute > 59 || (second > 59 && !leap)) {
            return std::nullopt;
        }
        return TimePoint(std::chrono::sys_days(date)) + std::chrono::hours(hour) +
               std::chrono::minutes(minute) + std::chrono::seconds(second);
    }
};

/// "Sun, 06 Nov 1994 08:49:37 GMT"
std::optional<TimePoint> parse_imf_date(std::string_view text) {
    Reader reader(text);
    Fields fields;
    reader.name(short_days);
    reader.literal(", ");
    fields.day = reader.digits(2);
    reader.literal(" ");
    fields.read_month(reader);
    reader.literal(" ");
    fields.year = reader.digits(4);
    reader.literal(" ");
    fields.read_time(reader);
    reader.literal(" GMT");
    return reader.at_end() ? fields.moment() : std::nullopt;
}

/// "Sunday, 06-Nov-94 08:49:37 GMT"; years are read as POSIX reads them: 69 to 99 are of the last century.
std::optional<TimePoint> parse_rfc850_date(std::string_view text) {
    Reader reader(text);
    Fields fields;
    reader.name(long_days);
    reader.literal(", ");
    fields.day = reader.digits(2);
    reader.literal("-");
    fields.read_month(reader);
    reader.literal("-");
    const int year = reader.digits(2);
    fields.year = year + (year >= 69 ? 1900 : 2000);
    reader.literal(" ");
    fields.read_time(reader);
    reader.literal(" GMT");
    return reader.at_end() ? fields.moment() : std::nullopt;
}

/// "Sun Nov  6 08:49:37 1994"
std::optional<TimePoint> parse_asctime_date(std::string_view text) {
    Reader reader(text);
    Fields fields;
    reader.name(short_days);
    reader.literal(" ");
    fields.read_month(reader);
    reader.literal(" ");
    fields.day = reader.skip(" ") ? reader.digits(1) : reader.digits(2);
    reader.literal(" ");
    fields.read_time(reader);
    reader.literal(" ");
    fields.year = reader.digits(4);
    return reader.at_end() ? fields.moment() : std::nullopt;
}

void append_digits(std::string& out, std::int64_t value, std::size_t width) {
    const std::string digits = std::to_string(value);
    out.append(width > digits.size() ? width - digits.size() : 0, '0');
    out += digits;
}

class Unit {
public:
    std::string_view name;
    Duration length;
};

/// From the longest to the shortest, as format_duration looks for the first that fits.
constexpr std::array<Unit, 6> units = {{
    {"w", 7 * 24h},
    {"d", 24h},
    {"h", 1h},
    {"m", 1min},
    {"s", 1s},
    {"ms", 1ms},
}};

} // namespace

std::string format_utc(TimePoint when) {
    const auto day = std::chrono::floor<std::chrono::days>(when);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss time(when - day);
    std::string out;
    append_digits(out, int(date.year()), 4);
    out += '-';
    append_digits(out, unsigned(date.month()), 2);
    out += '-';
    append_digits(out, unsigned(date.day()), 2);
    out += 'T';
    append_digits(out, time.hours().count(), 2);
    out += ':';
    append_digits(out, time.minutes().count(), 2);
    out += ':';
    append_digits(out, time.seconds().count(), 2);
    out += '.';
    append_digits(out, time.subseconds().count(), 3);
    out += 'Z';
    return out;
}

std::optional<TimePoint> parse_timestamp(std::string_view text) {
    Reader reader(text);
    Fields fields;
    fields.year = reader.digits(4);
    reader.literal("-");
    fields.month = reader.digits(2);
    reader.literal("-");
    fields.day = reader.digits(2);
    if (!reader.skip("t")) { // RFC 3339 allows both letters in lower case
        reader.literal("T");
    }
    fields.read_time(reader);
    const Duration fraction = reader.skip(".") ? reader.fraction() : Duration(0);
    Duration offset(0);
    if (!reader.skip("Z") && !reader.skip("z")) {
        const bool west = reader.skip("-");
        if (!west) {
            reader.literal("+");
        }
        const int hours = reader.digits(2);
        reader.skip(":");
        const int minutes = reader.digits(2);
        if (hours > 23 || minutes > 59) {
            return std::nullopt;
        }
        offset = (west ? -1 : 1) * (std::chrono::hours(hours) + std::chrono::minutes(minutes));
    }
    const std::optional<TimePoint> local = fields.moment();
    if (!reader.at_end() || !local) {
        return std::nullopt;
    }
    return *local + fraction - offset;
}

std::optional<TimePoint> parse_http_date(std::string_view text) {
    for (const auto parse : {parse_imf_date, parse_rfc850_date, parse_asctime_date}) {
        if (const std::optional<TimePoint> when = parse(text)) {
            return when;
        }
    }
    return std::nullopt;
}

std::optional<Duration> parse_duration(std::string_view text) {
    const std::size_t split = std::min(text.find_first_not_of("0123456789"), text.size());
    std::int64_t count = 0;
    const auto [stop, failure] = std::from_chars(text.data(), text.data() + split, count);
    if (failure != std::errc()) {
        return std::nullopt;
    }
    const auto* unit = std::ranges::find(units, text.substr(split), &Unit::name);
    if (unit == units.end() || count > Duration::max() / unit->length) {
        return std::nullopt;
    }
    return count * unit->length;
}

std::string format_duration(Duration duration) {
    if (duration == Duration(0)) {
        return "0s";
    }
    const auto* unit = std::ranges::find_if(units, [&](const Unit& candidate) {
        return duration % candidate.length == Duration(0);
    });
    return std::to_string(duration / unit->length) + std::string(unit->name);
}

} // namespace accessd
