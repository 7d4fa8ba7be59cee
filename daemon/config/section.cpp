#include "daemon/config/section.hpp"

#include "core/support/text.hpp"

#include <algorithm>
#include <map>

namespace accessd {

namespace {

constexpr std::size_t text_limit = 255;

/// True when escaping would change it. Backslashes are no danger of their own: directories have them in
/// names.
bool has_unprintable(std::string_view text) {
    std::string without_backslash(text);
    std::replace(without_backslash.begin(), without_backslash.end(), '\\', '/');
    return escape_text(without_backslash, text_limit * 2) != without_backslash;
}

} // namespace

std::string line_problem(std::string_view text) {
    if (text.empty())
        return "must not be empty";
    if (text.size() > text_limit)
        return "is longer than 255 bytes";
    if (has_unprintable(text))
        return "holds control characters";
    if (trim(text) != text)
        return "begins or ends with a blank";
    return "";
}

std::vector<std::string> plain(const std::vector<PlacedText>& texts) {
    std::vector<std::string> result;
    for (const PlacedText& text : texts)
        result.push_back(text.text);
    return result;
}

Section::Section(const Node& table, std::string title, Problems& problems)
    : table_(table), title_(std::move(title)), problems_(problems) {}

const Member* Section::find(const std::string& key, Presence presence) {
    known_.push_back(key);
    const Member* member = table_.find(key);
    if (member == nullptr && presence == Presence::required)
        problems_.add(table_.place, in_quotes(key) + " is missing in " + title_);
    return member;
}

const Node*
Section::value(const std::string& key, Presence presence, NodeKind kind, std::string_view example) {
    const Member* member = find(key, presence);
    if (member == nullptr)
        return nullptr;
    if (member->value.kind == kind)
        return &member->value;
    problems_.add(
        member->value.place,
        in_quotes(key) + " must be " + std::string(to_string(kind)) + " (" + std::string(example) +
            "), not " + std::string(to_string(member->value.kind))
    );
    return nullptr;
}

PlacedText Section::text(const std::string& key, Presence presence) {
    PlacedText result;
    result.place = table_.place;
    const Node* node = value(key, presence, NodeKind::text, "like " + key + " = \"...\"");
    if (node == nullptr)
        return result;
    result.place = node->place;
    if (node->text.empty() && presence == Presence::optional)
        return result;
    if (std::string wrong = line_problem(node->text); !wrong.empty())
        problems_.add(node->place, in_quotes(key) + " " + wrong);
    else
        result.text = node->text;
    return result;
}

const Node* Section::table(const std::string& key, Presence presence) {
    return value(key, presence, NodeKind::table, "a section of its own");
}

std::vector<PlacedText> Section::list(const std::string& key, Presence presence) {
    std::vector<PlacedText> result;
    const Node* node = value(key, presence, NodeKind::list, "like " + key + " = [\"...\"]");
    if (node == nullptr)
        return result;
    if (node->items.empty() && presence == Presence::required)
        problems_.add(node->place, in_quotes(key) + " must not be empty");
    std::map<std::string, Place> seen;
    for (const Node& item : node->items) {
        if (item.kind != NodeKind::text) {
            problems_.add(
                item.place, in_quotes(key) + " must hold text only, not " + std::string(to_string(item.kind))
            );
            continue;
        }
        if (std::string wrong = line_problem(item.text); !wrong.empty()) {
            problems_.add(item.place, "an entry of " + in_quotes(key) + " " + wrong);
            continue;
        }
        const auto [first, is_new] = seen.emplace(ascii_lower(item.text), item.place);
        if (!is_new) {
            problems_.add(
                item.place,
                in_quotes(item.text) + " is already listed at " + problems_.describe(first->second)
            );
            continue;
        }
        PlacedText entry;
        entry.text = item.text;
        entry.place = item.place;
        result.push_back(std::move(entry));
    }
    return result;
}

Duration Section::duration(const std::string& key, Duration standard, DurationRange range) {
    const Node* node =
        value(key, Presence::optional, NodeKind::text, "with its unit, like " + key + " = \"15m\"");
    if (node == nullptr)
        return standard;
    const std::optional<Duration> parsed = parse_duration(node->text);
    if (!parsed) {
        problems_.add(
            node->place, in_quotes(key) + " must be digits and one unit (s, m, h, d, w), like \"15m\""
        );
        return standard;
    }
    if (*parsed < range.least || *parsed > range.most) {
        problems_.add(
            node->place,
            in_quotes(key) + " must be between \"" + format_duration(range.least) + "\" and \"" +
                format_duration(range.most) + "\""
        );
        return standard;
    }
    return *parsed;
}

std::int64_t Section::integer(const std::string& key, std::int64_t standard, IntegerRange range) {
    const Node* node =
        value(key, Presence::optional, NodeKind::integer, "without quotes, like " + key + " = 2");
    if (node == nullptr)
        return standard;
    if (node->integer < range.least || node->integer > range.most) {
        problems_.add(
            node->place,
            in_quotes(key) + " must be between " + std::to_string(range.least) + " and " +
                std::to_string(range.most)
        );
        return standard;
    }
    return node->integer;
}

bool Section::boolean(const std::string& key, bool standard) {
    const Node* node = value(key, Presence::optional, NodeKind::boolean, "without quotes");
    return node == nullptr ? standard : node->boolean;
}

PlacedText Section::path(const std::string& key, Presence presence) {
    PlacedText result = text(key, presence);
    if (!result.text.empty() && !result.text.starts_with('/')) {
        problems_.add(result.place, in_quotes(key) + " must be an absolute path");
        result.text.clear();
    }
    return result;
}

std::size_t Section::choice_index(const std::string& key, const std::vector<std::string>& names) {
    const PlacedText chosen = text(key);
    if (chosen.text.empty())
        return names.size();
    const auto found = std::find(names.begin(), names.end(), chosen.text);
    if (found == names.end()) {
        problems_.add(
            chosen.place,
            in_quotes(key) + " cannot be " + in_quotes(chosen.text) + suggestion(chosen.text, names)
        );
    }
    return static_cast<std::size_t>(found - names.begin());
}

void Section::finish() {
    for (const Member& member : table_.members) {
        if (std::find(known_.begin(), known_.end(), member.name) != known_.end())
            continue;
        problems_.add(
            member.place,
            "unknown key " + in_quotes(member.name) + " in " + title_ + suggestion(member.name, known_)
        );
    }
}

} // namespace accessd
