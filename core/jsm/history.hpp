#pragma once

#include "core/model/result.hpp"
#include "core/model/ticket.hpp"

#include <boost/json/value.hpp>

#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace accessd {

/// The changelogs of many issues, put together from the pages of POST /rest/api/3/changelog/bulkfetch. One
/// issue's history may lie on several pages and a history entry may come twice.
class Histories {
public:
    Histories() = default;

    /// Error "jira.malformed_history" (transient) when the page itself cannot be read; what is wrong with one
    /// issue is kept for take().
    std::optional<Error> add_page(const boost::json::value& page);

    /// The issue's changes, oldest first; empty when there were none. `ticket` names it in the error.
    Result<std::vector<FieldChange>> take(const std::string& issue_id, const std::string& ticket);

private:
    class History {
    public:
        History() = default;

        std::vector<FieldChange> changes;
        std::unordered_set<std::string> seen;
        bool malformed = false;
    };

    std::unordered_map<std::string, History> histories_;
};

/// Milliseconds or seconds since 1970 (told apart by size), or a timestamp's text.
std::optional<TimePoint> moment_from(const boost::json::value& value);

} // namespace accessd
