#pragma once

#include "core/model/time.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace accessd {

/// A value for JQL: digits stay as they are (an id), everything else is put into double quotes with `\` and
/// `"` escaped. Nothing when the text is empty or holds a control character: such a value is refused, not
/// repaired.
std::optional<std::string> jql_value(std::string_view text);

/// The walk's query: tickets of the project that are in one of the statuses, oldest change first. `since` is
/// written as milliseconds since 1970: a quoted date would be read in the account's own time zone. Nothing
/// when an id cannot be written or there is no status.
std::optional<std::string> candidates_jql(
    std::string_view project_id, const std::vector<std::string>& status_ids, std::optional<TimePoint> since
);

} // namespace accessd
