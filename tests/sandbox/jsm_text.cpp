#include "tests/sandbox/jsm_text.hpp"

#include "tests/sandbox/wire.hpp"

#include <array>
#include <charconv>
#include <cstdlib>

namespace accessd::sandbox::jsm {

void JsonText::separate() {
    if (out_.empty()) {
        return;
    }
    const char last = out_.back();
    if (last != '{' && last != '[' && last != ':') {
        out_ += ',';
    }
}

JsonText& JsonText::open(char bracket) {
    separate();
    out_ += bracket;
    return *this;
}

JsonText& JsonText::close(char bracket) {
    out_ += bracket;
    return *this;
}

JsonText& JsonText::key(std::string_view name) {
    separate();
    out_ += '"';
    out_ += name;
    out_ += "\":";
    return *this;
}

JsonText& JsonText::text(std::string_view value) {
    constexpr std::string_view hex = "0123456789abcdef";
    separate();
    out_ += '"';
    std::size_t written = 0;
    for (std::size_t i = 0; i < value.size(); ++i) {
        const char c = value[i];
        const auto byte = static_cast<unsigned char>(c);
        if (byte >= 0x20 && c != '"' && c != '\\') {
            continue;
        }
        out_.append(value, written, i - written);
        written = i + 1;
        if (byte < 0x20) {
            out_ += "\\u00";
            out_ += hex[byte >> 4U];
            out_ += hex[byte & 15U];
        } else {
            out_ += '\\';
            out_ += c;
        }
    }
    out_.append(value, written);
    out_ += '"';
    return *this;
}

JsonText& JsonText::number(std::int64_t value) {
    separate();
    std::array<char, 24> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    out_.append(digits.data(), end);
    return *this;
}

JsonText& JsonText::boolean(bool value) {
    separate();
    out_ += value ? "true" : "false";
    return *this;
}

JsonText& JsonText::null() {
    separate();
    out_ += "null";
    return *this;
}

JsonText& JsonText::raw(std::string_view json) {
    separate();
    out_ += json;
    return *this;
}

std::string jira_time(TimePoint when, int offset_minutes) {
    const TimePoint local = when + std::chrono::minutes(offset_minutes);
    const auto day = std::chrono::floor<std::chrono::days>(local);
    const std::chrono::year_month_day date(day);
    const auto since_midnight = (local - day).count();
    const int offset = std::abs(offset_minutes);
    std::string text = "0000-00-00T00:00:00.000+0000";
    put_digits(text, 0, 4, static_cast<int>(date.year()));
    put_digits(text, 5, 2, static_cast<unsigned>(date.month()));
    put_digits(text, 8, 2, static_cast<unsigned>(date.day()));
    put_digits(text, 11, 2, since_midnight / 3'600'000);
    put_digits(text, 14, 2, since_midnight / 60'000 % 60);
    put_digits(text, 17, 2, since_midnight / 1000 % 60);
    put_digits(text, 20, 3, since_midnight % 1000);
    text[23] = offset_minutes < 0 ? '-' : '+';
    put_digits(text, 24, 2, offset / 60);
    put_digits(text, 26, 2, offset % 60);
    return text;
}

} // namespace accessd::sandbox::jsm
