#include "tests/sandbox/jsm_control.hpp"
#include "tests/sandbox/jsm_render.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

namespace accessd::sandbox::jsm {

namespace json = boost::json;

namespace {

constexpr std::string_view approved_status = "Approved by Manager";
constexpr std::string_view waiting_status = "Waiting for approval";
constexpr std::string_view rejected_status = "Rejected";

void set_select(State& state, Facts& facts, std::string_view field_name, const std::string& value) {
    Field& field = *state.find_field(field_name);
    facts.custom.resize(state.fields.size());
    if (!value.empty()) {
        facts.custom[field.slot].option = &state.option(field, value);
    }
}

Facts facts_from(State& state, const Arguments& arguments) {
    Facts facts;
    facts.project = state.find_project(arguments.text("project", "ACC"));
    if (facts.project == nullptr) {
        throw NotDone("there is no such project");
    }
    const std::string type = arguments.text("request_type", "25");
    facts.request_type = state.find_request_type(type);
    if (facts.request_type == nullptr && !type.empty()) {
        throw NotDone("there is no request type " + type);
    }
    const std::string first = facts.project->statuses.front()->name;
    facts.status = &arguments.status(arguments.text("status", first), *facts.project);
    facts.summary = arguments.text("summary", "Please give me access");
    facts.reporter = &arguments.user(arguments.text("reporter", "jane@acme.example"));
    facts.creator = facts.reporter;
    if (arguments.has("assignee")) {
        facts.assignee = &arguments.user(arguments.required("assignee"));
    }
    set_select(state, facts, "Application", arguments.text("application", "Entra ID"));
    set_select(state, facts, "Access Type", arguments.text("access_type", "User"));
    set_select(state, facts, "Current Access", arguments.text("current_access", ""));
    set_select(state, facts, "Access Duration", arguments.text("duration", ""));
    if (arguments.has("beneficiary")) {
        facts.custom[state.find_field("Beneficiary")->slot].user =
            &arguments.user(arguments.required("beneficiary"));
    }
    return facts;
}

json::object create_request(State& state, const Arguments& arguments, TimePoint now) {
    const std::string key = arguments.text("key", "");
    if (!key.empty() && state.find_issue(key) != nullptr) {
        throw NotDone("the key " + key + " is taken");
    }
    Issue& issue = state.create(facts_from(state, arguments), key, now);
    if (issue.facts.status->name == waiting_status && issue.facts.request_type != nullptr) {
        Approval& approval = state.ask(issue, arguments.approvers(), now);
        approval.needed = static_cast<std::size_t>(arguments.number("needed", 1));
    }
    return {{"id", std::to_string(issue.id)}, {"key", issue.facts.key}};
}

json::object ask(State& state, const Arguments& arguments, TimePoint now) {
    Approval& approval = state.ask(arguments.issue(), arguments.approvers(), now);
    approval.needed = static_cast<std::size_t>(arguments.number("needed", 1));
    return {{"approval", std::to_string(approval.id)}};
}

Approval& open_approval(Issue& issue) {
    for (Approval& approval : issue.approvals) {
        if (approval.decision == Answer::pending) {
            return approval;
        }
    }
    throw NotDone("no approval is pending");
}

/// One approver's answer; true when it completes the approval.
bool give(Approval& approval, const User& user, Answer answer, TimePoint now) {
    const auto mine = std::ranges::find_if(approval.approvers, [&](const auto& entry) {
        return entry.first == &user && entry.second == Answer::pending;
    });
    if (mine == approval.approvers.end()) {
        throw NotDone(user.name + " is not asked, or has answered");
    }
    mine->second = answer;
    const auto agreed = std::ranges::count_if(approval.approvers, [](const auto& entry) {
        return entry.second == Answer::approved;
    });
    if (answer == Answer::approved && static_cast<std::size_t>(agreed) < approval.needed) {
        return false;
    }
    approval.decision = answer;
    approval.completed_at = now;
    return true;
}

json::object
answer(State& state, const Arguments& arguments, TimePoint now, Answer what, std::string_view to) {
    Issue& issue = arguments.issue();
    const bool complete = give(open_approval(issue), arguments.user(arguments.required("by")), what, now);
    if (complete && arguments.flag("move", true)) {
        const Status& status = arguments.status(to, *issue.facts.project);
        state.move_to_status(issue, status, &arguments.actor("moved_by"), now);
    } else {
        state.touch(issue, now);
    }
    return {{"complete", complete}};
}

json::object approve(State& state, const Arguments& arguments, TimePoint now) {
    return answer(state, arguments, now, Answer::approved, approved_status);
}

json::object decline(State& state, const Arguments& arguments, TimePoint now) {
    return answer(state, arguments, now, Answer::declined, rejected_status);
}

json::object move(State& state, const Arguments& arguments, TimePoint now) {
    Issue& issue = arguments.issue();
    const Status& status = arguments.status(arguments.required("to"), *issue.facts.project);
    state.move_to_status(issue, status, &arguments.actor(), now);
    return {};
}

std::optional<std::string> name_of(const User* user) {
    return user == nullptr ? std::nullopt : std::optional<std::string>(user->name);
}

std::optional<std::string> id_of(const User* user) {
    return user == nullptr ? std::nullopt : std::optional<std::string>(user->account_id);
}

void change_user(ChangeItem& item, const User*& place, const User* user) {
    item.from = id_of(place);
    item.from_text = name_of(place);
    item.to = id_of(user);
    item.to_text = name_of(user);
    place = user;
}

void change_option(ChangeItem& item, const Option*& place, const Option* option) {
    if (place != nullptr) {
        item.from = std::to_string(place->id);
        item.from_text = place->value;
    }
    if (option != nullptr) {
        item.to = std::to_string(option->id);
        item.to_text = option->value;
    }
    place = option;
}

void change_request_type(ChangeItem& item, const RequestType*& place, const RequestType* type) {
    if (place != nullptr) {
        item.from = "acc/" + std::to_string(place->id);
        item.from_text = place->name;
    }
    if (type != nullptr) {
        item.to = "acc/" + std::to_string(type->id);
        item.to_text = type->name;
    }
    place = type;
}

ChangeItem change_field(State& state, const Arguments& arguments, Issue& issue, Field& field) {
    ChangeItem item(field.custom() ? field.name : field.id, field.id, field.custom() ? "custom" : "jira");
    const std::string value = arguments.text("value", "");
    const User* user = nullptr;
    const bool person = field.kind == FieldKind::reporter || field.kind == FieldKind::assignee ||
                        field.kind == FieldKind::user;
    if (person && !value.empty()) {
        user = &arguments.user(value);
    }
    switch (field.kind) {
    case FieldKind::summary:
        item.from_text = std::exchange(issue.facts.summary, value);
        item.to_text = value;
        break;
    case FieldKind::reporter:
        change_user(item, issue.facts.reporter, user);
        break;
    case FieldKind::assignee:
        change_user(item, issue.facts.assignee, user);
        break;
    case FieldKind::user:
        change_user(item, issue.facts.custom.at(field.slot).user, user);
        break;
    case FieldKind::select:
        change_option(
            item,
            issue.facts.custom.at(field.slot).option,
            value.empty() ? nullptr : &state.option(field, value)
        );
        break;
    case FieldKind::request_type:
        change_request_type(
            item, issue.facts.request_type, value.empty() ? nullptr : state.find_request_type(value)
        );
        break;
    default:
        throw NotDone("this field cannot be edited");
    }
    return item;
}

json::object edit_field(State& state, const Arguments& arguments, TimePoint now) {
    Issue& issue = arguments.issue();
    Field* field = state.find_field(arguments.required("field"));
    if (field == nullptr) {
        throw NotDone("there is no such field");
    }
    std::vector<ChangeItem> items;
    items.push_back(change_field(state, arguments, issue, *field));
    state.record(issue, &arguments.actor(), std::move(items), now);
    return {};
}

json::object comment(State& state, const Arguments& arguments, TimePoint now) {
    Comment said;
    said.author = &arguments.actor();
    said.text = arguments.required("text");
    JsonText body;
    body.open('{').key("type").text("doc").key("version").number(1).key("content").open('[');
    body.open('{').key("type").text("paragraph").key("content").open('[').open('{');
    body.key("type").text("text").key("text").text(said.text).close('}').close(']').close('}');
    said.body = body.close(']').close('}').take();
    said.is_public = !arguments.flag("internal", false);
    said.properties = said.is_public ? "" : R"([{"key":"sd.public.comment","value":{"internal":true}}])";
    return {{"id", std::to_string(state.comment(arguments.issue(), std::move(said), now).id)}};
}

json::object delete_issue(State& state, const Arguments& arguments, TimePoint now) {
    state.erase(arguments.issue(), now);
    return {};
}

json::object move_project(State& state, const Arguments& arguments, TimePoint now) {
    Issue& issue = arguments.issue();
    Project* project = state.find_project(arguments.required("to"));
    if (project == nullptr) {
        throw NotDone("there is no such project");
    }
    state.move_to_project(issue, *project, &arguments.actor(), now);
    return {{"key", issue.facts.key}};
}

json::object conflict(State&, const Arguments& arguments, TimePoint) {
    arguments.issue().conflicts = static_cast<int>(arguments.number("times", 1));
    return {};
}

const User&
numbered_user(State& state, const std::string& prefix, const std::string& domain, std::int64_t number) {
    std::array<char, 24> digits{};
    std::snprintf(digits.data(), digits.size(), "%04lld", static_cast<long long>(number));
    const std::string name = prefix + digits.data();
    const std::string email = name + "@" + domain;
    if (const User* known = state.find_user(email)) {
        return *known;
    }
    User user;
    user.account_id = "712020:" + name + "-" + domain;
    user.name = name;
    user.email = email;
    return state.add_user(std::move(user));
}

json::object bulk_approved(State& state, const Arguments& arguments, TimePoint now) {
    const std::int64_t count = arguments.number("count", 0);
    if (count < 1 || count > 100'000) {
        throw NotDone("'count' must be between 1 and 100000");
    }
    const User& approver = arguments.user(arguments.text("approver", "bob@acme.example"));
    const std::string prefix = arguments.text("prefix", "j");
    const std::string domain = arguments.text("domain", "acme.example");
    const std::int64_t first = arguments.number("first", 1);
    const Facts pattern = facts_from(state, arguments);
    const Status& approved = arguments.status(approved_status, *pattern.project);
    const std::size_t slot = state.find_field("Beneficiary")->slot;
    json::object answer;
    for (std::int64_t i = 0; i < count; ++i) {
        const User& user = numbered_user(state, prefix, domain, first + i);
        Facts facts = pattern;
        facts.custom[slot].user = &user;
        if (!arguments.has("reporter")) {
            facts.reporter = &user;
            facts.creator = &user;
        }
        Issue& issue = state.create(std::move(facts), "", now);
        give(state.ask(issue, {&approver}, now), approver, Answer::approved, now);
        state.move_to_status(issue, approved, state.automation, now);
        if (i == 0) {
            answer["first_key"] = issue.facts.key;
            answer["first_id"] = std::to_string(issue.id);
        }
        answer["last_key"] = issue.facts.key;
        answer["last_id"] = std::to_string(issue.id);
    }
    return answer;
}

json::value or_null(const std::optional<std::string>& text) {
    return text ? json::value(*text) : json::value();
}

json::object show(State&, const Arguments& arguments, TimePoint) {
    const Issue& issue = arguments.issue();
    json::array comments;
    for (const Comment& comment : issue.comments) {
        comments.push_back(json::object{
            {"text", comment.text}, {"public", comment.is_public}, {"author", comment.author->account_id}});
    }
    json::array changes;
    for (const Change& change : issue.changes) {
        for (const ChangeItem& item : change.items) {
            changes.push_back(json::object{
                {"field", item.field_id},
                {"from", or_null(item.from_text)},
                {"to", or_null(item.to_text)},
                {"author", change.author->account_id}});
        }
    }
    json::array approvals;
    for (const Approval& approval : issue.approvals) {
        approvals.emplace_back(answer_name(approval.decision));
    }
    return {
        {"id", std::to_string(issue.id)},
        {"key", issue.facts.key},
        {"project", issue.facts.project->key},
        {"status", issue.facts.status->name},
        {"updated", issue.facts.updated_at.time_since_epoch().count()},
        {"comments", std::move(comments)},
        {"changes", std::move(changes)},
        {"approvals", std::move(approvals)},
    };
}

} // namespace

Verb issue_verb(std::string_view name) {
    constexpr std::array verbs = {
        std::pair<std::string_view, Verb>{"create_request", create_request},
        std::pair<std::string_view, Verb>{"ask", ask},
        std::pair<std::string_view, Verb>{"approve", approve},
        std::pair<std::string_view, Verb>{"decline", decline},
        std::pair<std::string_view, Verb>{"move", move},
        std::pair<std::string_view, Verb>{"edit_field", edit_field},
        std::pair<std::string_view, Verb>{"comment", comment},
        std::pair<std::string_view, Verb>{"delete_issue", delete_issue},
        std::pair<std::string_view, Verb>{"move_project", move_project},
        std::pair<std::string_view, Verb>{"conflict", conflict},
        std::pair<std::string_view, Verb>{"bulk_approved", bulk_approved},
        std::pair<std::string_view, Verb>{"show", show},
    };
    const auto* found = std::ranges::find(verbs, name, &std::pair<std::string_view, Verb>::first);
    return found == verbs.end() ? nullptr : found->second;
}

} // namespace accessd::sandbox::jsm
