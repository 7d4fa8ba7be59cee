#include "core/support/digest.hpp"
#include "core/support/json.hpp"
#include "core/support/text.hpp"
#include "tests/sandbox/jsm_call.hpp"
#include "tests/sandbox/jsm_render.hpp"

#include <algorithm>
#include <array>

namespace accessd::sandbox::jsm {

namespace {

constexpr std::string_view issue_expansions =
    "names schema changelog renderedFields transitions operations editmeta versionedRepresentations";

bool has(const std::vector<std::string>& list, std::string_view word) {
    return std::ranges::find(list, word) != list.end();
}

std::vector<std::string> strings(const boost::json::value& body, std::string_view name) {
    std::vector<std::string> texts;
    if (const boost::json::array* list = find_array(body, name)) {
        for (const boost::json::value& entry : *list) {
            texts.emplace_back(entry.get_string());
        }
    }
    return texts;
}

IssueParts parts_from(const std::vector<std::string>& expand, bool properties) {
    IssueParts parts;
    parts.names = has(expand, "names");
    parts.schema = has(expand, "schema");
    parts.changelog = has(expand, "changelog");
    parts.properties = properties;
    return parts;
}

HttpResponse get_issue(Call& call) {
    const Issue* issue = call.issue(call.path[0]);
    if (issue == nullptr) {
        return issue_not_found();
    }
    auto selected = select_fields(call, call.list("fields"), "*all");
    if (auto* refusal = std::get_if<HttpResponse>(&selected)) {
        return std::move(*refusal);
    }
    const std::vector<std::string> expand = call.list("expand");
    if (auto refusal = check_expand(expand, issue_expansions)) {
        return std::move(*refusal);
    }
    Selection& selection = std::get<Selection>(selected);
    selection.id_only = false;
    JsonText out;
    const IssueParts parts = parts_from(expand, call.parameter("properties").has_value());
    write_issue(out, call, issue->id, issue->facts, issue, selection, parts);
    return json_answer(200, out.take());
}

/// Issues that cannot be seen are left out without a word, and no issue comes twice.
std::vector<const Issue*> seen_issues(const Call& call, const std::vector<std::string>& names) {
    std::vector<const Issue*> issues;
    issues.reserve(names.size());
    for (const std::string& name : names) {
        if (const Issue* issue = call.issue(name)) {
            issues.push_back(issue);
        }
    }
    std::ranges::sort(issues, {}, &Issue::id);
    issues.erase(std::unique(issues.begin(), issues.end()), issues.end());
    return issues;
}

HttpResponse bulk_fetch(Call& call) {
    if (auto refusal = check_object(
            call.body,
            {{"issueIdsOrKeys", 'S', true},
             {"fields", 'S'},
             {"expand", 'S'},
             {"properties", 'S'},
             {"fieldsByKeys", 'b'}}
        )) {
        return std::move(*refusal);
    }
    const std::vector<std::string> names = strings(call.body, "issueIdsOrKeys");
    if (names.empty() || names.size() > 100) {
        return jira_error(400, "Between 1 and 100 issue ids or keys can be fetched at once.");
    }
    auto selected = select_fields(call, strings(call.body, "fields"), "*navigable");
    if (auto* refusal = std::get_if<HttpResponse>(&selected)) {
        return std::move(*refusal);
    }
    const std::vector<std::string> expand = strings(call.body, "expand");
    if (auto refusal = check_expand(expand, issue_expansions)) {
        return std::move(*refusal);
    }
    if (strings(call.body, "properties").size() > 5) {
        return jira_error(400, "At most 5 properties can be asked for.");
    }
    Selection& selection = std::get<Selection>(selected);
    selection.id_only = false;
    IssueParts parts = parts_from(expand, !strings(call.body, "properties").empty());
    parts.changelog_limit = 40;
    JsonText out;
    out.reserve(names.size() * 3000);
    out.open('{').key("issues").open('[');
    for (const Issue* issue : seen_issues(call, names)) {
        write_issue(out, call, issue->id, issue->facts, issue, selection, parts);
    }
    out.close(']').key("issueErrors").open('[').close(']').close('}');
    return json_answer(200, out.take());
}

/// Oldest first, unlike expand=changelog.
HttpResponse get_changelog(Call& call) {
    const Issue* issue = call.issue(call.path[0]);
    if (issue == nullptr) {
        return issue_not_found();
    }
    Number start = number(call, "startAt", 0, 0, 1'000'000);
    Number limit = number(call, "maxResults", 100, 1, 100);
    for (Number* parsed : {&start, &limit}) {
        if (parsed->refusal) {
            return std::move(*parsed->refusal);
        }
    }
    const auto total = std::ssize(issue->changes);
    const auto most = std::min(limit.value, call.state.settings.changelog_page_size);
    const auto end = std::min<std::int64_t>(total, start.value + most);
    const std::string self =
        call.state.settings.base_url + "/rest/api/3/issue/" + std::to_string(issue->id) + "/changelog?";
    const auto page_url = [&](std::int64_t from) {
        return self + "maxResults=" + std::to_string(most) + "&startAt=" + std::to_string(from);
    };
    JsonText out;
    out.open('{').key("self").text(page_url(start.value));
    if (end < total) {
        out.key("nextPage").text(page_url(end));
    }
    out.key("maxResults").number(most).key("startAt").number(start.value).key("total").number(total);
    out.key("isLast").boolean(end >= total).key("values").open('[');
    for (std::int64_t i = start.value; i < end; ++i) {
        write_change(out, call, issue->changes[static_cast<std::size_t>(i)], false, {});
    }
    return json_answer(200, out.close(']').close('}').take());
}

class Entry {
public:
    const Issue* issue = nullptr;
    const Change* change = nullptr;
};

/// All entries of the issues that have an item of the fields, oldest first across issues.
std::vector<Entry>
entries_of(const std::vector<const Issue*>& issues, const std::vector<std::string>& field_ids) {
    std::vector<Entry> entries;
    for (const Issue* issue : issues) {
        for (const Change& change : issue->changes) {
            const bool wanted =
                field_ids.empty() || std::ranges::any_of(change.items, [&](const ChangeItem& item) {
                    return has(field_ids, item.field_id);
                });
            if (wanted) {
                entries.push_back({issue, &change});
            }
        }
    }
    std::ranges::sort(entries, [](const Entry& left, const Entry& right) {
        return std::pair(left.change->at, left.issue->id) < std::pair(right.change->at, right.issue->id) ||
               (left.change->at == right.change->at && left.issue == right.issue &&
                left.change->id < right.change->id);
    });
    return entries;
}

std::string bulk_token(const Call& call, std::size_t offset) {
    std::string asked;
    for (const char* name : {"issueIdsOrKeys", "fieldIds"}) {
        for (const std::string& text : strings(call.body, name)) {
            asked += text + ",";
        }
    }
    return sha256_hex(asked).substr(0, 16) + "-" + std::to_string(offset);
}

std::optional<std::size_t> bulk_offset(const Call& call) {
    const auto token = find_string(call.body, "nextPageToken");
    if (!token) {
        return 0;
    }
    const auto parts = split(*token, '-');
    const auto offset = parts.size() == 2 ? parse_integer(parts[1]) : std::nullopt;
    if (!offset || bulk_token(call, static_cast<std::size_t>(*offset)) != *token) {
        return std::nullopt;
    }
    return static_cast<std::size_t>(*offset);
}

std::optional<HttpResponse> check_bulk_changelog(const Call& call) {
    if (auto refusal = check_object(
            call.body,
            {{"issueIdsOrKeys", 'S', true}, {"fieldIds", 'S'}, {"maxResults", 'i'}, {"nextPageToken", 's'}}
        )) {
        return refusal;
    }
    const auto names = strings(call.body, "issueIdsOrKeys");
    if (names.empty() || names.size() > 1000) {
        return jira_error(400, "Between 1 and 1000 issue ids or keys are wanted.");
    }
    std::vector<std::string> fields = strings(call.body, "fieldIds");
    if (fields.size() > 10) {
        return jira_error(400, "At most 10 field ids are wanted.");
    }
    std::ranges::sort(fields);
    if (std::ranges::adjacent_find(fields) != fields.end()) {
        return jira_error(400, "The field ids must be unique.");
    }
    for (const std::string& id : fields) {
        if (id != "issuekey" &&
            std::ranges::find(call.state.fields, id, &Field::id) == call.state.fields.end()) {
            return field_error("fieldIds", "Field '" + id + "' does not exist.");
        }
    }
    const std::int64_t limit = find_integer(call.body, "maxResults").value_or(1000);
    if (limit < 1 || limit > 10'000) {
        return jira_error(400, "maxResults must be between 1 and 10000.");
    }
    return std::nullopt;
}

HttpResponse bulk_changelog(Call& call) {
    if (auto refusal = check_bulk_changelog(call)) {
        return std::move(*refusal);
    }
    const auto offset = bulk_offset(call);
    if (!offset) {
        return jira_error(400, "The nextPageToken is invalid or has expired.");
    }
    const std::vector<std::string> field_ids = strings(call.body, "fieldIds");
    const auto entries = entries_of(seen_issues(call, strings(call.body, "issueIdsOrKeys")), field_ids);
    const auto limit = static_cast<std::size_t>(std::min(
        find_integer(call.body, "maxResults").value_or(1000), call.state.settings.changelog_page_size
    ));
    const std::size_t first = std::min(*offset, entries.size());
    const std::size_t end = std::min(entries.size(), first + limit);
    std::vector<Entry> page(
        entries.begin() + static_cast<std::ptrdiff_t>(first),
        entries.begin() + static_cast<std::ptrdiff_t>(end)
    );
    std::ranges::stable_sort(page, {}, [](const Entry& entry) { return entry.issue->id; });
    JsonText out;
    out.reserve(page.size() * 1200);
    out.open('{').key("issueChangeLogs").open('[');
    const Issue* open = nullptr;
    for (const Entry& entry : page) {
        if (entry.issue != open) {
            if (open != nullptr) {
                out.close(']').close('}');
            }
            open = entry.issue;
            out.open('{').key("issueId").text(std::to_string(open->id)).key("changeHistories").open('[');
        }
        write_change(out, call, *entry.change, true, field_ids);
    }
    if (open != nullptr) {
        out.close(']').close('}');
    }
    out.close(']');
    if (end < entries.size()) {
        out.key("nextPageToken").text(bulk_token(call, end));
    }
    return json_answer(200, out.close('}').take());
}

constexpr std::array routes = {
    Route{"POST", "/rest/api/3/issue/bulkfetch", "", Anonymous::served, bulk_fetch},
    Route{"POST", "/rest/api/3/changelog/bulkfetch", "", Anonymous::refused, bulk_changelog},
    Route{
        "GET",
        "/rest/api/3/issue/*",
        "fields fieldsByKeys expand properties updateHistory failFast",
        Anonymous::served,
        get_issue},
    Route{"GET", "/rest/api/3/issue/*/changelog", "startAt maxResults", Anonymous::served, get_changelog},
};

} // namespace

std::span<const Route> issue_routes() {
    return routes;
}

} // namespace accessd::sandbox::jsm
