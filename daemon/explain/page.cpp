#include "daemon/explain/page.hpp"

#include "core/support/json.hpp"
#include "core/support/text.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <ostream>
#include <vector>

namespace accessd {

namespace {

constexpr std::size_t width = 100;
constexpr std::size_t longest = 4096; ///< bytes of one text

std::size_t length_at(std::string_view text, std::size_t at) {
    const auto lead = static_cast<std::uint8_t>(text[at]);
    const std::size_t length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    return std::min(length, text.size() - at);
}

/// Of valid UTF-8. Whatever may be wide is taken to be: nothing of more than two bytes is narrow for sure.
std::size_t columns_at(std::string_view text, std::size_t at) {
    return length_at(text, at) > 2 ? 2 : 1;
}

std::size_t columns_of(std::string_view text) {
    std::size_t columns = 0;
    for (std::size_t at = 0; at < text.size(); at += length_at(text, at)) {
        columns += columns_at(text, at);
    }
    return columns;
}

/// How many bytes of the text go on a line of `room` columns: to the last blank, or as many as fit.
std::size_t fitting(std::string_view text, std::size_t room) {
    std::size_t columns = 0;
    std::size_t blank = 0;
    for (std::size_t at = 0; at < text.size(); at += length_at(text, at)) {
        columns += columns_at(text, at);
        if (columns > room && text[at] != ' ') {
            return blank > 0 ? blank : std::max(at, length_at(text, 0));
        }
        if (text[at] == ' ') {
            blank = at;
        }
    }
    return text.size();
}

std::vector<std::string_view> broken(std::string_view text, std::size_t room) {
    std::vector<std::string_view> lines;
    text = trim(text);
    while (!text.empty()) {
        const std::size_t length = fitting(text, room);
        lines.push_back(trim(text.substr(0, length)));
        text = trim(text.substr(length));
    }
    return lines;
}

void append_unit(std::string& out, std::uint32_t unit) {
    constexpr std::string_view hex = "0123456789abcdef";
    out += "\\u";
    for (int shift = 12; shift >= 0; shift -= 4) {
        out += hex[unit >> shift & 15U];
    }
}

/// Nothing for bytes that are no character.
std::optional<std::uint32_t> code_point(std::string_view bytes) {
    if (!is_valid_utf8(bytes)) {
        return std::nullopt;
    }
    const auto lead = static_cast<std::uint8_t>(bytes.front());
    std::uint32_t value = bytes.size() == 1 ? lead : lead & (0xFFU >> (bytes.size() + 1));
    for (const char c : bytes.substr(1)) {
        value = value << 6 | (static_cast<std::uint8_t>(c) & 0x3FU);
    }
    return value;
}

} // namespace

void Page::heading(std::string_view text) {
    const std::string escaped = escape_text(text, longest);
    for (const std::string_view line : broken(escaped, width)) {
        out_ << line << "\n";
    }
}

void Page::entry(std::string_view label, std::size_t column, std::string_view text) {
    const std::string name = "  " + escape_text(label, longest);
    const std::string escaped = escape_text(text, longest);
    const std::size_t used = columns_of(name);
    const std::string margin(column, ' ');
    const auto lines = broken(escaped, width - column);
    if (used >= column || lines.empty()) {
        out_ << name << "\n";
    }
    for (std::size_t i = 0; i < lines.size(); ++i) {
        const bool beside = i == 0 && used < column;
        out_ << (beside ? name + std::string(column - used, ' ') : margin) << lines[i] << "\n";
    }
}

std::string ascii_json(const boost::json::value& document) {
    const std::string text = canonical_json(document);
    std::string out;
    for (std::size_t at = 0; at < text.size();) {
        const auto lead = static_cast<std::uint8_t>(text[at]);
        if (lead < 0x7F) {
            out += text[at++];
            continue;
        }
        const std::string_view bytes = std::string_view(text).substr(at, length_at(text, at));
        const auto value = code_point(bytes);
        if (value && *value > 0xFFFF) {
            append_unit(out, 0xD800 + ((*value - 0x10000) >> 10));
            append_unit(out, 0xDC00 + (*value & 0x3FFU));
        } else {
            append_unit(out, value.value_or(0xFFFD));
        }
        // Of bytes that are no character only the first is skipped: a quote may follow it.
        at += value ? bytes.size() : 1;
    }
    return out;
}

} // namespace accessd
