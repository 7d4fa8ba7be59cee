#include "core/support/text.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace accessd {

namespace {

/// One code point and its length in bytes; length 0 when the text does not start with valid UTF-8.
class CodePoint {
public:
    char32_t value = 0;
    std::size_t length = 0;
};

/// RFC 3629, with its limits: no overlong forms, no surrogates, nothing above U+10FFFF.
CodePoint first_code_point(std::string_view text) {
    CodePoint found;
    const auto lead = static_cast<std::uint8_t>(text.front());
    std::size_t length = 1;
    char32_t value = lead;
    char32_t least = 0;
    if (lead >= 0xF0 && lead < 0xF8) {
        length = 4;
        value = lead & 0x07U;
        least = 0x10000;
    } else if (lead >= 0xE0 && lead < 0xF0) {
        length = 3;
        value = lead & 0x0FU;
        least = 0x800;
    } else if (lead >= 0xC0 && lead < 0xE0) {
        length = 2;
        value = lead & 0x1FU;
        least = 0x80;
    } else if (lead >= 0x80) {
        return found;
    }
    if (text.size() < length) {
        return found;
    }
    for (std::size_t i = 1; i < length; ++i) {
        const auto next = static_cast<std::uint8_t>(text[i]);
        if ((next & 0xC0U) != 0x80) {
            return found;
        }
        value = value << 6 | (next & 0x3FU);
    }
    if (value < least || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF)) {
        return found;
    }
    found.value = value;
    found.length = length;
    return found;
}

class Range {
public:
    char32_t first;
    char32_t last;
};

/// What a terminal or a log viewer obeys or hides: C0, DEL and C1 controls, separators of lines and
/// paragraphs, marks of direction (UAX #9), invisible format characters and tags. The joiners U+200C/D stay:
/// names need them.
constexpr std::array<Range, 11> unsafe = {{
    {0x00, 0x1F},
    {0x5C, 0x5C},
    {0x7F, 0x9F},
    {0x61C, 0x61C},
    {0x200B, 0x200B},
    {0x200E, 0x200F},
    {0x2028, 0x202E},
    {0x2060, 0x206F},
    {0xFEFF, 0xFEFF},
    {0xFFF9, 0xFFFB},
    {0xE0000, 0xE007F},
}};

bool is_unsafe(char32_t value) {
    for (const Range& range : unsafe) {
        if (value >= range.first && value <= range.last) {
            return true;
        }
    }
    return false;
}

constexpr std::string_view hex = "0123456789abcdef";

void append_byte(std::string& out, std::uint8_t byte) {
    out += "\\x";
    out += hex[byte >> 4];
    out += hex[byte & 15];
}

void append_code_point(std::string& out, char32_t value) {
    out += "\\u{";
    bool begun = false;
    for (int shift = 20; shift >= 0; shift -= 4) {
        const auto digit = static_cast<std::size_t>(value >> shift & 15);
        begun = begun || digit != 0 || shift == 0;
        if (begun) {
            out += hex[digit];
        }
    }
    out += '}';
}

bool is_plain(char c) {
    return c >= 0x20 && c < 0x7F && c != '\\';
}

/// The next bit of safe text for `text`'s beginning; returns how many bytes of it were taken.
std::size_t append_safe(std::string& out, std::string_view text) {
    const CodePoint point = first_code_point(text);
    if (point.length == 0) {
        append_byte(out, static_cast<std::uint8_t>(text.front()));
        return 1;
    }
    if (!is_unsafe(point.value)) {
        out.append(text.substr(0, point.length));
    } else if (point.value < 0x80) {
        append_byte(out, static_cast<std::uint8_t>(point.value));
    } else {
        append_code_point(out, point.value);
    }
    return point.length;
}

} // namespace

std::string escape_text(std::string_view text, std::size_t limit) {
    if (text.size() <= limit && std::ranges::all_of(text, is_plain)) {
        return std::string(text); // nearly always
    }
    constexpr std::string_view mark = "...";
    const std::size_t room = limit > mark.size() ? limit - mark.size() : 0;
    std::string out;
    std::size_t cut = 0; // the last end of a whole piece that leaves room for the mark
    while (!text.empty()) {
        text.remove_prefix(append_safe(out, text));
        if (out.size() <= room) {
            cut = out.size();
        }
        if (out.size() > limit) {
            out.resize(cut);
            out += mark.substr(0, limit);
            return out;
        }
    }
    return out;
}

bool is_valid_utf8(std::string_view text) {
    while (!text.empty()) {
        const std::size_t length = first_code_point(text).length;
        if (length == 0) {
            return false;
        }
        text.remove_prefix(length);
    }
    return true;
}

} // namespace accessd
