#pragma once

#include "core/model/time.hpp"
#include "daemon/config/document.hpp"
#include "daemon/config/problems.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace accessd {

/// Text with its place, for checks that come after reading.
class PlacedText {
public:
    PlacedText() = default;

    std::string text;
    Place place;
};

/// The shortest and the longest duration that a key takes.
class DurationRange {
public:
    constexpr DurationRange(Duration least_allowed, Duration most_allowed)
        : least(least_allowed), most(most_allowed) {}

    Duration least;
    Duration most;
};

/// The least and the greatest number that a key takes.
class IntegerRange {
public:
    constexpr IntegerRange(std::int64_t least_allowed, std::int64_t most_allowed)
        : least(least_allowed), most(most_allowed) {}

    std::int64_t least;
    std::int64_t most;
};

enum class Presence : std::uint8_t { optional, required };

/// Reads the keys of one table. Each reader notes that its key is known, and reports what is wrong with it;
/// what is wrong reads like an absent key. `finish` then reports the keys that nobody knew.
class Section {
public:
    /// `title` names the table in messages: "[jira]". `table` and `problems` outlive the section.
    Section(const Node& table, std::string title, Problems& problems);

    /// The member, whatever its kind; null (and a problem when it is required) when it is absent.
    const Member* find(const std::string& key, Presence presence = Presence::optional);

    /// One line of at most 255 bytes without control characters and without blanks at its ends; "" when it is
    /// absent. A required one is not empty.
    PlacedText text(const std::string& key, Presence presence = Presence::optional);

    /// The table below `key`; null when it is absent.
    const Node* table(const std::string& key, Presence presence = Presence::optional);

    /// Texts as above, none empty, none twice (ASCII case ignored). A required list has at least one.
    std::vector<PlacedText> list(const std::string& key, Presence presence = Presence::optional);

    /// "15s", "10m", "24h", "90d" within the range; `standard` when absent.
    Duration duration(const std::string& key, Duration standard, DurationRange range);

    /// A whole number within the range; `standard` when absent.
    std::int64_t integer(const std::string& key, std::int64_t standard, IntegerRange range);

    bool boolean(const std::string& key, bool standard);

    /// An absolute path; "" when it is absent.
    PlacedText path(const std::string& key, Presence presence = Presence::optional);

    /// One of the named values.
    template <class T>
    T choice(const std::string& key, T standard, const std::vector<std::pair<std::string, T>>& values) {
        std::vector<std::string> names;
        for (const auto& [name, value] : values)
            names.push_back(name);
        const std::size_t at = choice_index(key, names);
        return at < values.size() ? values[at].second : standard;
    }

    void finish();

    /// Where a problem with this table as a whole belongs.
    Place place() const { return table_.place; }

    const std::string& title() const { return title_; }

    Problems& problems() { return problems_; }

private:
    std::size_t choice_index(const std::string& key, const std::vector<std::string>& names);
    /// The member when it is of this kind; `example` shows how to write it.
    const Node* value(const std::string& key, Presence presence, NodeKind kind, std::string_view example);

    const Node& table_;
    std::string title_;
    Problems& problems_;
    std::vector<std::string> known_;
};

/// What is wrong with `text` as one line that names something; empty when nothing.
std::string line_problem(std::string_view text);

std::vector<std::string> plain(const std::vector<PlacedText>& texts);

} // namespace accessd
