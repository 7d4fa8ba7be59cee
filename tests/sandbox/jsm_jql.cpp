#include "tests/sandbox/jsm_jql.hpp"

#include <algorithm>
#include <optional>

namespace accessd::sandbox::jsm {

namespace {

using Kind = Jql::Kind;

bool compare(std::int64_t value, char comparison, std::int64_t bound) {
    switch (comparison) {
    case '<':
        return value < bound;
    case '[':
        return value <= bound;
    case ']':
        return value >= bound;
    case '>':
        return value > bound;
    default:
        return value == bound;
    }
}

bool matches_node(const Jql::Node& node, std::int64_t id, const Facts& facts) {
    const auto matches = [&](const Jql::Node& child) { return matches_node(child, id, facts); };
    switch (node.kind) {
    case Kind::all:
        return std::ranges::all_of(node.children, matches);
    case Kind::any:
        return std::ranges::any_of(node.children, matches);
    case Kind::not_:
        return !matches(node.children.front());
    case Kind::project:
        return node.members.contains(facts.project);
    case Kind::status:
        return node.members.contains(facts.status);
    case Kind::reporter:
        return node.members.contains(facts.reporter);
    case Kind::id:
        return node.comparison == '=' ? node.ids.contains(id) : compare(id, node.comparison, node.bound);
    case Kind::updated:
        return compare(facts.updated_at.time_since_epoch().count(), node.comparison, node.bound);
    default:
        return compare(facts.created_at.time_since_epoch().count(), node.comparison, node.bound);
    }
}

/// What every match must satisfy: the query itself, or the parts of its outermost AND.
template <class Visit> void for_each_required(const Jql::Node& node, Visit visit) {
    visit(node);
    if (node.kind == Kind::all) {
        for (const Jql::Node& child : node.children) {
            for_each_required(child, visit);
        }
    }
}

} // namespace

bool Jql::matches(std::int64_t id, const Facts& facts) const {
    return matches_node(where, id, facts);
}

std::optional<std::set<const void*>> Jql::statuses() const {
    std::optional<std::set<const void*>> found;
    for_each_required(where, [&](const Node& node) {
        if (node.kind == Kind::status) {
            found = node.members;
        }
    });
    return found;
}

std::optional<std::set<std::int64_t>> Jql::ids() const {
    std::optional<std::set<std::int64_t>> found;
    for_each_required(where, [&](const Node& node) {
        if (node.kind == Kind::id && node.comparison == '=') {
            found = node.ids;
        }
    });
    return found;
}

std::optional<std::int64_t> Jql::updated_from() const {
    std::optional<std::int64_t> found;
    for_each_required(where, [&](const Node& node) {
        if (node.kind == Kind::updated && (node.comparison == ']' || node.comparison == '>')) {
            found = node.bound;
        }
    });
    return found;
}

} // namespace accessd::sandbox::jsm
