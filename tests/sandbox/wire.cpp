#include "tests/sandbox/wire.hpp"

#include "core/support/text.hpp"

#include <array>
#include <cstdio>

namespace accessd::sandbox {

namespace {

int hex_digit(char c) {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

int base64url_digit(char c) {
    constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const std::size_t at = alphabet.find(c);
    return at == std::string_view::npos ? -1 : static_cast<int>(at);
}

} // namespace

Url::Url(std::string_view absolute) {
    const std::size_t scheme = absolute.find("://");
    const std::size_t host = scheme == std::string_view::npos ? 0 : scheme + 3;
    const std::size_t end = std::min(absolute.find_first_of("/?", host), absolute.size());
    origin = absolute.substr(0, end);
    const std::size_t question = std::min(absolute.find('?', end), absolute.size());
    path = absolute.substr(end, question - end);
    if (path.empty()) {
        path = "/";
    }
    query = question < absolute.size() ? absolute.substr(question + 1) : std::string_view();
}

std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '+' && plus_is_space) {
            out += ' ';
        } else if (text[i] != '%') {
            out += text[i];
        } else {
            const int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
            const int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
            if (high < 0 || low < 0) {
                return std::nullopt;
            }
            out += static_cast<char>(high * 16 + low);
            i += 2;
        }
    }
    return out;
}

std::optional<Pairs> parse_pairs(std::string_view text) {
    Pairs pairs;
    while (!text.empty()) {
        const std::string_view one = text.substr(0, text.find('&'));
        text.remove_prefix(std::min(one.size() + 1, text.size()));
        const std::size_t equals = one.find('=');
        if (one.empty() || equals == std::string_view::npos) {
            return std::nullopt;
        }
        auto name = percent_decode(one.substr(0, equals), true);
        auto value = percent_decode(one.substr(equals + 1), true);
        if (!name || !value) {
            return std::nullopt;
        }
        pairs.emplace_back(std::move(*name), std::move(*value));
    }
    return pairs;
}

const std::string* find_pair(const Pairs& pairs, std::string_view name) {
    for (const auto& [key, value] : pairs) {
        if (key == name) {
            return &value;
        }
    }
    return nullptr;
}

std::optional<std::string> base64url_decode(std::string_view text) {
    std::string out;
    std::uint32_t bits = 0;
    int held = 0;
    for (const char c : text) {
        const int digit = base64url_digit(c);
        if (digit < 0) {
            return std::nullopt;
        }
        bits = (bits << 6U) | static_cast<std::uint32_t>(digit);
        held += 6;
        if (held >= 8) {
            held -= 8;
            out += static_cast<char>((bits >> static_cast<unsigned>(held)) & 0xffU);
        }
    }
    // What is left over must be padding of zeros, else two texts would stand for the same bytes.
    if (text.size() % 4 == 1 || (bits & ((1U << static_cast<unsigned>(held)) - 1U)) != 0) {
        return std::nullopt;
    }
    return out;
}

void put_digits(std::string& text, std::size_t at, std::size_t count, std::int64_t number) {
    for (std::size_t i = count; i > 0; --i) {
        text[at + i - 1] = static_cast<char>('0' + number % 10);
        number /= 10;
    }
}

std::string format_http_date(TimePoint when) {
    constexpr std::array<const char*, 7> days = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    constexpr std::array<const char*, 12> months = {
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const auto day = std::chrono::floor<std::chrono::days>(when);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss time(std::chrono::floor<std::chrono::seconds>(when - day));
    std::string text = "---, 00 --- 0000 00:00:00 GMT";
    text.replace(0, 3, days[std::chrono::weekday(day).c_encoding()]);
    put_digits(text, 5, 2, static_cast<unsigned>(date.day()));
    text.replace(8, 3, months[static_cast<unsigned>(date.month()) - 1]);
    put_digits(text, 12, 4, static_cast<int>(date.year()));
    put_digits(text, 17, 2, time.hours().count());
    put_digits(text, 20, 2, time.minutes().count());
    put_digits(text, 23, 2, time.seconds().count());
    return text;
}

std::string make_uuid(std::uint32_t kind, std::uint64_t number) {
    std::array<char, 64> text{};
    const int length = std::snprintf(
        text.data(),
        text.size(),
        "%08x-0000-4000-8000-%012llx",
        kind,
        static_cast<unsigned long long>(number & 0xffffffffffffULL)
    );
    return std::string(text.data(), static_cast<std::size_t>(length));
}

bool is_uuid(std::string_view text) {
    if (text.size() != 36) {
        return false;
    }
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash ? text[i] != '-' : hex_digit(text[i]) < 0) {
            return false;
        }
    }
    return true;
}

std::string media_type(const HttpHeaders& headers) {
    const auto value = headers.find("content-type");
    return value ? ascii_lower(trim(value->substr(0, value->find(';')))) : std::string();
}

} // namespace accessd::sandbox
