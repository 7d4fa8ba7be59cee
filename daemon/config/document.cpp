#include "daemon/config/document.hpp"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <map>
#include <utility>

namespace accessd {

namespace {

bool is_open_table(const Node& node) {
    return node.kind == NodeKind::table && !node.closed;
}

bool is_list_of_tables(const Node& node) {
    return node.kind == NodeKind::list && !node.items.empty() &&
           std::all_of(node.items.begin(), node.items.end(), is_open_table);
}

} // namespace

std::string_view to_string(NodeKind kind) {
    switch (kind) {
    case NodeKind::table:
        return "a table";
    case NodeKind::list:
        return "a list";
    case NodeKind::text:
        return "text";
    case NodeKind::integer:
        return "a number";
    case NodeKind::boolean:
        return "true or false";
    case NodeKind::other:
        break;
    }
    return "a date or a fraction";
}

const Member* Node::find(std::string_view name) const {
    const auto found = std::find_if(members.begin(), members.end(), [&](const Member& member) {
        return member.name == name;
    });
    return found == members.end() ? nullptr : &*found;
}

void merge(Node& into, Node&& more, Problems& problems) {
    std::map<std::string, std::size_t> index;
    for (std::size_t at = 0; at < into.members.size(); ++at)
        index.emplace(into.members[at].name, at);
    for (Member& member : more.members) {
        const auto found = index.find(member.name);
        if (found == index.end()) {
            into.members.push_back(std::move(member));
            continue;
        }
        Member& own = into.members[found->second];
        if (is_open_table(own.value) && is_open_table(member.value)) {
            merge(own.value, std::move(member.value), problems);
        } else if (is_list_of_tables(own.value) && is_list_of_tables(member.value)) {
            std::move(
                member.value.items.begin(), member.value.items.end(), std::back_inserter(own.value.items)
            );
        } else {
            problems.add(
                member.place, in_quotes(member.name) + " is already set at " + problems.describe(own.place)
            );
        }
    }
}

} // namespace accessd
