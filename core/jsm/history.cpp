#include "core/jsm/history.hpp"

#include "core/jsm/people.hpp"
#include "core/jsm/ticket_json.hpp"
#include "core/support/json.hpp"
#include "core/support/text.hpp"

#include <boost/json/array.hpp>

#include <algorithm>
#include <cmath>
#include <string_view>
#include <tuple>
#include <utility>

namespace accessd {

namespace {

// 1e11 ms is 1973, 1e11 s the year 5138: no Jira lies between.
constexpr double seconds_end = 1e11;
constexpr double seconds_begin = 1e9; // 2001: no Jira is older
constexpr double moments_end = 1e15;
constexpr std::size_t max_value = 255;

/// "from" and "to": a text, or null. Longer lists of ids are cut; they are compared with short ids only.
std::optional<std::string> change_value(const boost::json::value& item, std::string_view name) {
    const boost::json::value* value = find(item, name);
    if (value == nullptr || value->is_null()) {
        return std::string();
    }
    const auto text = find_string(item, name);
    if (!text) {
        return std::nullopt;
    }
    return bounded(*text, max_value);
}

std::optional<FieldChange> change_from(const boost::json::value& item, const FieldChange& entry) {
    FieldChange change = entry;
    const auto id = find_string(item, "fieldId");
    const auto name = find_string(item, "field");
    change.field_id = bounded(id && !id->empty() ? *id : name.value_or(""), max_value);
    auto from = change_value(item, "from");
    auto to = change_value(item, "to");
    if (change.field_id.empty() || !from || !to) {
        return std::nullopt;
    }
    change.from = std::move(*from);
    change.to = std::move(*to);
    return change;
}

bool append_entry(const boost::json::value& history, const std::string& id, std::vector<FieldChange>& out) {
    const boost::json::value* created = find(history, "created");
    const auto at = created == nullptr ? std::optional<TimePoint>() : moment_from(*created);
    const boost::json::array* items = find_array(history, "items");
    if (!at || items == nullptr) {
        return false;
    }
    FieldChange entry;
    entry.history_id = id;
    entry.at = *at;
    const boost::json::value* author = find(history, "author");
    if (author != nullptr && !author->is_null()) {
        auto person = person_from(*author);
        if (!person) {
            return false;
        }
        entry.author = std::move(*person);
    }
    for (const boost::json::value& item : *items) {
        auto change = change_from(item, entry);
        if (!change) {
            return false;
        }
        out.push_back(std::move(*change));
    }
    return true;
}

std::tuple<std::int64_t, TimePoint> order_of(const FieldChange& change) {
    return std::tuple(parse_integer(change.history_id).value_or(0), change.at);
}

} // namespace

std::optional<TimePoint> moment_from(const boost::json::value& value) {
    if (const auto* text = value.if_string()) {
        return parse_timestamp(std::string_view(text->data(), text->size()));
    }
    if (!value.is_number()) {
        return std::nullopt;
    }
    const double number = value.is_double()   ? value.get_double()
                          : value.is_uint64() ? static_cast<double>(value.get_uint64())
                                              : static_cast<double>(value.get_int64());
    if (!(number >= seconds_begin) || number >= moments_end) {
        return std::nullopt;
    }
    const double ms = number < seconds_end ? number * 1000 : number;
    return TimePoint(Duration(std::llround(ms)));
}

std::optional<Error> Histories::add_page(const boost::json::value& page) {
    const boost::json::array* logs = find_array(page, "issueChangeLogs");
    if (logs == nullptr) {
        return Error(Fault::transient, "jira.malformed_history", "Jira's answer is not a list of changelogs");
    }
    for (const boost::json::value& log : *logs) {
        const auto issue_id = find_string(log, "issueId");
        const boost::json::array* entries = find_array(log, "changeHistories");
        if (!issue_id || !parse_integer(*issue_id) || entries == nullptr) {
            return Error(
                Fault::transient, "jira.malformed_history", "Jira's answer holds a changelog of no issue"
            );
        }
        History& history = histories_[std::string(*issue_id)];
        for (const boost::json::value& entry : *entries) {
            std::string id = string_or_empty(entry, "id");
            if (!parse_integer(id)) {
                history.malformed = true;
            } else if (history.seen.insert(id).second && !append_entry(entry, id, history.changes)) {
                history.malformed = true;
            }
        }
    }
    return std::nullopt;
}

Result<std::vector<FieldChange>> Histories::take(const std::string& issue_id, const std::string& ticket) {
    const auto found = histories_.find(issue_id);
    if (found == histories_.end()) {
        return std::vector<FieldChange>();
    }
    if (found->second.malformed) {
        return malformed_ticket(ticket, "changelog", "an entry without id, date, field or user");
    }
    std::vector<FieldChange> changes = std::move(found->second.changes);
    std::stable_sort(changes.begin(), changes.end(), [](const FieldChange& left, const FieldChange& right) {
        return order_of(left) < order_of(right);
    });
    return changes;
}

} // namespace accessd
