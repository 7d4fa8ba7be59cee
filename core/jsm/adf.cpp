#include "core/jsm/adf.hpp"

#include "core/support/json.hpp"

#include <boost/json/array.hpp>

#include <cstddef>
#include <cstdint>
#include <utility>

namespace accessd {

namespace {

// In bytes, so always below Jira's limit in characters.
constexpr std::size_t max_text = 30'000;
constexpr std::size_t max_line = 8'000;
constexpr int max_depth = 32;

constexpr std::string_view replacement = "\xEF\xBF\xBD";

bool is_continuation(char byte) {
    return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U;
}

/// Length of the well-formed sequence at the start (Unicode, table 3-7), 0 when there is none.
std::size_t sequence_length(std::string_view text) {
    const auto first = static_cast<unsigned char>(text[0]);
    if (first < 0x80) {
        return 1;
    }
    const std::size_t length = first >= 0xF0 ? 4U : first >= 0xE0 ? 3U : 2U;
    if (first < 0xC2 || first > 0xF4 || text.size() < length) {
        return 0;
    }
    for (std::size_t i = 1; i < length; ++i) {
        if (!is_continuation(text[i])) {
            return 0;
        }
    }
    const auto second = static_cast<unsigned char>(text[1]);
    const bool overlong = (first == 0xE0 && second < 0xA0) || (first == 0xF0 && second < 0x90);
    const bool beyond = (first == 0xED && second > 0x9F) || (first == 0xF4 && second > 0x8F);
    return overlong || beyond ? 0 : length;
}

std::uint32_t code_point(std::string_view sequence) {
    const auto first = static_cast<unsigned char>(sequence[0]);
    if (sequence.size() == 1) {
        return first;
    }
    std::uint32_t point = first & (0xFFU >> (sequence.size() + 1));
    for (std::size_t i = 1; i < sequence.size(); ++i) {
        point = (point << 6U) | (static_cast<unsigned char>(sequence[i]) & 0x3FU);
    }
    return point;
}

/// Controls, line separators and the characters that reorder what stands beside them (Trojan Source).
bool is_unwelcome(std::uint32_t point) {
    return point < 0x20 || (point >= 0x7F && point < 0xA0) || point == 0x61C || point == 0x200E ||
           point == 0x200F || (point >= 0x2028 && point <= 0x202E) || (point >= 0x2066 && point <= 0x2069) ||
           point == 0xFEFF || point == 0xFFFE || point == 0xFFFF;
}

std::string clean(std::string_view text, std::size_t limit) {
    std::string out;
    while (!text.empty()) {
        const std::size_t length = sequence_length(text);
        const std::string_view sequence = length == 0 ? replacement : text.substr(0, length);
        text.remove_prefix(length == 0 ? 1 : length);
        if (out.size() + sequence.size() > limit) {
            out += "...";
            break;
        }
        if (sequence == "\t") {
            out += ' ';
        } else if (!is_unwelcome(code_point(sequence))) {
            out += sequence;
        }
    }
    return out;
}

boost::json::object node(std::string_view type) {
    boost::json::object made;
    made["type"] = type;
    return made;
}

/// A text node must not be empty, so an empty part has none.
void append_text(boost::json::array& content, std::string_view part, std::size_t& room) {
    std::string text = clean(part, room);
    if (text.empty()) {
        return;
    }
    room -= text.size() < room ? text.size() : room;
    boost::json::object made = node("text");
    made["text"] = std::move(text);
    content.emplace_back(std::move(made));
}

void append_paragraph(boost::json::array& content, std::string_view line, std::size_t limit) {
    std::size_t room = limit;
    boost::json::array inlines;
    while (true) {
        const std::size_t end = line.find('\n');
        append_text(inlines, line.substr(0, end), room);
        if (end == std::string_view::npos || room == 0) {
            break;
        }
        inlines.emplace_back(node("hardBreak"));
        line.remove_prefix(end + 1);
    }
    if (inlines.empty()) {
        return;
    }
    boost::json::object paragraph = node("paragraph");
    paragraph["content"] = std::move(inlines);
    content.emplace_back(std::move(paragraph));
}

void collect_text(const boost::json::value& at, std::string& out, int depth) {
    if (depth == 0) {
        return;
    }
    if (const auto text = find_string(at, "text")) {
        out += *text;
    }
    if (const boost::json::array* content = find_array(at, "content")) {
        for (const boost::json::value& child : *content) {
            collect_text(child, out, depth - 1);
        }
        out += '\n';
    }
}

} // namespace

boost::json::object adf_document(const std::vector<std::string>& lines) {
    boost::json::array content;
    std::size_t used = 0;
    for (std::size_t i = 0; i < lines.size(); ++i) {
        const bool last = i + 1 == lines.size();
        const std::size_t size = lines[i].size() < max_line ? lines[i].size() : max_line;
        if (!last && used + size > max_text - max_line) {
            continue;
        }
        used += size;
        append_paragraph(content, lines[i], max_line);
    }
    boost::json::object document = node("doc");
    document["version"] = 1;
    document["content"] = std::move(content);
    return document;
}

std::string adf_text(const boost::json::value& document) {
    std::string text;
    collect_text(document, text, max_depth);
    return text;
}

bool adf_contains(const boost::json::value& document, std::string_view needle) {
    if (needle.empty()) {
        return false;
    }
    return adf_text(document).find(needle) != std::string::npos;
}

} // namespace accessd
