#pragma once

#include "tests/sandbox/jsm_call.hpp"

#include <span>
#include <string>
#include <variant>
#include <vector>

namespace accessd::sandbox::jsm {

/// Which fields of an issue are asked for.
class Selection {
public:
    Selection() = default;

    std::vector<const Field*> fields;
    bool id_only = false; ///< the new search's default: not even the key
};

/// From ids, "*all", "*navigable" and "-id"; `names` empty: `otherwise`. A field that does not exist is
/// refused.
std::variant<Selection, HttpResponse>
select_fields(Call& call, const std::vector<std::string>& names, std::string_view otherwise);

/// What else comes with an issue.
class IssueParts {
public:
    IssueParts() = default;

    bool names = false;
    bool schema = false;
    bool properties = false;
    bool changelog = false;
    std::size_t changelog_limit = 100;
};

/// One issue. `facts` may be older than the issue; `issue` is none when it has been deleted meanwhile.
void write_issue(
    JsonText& out,
    const Call& call,
    std::int64_t id,
    const Facts& facts,
    const Issue* issue,
    const Selection& selection,
    const IssueParts& parts
);

void write_names(JsonText& out, const Selection& selection);
void write_schema(JsonText& out, const Selection& selection);

/// `created_as_number`: as changelog/bulkfetch has it. `field_ids` empty: every item.
void write_change(
    JsonText& out,
    const Call& call,
    const Change& change,
    bool created_as_number,
    const std::vector<std::string>& field_ids
);

void write_comment(
    JsonText& out, const Call& call, const Issue& issue, const Comment& comment, bool properties
);
void write_approval(JsonText& out, const Call& call, const Issue& issue, const Approval& approval);
/// The service desk's {"iso8601", "jira", "friendly", "epochMillis"}.
void write_desk_date(JsonText& out, const Call& call, TimePoint when);
/// {"status", "statusCategory", "statusDate"}
void write_desk_status(JsonText& out, const Call& call, const Status& status, TimePoint since);
std::string_view answer_name(Answer answer);

} // namespace accessd::sandbox::jsm
