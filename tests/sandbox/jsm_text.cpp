#include "tests/sandbox/jsm_text.hpp"

#include <array>
#include <charconv>
#include <cstdio>
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
    text(name);
    out_ += ':';
    return *this;
}

JsonText& JsonText::text(std::string_view value) {
    constexpr std::string_view hex = "0123456789abcdef";
    separate();
    out_ += '"';
    for (const char c : value) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out_ += '\\';
            out_ += c;
        } else if (byte < 0x20) {
            out_ += "\\u00";
            out_ += hex[byte >> 4U];
            out_ += hex[byte & 15U];
        } else {
            out_ += c;
        }
    }
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
    std::array<char, 48> text{};
    const int length = std::snprintf(
        text.data(),
        text.size(),
        "%04d-%02u-%02uT%02d:%02d:%02d.%03d%c%02d%02d",
        static_cast<int>(date.year()),
        static_cast<unsigned>(date.month()),
        static_cast<unsigned>(date.day()),
        static_cast<int>(since_midnight / 3'600'000),
        static_cast<int>(since_midnight / 60'000 % 60),
        static_cast<int>(since_midnight / 1000 % 60),
        static_cast<int>(since_midnight % 1000),
        offset_minutes < 0 ? '-' : '+',
        offset / 60,
        offset % 60
    );
    return {text.data(), static_cast<std::size_t>(length)};
}

} // namespace accessd::sandbox::jsm
