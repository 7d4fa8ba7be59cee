#pragma once

#include "core/model/time.hpp"
#include "tests/sandbox/jsm_state.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace accessd::sandbox::jsm {

/// A JQL query, resolved against the site: names and ids became what they stand for.
class Jql {
public:
    enum class Kind : std::uint8_t { all, any, not_, project, status, id, reporter, updated, created };
    enum class Sort : std::uint8_t { id, updated };

    class Node {
    public:
        Node() = default;

        Kind kind = Kind::all;
        std::vector<Node> children;    ///< all, any, not_
        std::set<const void*> members; ///< project, status, reporter
        std::set<std::int64_t> ids;    ///< id
        char comparison = '=';         ///< updated, created, id: '<' '[' (at most) '=' ']' (at least) '>'
        std::int64_t bound = 0;        ///< updated and created: milliseconds; id
    };

    Jql() = default;

    Node where;
    Sort sort = Sort::id;
    bool descending = true; ///< Jira lists the newest first when nothing is said

    bool matches(std::int64_t id, const Facts& facts) const;
    /// The statuses outside of which nothing can match, when the query says so.
    std::optional<std::set<const void*>> statuses() const;
    /// Likewise the ids.
    std::optional<std::set<std::int64_t>> ids() const;
    /// Nothing that was updated before can match.
    std::optional<std::int64_t> updated_from() const;
};

/// What Jira says to a query that it does not take, or the query. Understood: project, status, id, issue,
/// key, issuekey, reporter, updated, created; = != in, not in, < <= > >=; AND OR NOT and parentheses; ORDER
/// BY id, key, issuekey, issue, updated, created (key and created like id). Other fields and functions of JQL
/// are refused as if they did not exist. Dates: milliseconds since 1970, relative ("-15m"), or in the
/// caller's zone ("2026-01-31 10:20").
std::variant<Jql, std::string>
parse_jql(State& state, const User* caller, std::string_view text, TimePoint now);

} // namespace accessd::sandbox::jsm
