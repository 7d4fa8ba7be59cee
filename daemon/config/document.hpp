#pragma once

#include "daemon/config/problems.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace accessd {

enum class NodeKind : std::uint8_t {
    table,
    list,
    text,
    integer,
    boolean,
    other, ///< a date, a time or a fraction: no key of ours has one
};

/// "text", "a list", ... for messages.
std::string_view to_string(NodeKind kind);

class Member;

/// A value of a TOML document with its place, independent of the parser.
class Node {
public:
    Node() = default;

    NodeKind kind = NodeKind::table;
    Place place;
    bool closed = false; ///< an inline table: it is one value and does not merge
    std::string text;
    bool boolean = false;
    std::int64_t integer = 0;
    std::vector<Node> items;
    std::vector<Member> members;

    const Member* find(std::string_view name) const;
};

/// A key of a table and its value.
class Member {
public:
    Member() = default;

    std::string name;
    Place place;
    Node value;
};

/// Reads one TOML file. A file that cannot be read or parsed leaves a problem and gives nothing. Nothing of
/// its content is quoted but names of keys.
std::optional<Node> parse_toml_file(const std::string& path, unsigned file, Problems& problems);

/// Adds `more` to `into`: tables merge, lists of tables append, anything else that both have is a problem
/// that names both places.
void merge(Node& into, Node&& more, Problems& problems);

} // namespace accessd
