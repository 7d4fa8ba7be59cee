#include "core/jsm/jql.hpp"

#include <algorithm>

namespace accessd {

namespace {

bool all_digits(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool is_control(char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
}

} // namespace

std::optional<std::string> jql_value(std::string_view text) {
    if (text.empty() || std::any_of(text.begin(), text.end(), is_control)) {
        return std::nullopt;
    }
    if (all_digits(text)) {
        return std::string(text);
    }
    std::string quoted = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') {
            quoted += '\\';
        }
        quoted += c;
    }
    quoted += '"';
    return quoted;
}

std::optional<std::string> candidates_jql(
    std::string_view project_id, const std::vector<std::string>& status_ids, std::optional<TimePoint> since
) {
    const auto project = jql_value(project_id);
    if (!project || status_ids.empty()) {
        return std::nullopt;
    }
    std::string jql = "project = " + *project + " AND status in (";
    for (const std::string& id : status_ids) {
        const auto status = jql_value(id);
        if (!status) {
            return std::nullopt;
        }
        jql += jql.back() == '(' ? "" : ", ";
        jql += *status;
    }
    jql += ')';
    if (since) {
        // JQL knows no negative numbers.
        const auto ms = std::max<std::int64_t>(0, since->time_since_epoch().count());
        jql += " AND updated >= " + std::to_string(ms);
    }
    return jql + " ORDER BY updated ASC, key ASC";
}

} // namespace accessd
