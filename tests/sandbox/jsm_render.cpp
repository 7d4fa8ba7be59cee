#include "tests/sandbox/jsm_render.hpp"

#include <algorithm>
#include <array>

namespace accessd::sandbox::jsm {

namespace {

void add_once(std::vector<const Field*>& fields, const Field& field) {
    if (std::ranges::find(fields, &field) == fields.end()) {
        fields.push_back(&field);
    }
}

void write_user(JsonText& out, const User* user) {
    if (user == nullptr) {
        out.null();
    } else {
        out.raw(user->details);
    }
}

void write_request_type(JsonText& out, const Call& call, std::int64_t id, const Facts& facts) {
    if (facts.request_type == nullptr) {
        out.null();
        return;
    }
    const std::string& base = call.state.settings.base_url;
    const std::string issue = std::to_string(id);
    const std::string request = base + "/rest/servicedeskapi/request/" + issue;
    const std::string desk = std::to_string(facts.project->desk);
    out.open('{').key("_links").open('{');
    out.key("jiraRest").text(base + "/rest/api/2/issue/" + issue);
    out.key("web").text(base + "/servicedesk/customer/portal/" + desk + "/" + facts.key);
    out.key("self").text(request).key("agent").text(base + "/browse/" + facts.key).close('}');
    out.key("requestType").raw(facts.request_type->json);
    out.key("currentStatus");
    write_desk_status(out, call, *facts.status, facts.status_at);
    out.close('}');
}

void write_approvals(JsonText& out, const Call& call, const Issue* issue) {
    out.open('[');
    if (issue != nullptr) {
        for (const Approval& approval : issue->approvals) {
            write_approval(out, call, *issue, approval);
        }
    }
    out.close(']');
}

void write_custom(JsonText& out, const Field& field, const Facts& facts) {
    const CustomValue value = field.slot < facts.custom.size() ? facts.custom[field.slot] : CustomValue();
    if (value.option != nullptr) {
        out.raw(value.option->json);
    } else {
        write_user(out, value.user);
    }
}

void write_field(
    JsonText& out,
    const Call& call,
    std::int64_t id,
    const Facts& facts,
    const Issue* issue,
    const Field& field
) {
    out.key(field.id);
    switch (field.kind) {
    case FieldKind::summary:
        out.text(facts.summary);
        break;
    case FieldKind::issue_type:
        out.raw(facts.project->issue_type_json);
        break;
    case FieldKind::project:
        out.raw(facts.project->json);
        break;
    case FieldKind::status:
        out.raw(facts.status->json);
        break;
    case FieldKind::reporter:
        write_user(out, facts.reporter);
        break;
    case FieldKind::creator:
        write_user(out, facts.creator);
        break;
    case FieldKind::assignee:
        write_user(out, facts.assignee);
        break;
    case FieldKind::created:
        out.text(jira_time(facts.created_at, call.offset_minutes()));
        break;
    case FieldKind::updated:
        out.text(jira_time(facts.updated_at, call.offset_minutes()));
        break;
    case FieldKind::labels:
        out.open('[').close(']');
        break;
    case FieldKind::resolution:
    case FieldKind::description:
        out.null();
        break;
    case FieldKind::request_type:
        write_request_type(out, call, id, facts);
        break;
    case FieldKind::approvals:
        write_approvals(out, call, issue);
        break;
    case FieldKind::select:
    case FieldKind::user:
        write_custom(out, field, facts);
        break;
    }
}

void write_optional(JsonText& out, std::string_view name, const std::optional<std::string>& value) {
    out.key(name);
    if (value) {
        out.text(*value);
    } else {
        out.null();
    }
}

/// Newest first and cut, unlike the changelog's own resource.
void write_changelog_part(JsonText& out, const Call& call, const Issue* issue, std::size_t limit) {
    const std::size_t total = issue == nullptr ? 0 : issue->changes.size();
    const std::size_t shown = std::min(total, limit);
    out.key("changelog").open('{').key("startAt").number(0);
    out.key("maxResults").number(static_cast<std::int64_t>(shown));
    out.key("total").number(static_cast<std::int64_t>(total)).key("histories").open('[');
    for (std::size_t i = 0; i < shown; ++i) {
        write_change(out, call, issue->changes[total - 1 - i], false, {});
    }
    out.close(']').close('}');
}

} // namespace

std::variant<Selection, HttpResponse>
select_fields(Call& call, const std::vector<std::string>& names, std::string_view otherwise) {
    Selection selection;
    std::vector<std::string> wanted = names;
    if (wanted.empty()) {
        wanted.emplace_back(otherwise);
    }
    selection.id_only = std::ranges::all_of(wanted, [](const std::string& name) { return name == "id"; });
    for (const std::string& name : wanted) {
        const bool drop = name.starts_with('-');
        const std::string_view id = std::string_view(name).substr(drop ? 1 : 0);
        if (id == "*all" || id == "*navigable") {
            for (const Field& field : call.state.fields) {
                add_once(selection.fields, field);
            }
            continue;
        }
        if (id == "id" || id == "key" || id == "issuekey") {
            continue;
        }
        const auto field = std::ranges::find(call.state.fields, id, &Field::id);
        if (field == call.state.fields.end()) {
            return field_error("fields", "Field '" + std::string(id) + "' does not exist.");
        }
        if (drop) {
            std::erase(selection.fields, &*field);
        } else {
            add_once(selection.fields, *field);
        }
    }
    return selection;
}

void write_issue(
    JsonText& out,
    const Call& call,
    std::int64_t id,
    const Facts& facts,
    const Issue* issue,
    const Selection& selection,
    const IssueParts& parts
) {
    const std::string number = std::to_string(id);
    if (selection.id_only && !parts.changelog && !parts.properties) {
        out.open('{').key("id").text(number).close('}');
        return;
    }
    out.open('{').key("expand").text("renderedFields,names,schema,operations,editmeta,changelog");
    out.key("id").text(number);
    out.key("self").text(call.state.settings.base_url + "/rest/api/3/issue/" + number);
    out.key("key").text(facts.key);
    if (!selection.id_only) {
        out.key("fields").open('{');
        for (const Field* field : selection.fields) {
            // A team-managed project's field is on that project's issues only.
            if (field->scope == nullptr || field->scope == facts.project) {
                write_field(out, call, id, facts, issue, *field);
            }
        }
        out.close('}');
    }
    if (parts.names) {
        write_names(out, selection);
    }
    if (parts.schema) {
        write_schema(out, selection);
    }
    if (parts.properties) {
        out.key("properties").open('{').close('}');
    }
    if (parts.changelog) {
        write_changelog_part(out, call, issue, parts.changelog_limit);
    }
    out.close('}');
}

void write_names(JsonText& out, const Selection& selection) {
    out.key("names").open('{');
    for (const Field* field : selection.fields) {
        out.key(field->id).text(field->name);
    }
    out.close('}');
}

void write_schema(JsonText& out, const Selection& selection) {
    out.key("schema").open('{');
    for (const Field* field : selection.fields) {
        out.key(field->id).raw(field->schema);
    }
    out.close('}');
}

void write_change(
    JsonText& out,
    const Call& call,
    const Change& change,
    bool created_as_number,
    const std::vector<std::string>& field_ids
) {
    out.open('{').key("id").text(std::to_string(change.id)).key("author");
    write_user(out, change.author);
    out.key("created");
    if (created_as_number) {
        const std::int64_t millis = change.at.time_since_epoch().count();
        out.number(call.state.settings.changelog_in_seconds ? millis / 1000 : millis);
    } else {
        out.text(jira_time(change.at, call.offset_minutes()));
    }
    out.key("items").open('[');
    for (const ChangeItem& item : change.items) {
        if (!field_ids.empty() && std::ranges::find(field_ids, item.field_id) == field_ids.end()) {
            continue;
        }
        out.open('{').key("field").text(item.field).key("fieldtype").text(item.field_type);
        out.key("fieldId").text(item.field_id);
        write_optional(out, "from", item.from);
        write_optional(out, "fromString", item.from_text);
        write_optional(out, "to", item.to);
        write_optional(out, "toString", item.to_text);
        out.close('}');
    }
    out.close(']').close('}');
}

void write_comment(
    JsonText& out, const Call& call, const Issue& issue, const Comment& comment, bool properties
) {
    const std::string id = std::to_string(comment.id);
    const std::string at = jira_time(comment.at, call.offset_minutes());
    out.open('{').key("self").text(
        call.state.settings.base_url + "/rest/api/3/issue/" + std::to_string(issue.id) + "/comment/" + id
    );
    out.key("id").text(id).key("author");
    write_user(out, comment.author);
    out.key("body").raw(comment.body).key("updateAuthor");
    write_user(out, comment.author);
    out.key("created").text(at).key("updated").text(at);
    if (!comment.visibility.empty()) {
        out.key("visibility").raw(comment.visibility);
    }
    if (issue.facts.project->desk != 0) {
        out.key("jsdPublic").boolean(comment.is_public).key("jsdAuthorCanSeeRequest").boolean(true);
    }
    if (properties) {
        out.key("properties").raw(comment.properties.empty() ? "[]" : comment.properties);
    }
    out.close('}');
}

void write_approval(JsonText& out, const Call& call, const Issue& issue, const Approval& approval) {
    bool ours = false;
    out.open('{').key("id").text(std::to_string(approval.id)).key("name").text(approval.name);
    out.key("finalDecision").text(answer_name(approval.decision)).key("approvers").open('[');
    for (const auto& [user, answer] : approval.approvers) {
        ours = ours || (user == call.caller && answer == Answer::pending);
        out.open('{').key("approver").raw(user->desk);
        out.key("approverDecision").text(answer_name(answer)).close('}');
    }
    out.close(']').key("canAnswerApproval").boolean(ours && approval.decision == Answer::pending);
    out.key("createdDate");
    write_desk_date(out, call, approval.created_at);
    if (approval.completed_at) {
        out.key("completedDate");
        write_desk_date(out, call, *approval.completed_at);
    }
    out.key("_links").open('{').key("self").text(
        call.state.settings.base_url + "/rest/servicedeskapi/request/" + std::to_string(issue.id) +
        "/approval/" + std::to_string(approval.id)
    );
    out.close('}').close('}');
}

void write_desk_date(JsonText& out, const Call& call, TimePoint when) {
    const std::string jira = jira_time(when, call.offset_minutes());
    // iso8601 has no fraction.
    const std::string iso = jira.substr(0, 19) + jira.substr(23);
    out.open('{').key("iso8601").text(iso).key("jira").text(jira);
    out.key("friendly").text(iso.substr(0, 10) + " " + iso.substr(11, 5));
    out.key("epochMillis").number(when.time_since_epoch().count()).close('}');
}

void write_desk_status(JsonText& out, const Call& call, const Status& status, TimePoint since) {
    constexpr std::array<std::string_view, 3> categories = {"NEW", "INDETERMINATE", "DONE"};
    out.open('{').key("status").text(status.name);
    out.key("statusCategory").text(categories.at(static_cast<std::size_t>(status.category)));
    out.key("statusDate");
    write_desk_date(out, call, since);
    out.close('}');
}

std::string_view answer_name(Answer answer) {
    switch (answer) {
    case Answer::approved:
        return "approved";
    case Answer::declined:
        return "declined";
    default:
        return "pending";
    }
}

} // namespace accessd::sandbox::jsm
