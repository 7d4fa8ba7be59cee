#include "tests/sandbox/jsm_control.hpp"

#include "core/support/text.hpp"
#include "tests/sandbox/jsm_text.hpp"

#include <boost/json/array.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace accessd::sandbox::jsm {

namespace json = boost::json;

bool Arguments::has(std::string_view name) const {
    return given_.contains(name);
}

std::string Arguments::text(std::string_view name, std::string_view otherwise) const {
    const json::value* value = given_.if_contains(name);
    if (value == nullptr || value->is_null()) {
        return std::string(otherwise);
    }
    if (value->is_int64()) {
        return std::to_string(value->get_int64());
    }
    if (!value->is_string()) {
        throw NotDone("'" + std::string(name) + "' must be a string");
    }
    return std::string(value->get_string());
}

std::string Arguments::required(std::string_view name) const {
    std::string value = text(name, "");
    if (value.empty()) {
        throw NotDone("'" + std::string(name) + "' is required");
    }
    return value;
}

std::int64_t Arguments::number(std::string_view name, std::int64_t otherwise) const {
    const json::value* value = given_.if_contains(name);
    if (value == nullptr) {
        return otherwise;
    }
    if (!value->is_int64()) {
        throw NotDone("'" + std::string(name) + "' must be an integer");
    }
    return value->get_int64();
}

bool Arguments::flag(std::string_view name, bool otherwise) const {
    const json::value* value = given_.if_contains(name);
    if (value == nullptr) {
        return otherwise;
    }
    if (!value->is_bool()) {
        throw NotDone("'" + std::string(name) + "' must be true or false");
    }
    return value->get_bool();
}

std::vector<std::string> Arguments::list(std::string_view name) const {
    std::vector<std::string> texts;
    const json::value* value = given_.if_contains(name);
    if (value == nullptr) {
        return texts;
    }
    if (!value->is_array()) {
        throw NotDone("'" + std::string(name) + "' must be an array");
    }
    for (const json::value& entry : value->get_array()) {
        if (!entry.is_string()) {
            throw NotDone("'" + std::string(name) + "' must hold strings");
        }
        texts.emplace_back(entry.get_string());
    }
    return texts;
}

Issue& Arguments::issue() const {
    const std::string name = required("issue");
    Issue* issue = state_.find_issue(name);
    if (issue == nullptr) {
        throw NotDone("there is no issue " + name);
    }
    return *issue;
}

User& Arguments::user(std::string_view text) const {
    User* user = state_.find_user(text == "automation" ? state_.automation->account_id : text);
    if (user == nullptr) {
        throw NotDone("there is no user " + std::string(text));
    }
    return *user;
}

const User& Arguments::actor(std::string_view name) const {
    return user(text(name, "automation"));
}

std::vector<const User*> Arguments::approvers() const {
    std::vector<const User*> users;
    for (const std::string& name : list("approvers")) {
        users.push_back(&user(name));
    }
    return has("approvers") ? users : state_.default_approvers;
}

Group& Arguments::group() const {
    const std::string name = required("group");
    Group* group = state_.find_group(name);
    if (group == nullptr) {
        throw NotDone("there is no group " + name);
    }
    return *group;
}

const Status& Arguments::status(std::string_view text, const Project& project) const {
    const Status* status = state_.find_status(text, project);
    if (status == nullptr) {
        throw NotDone("there is no status " + std::string(text));
    }
    return *status;
}

namespace {

json::object add_user(State& state, const Arguments& arguments, TimePoint) {
    User user;
    user.email = arguments.text("email", "");
    user.account_id = arguments.text("account_id", "");
    if (user.account_id.empty()) {
        user.account_id = "712020:" + std::to_string(state.next_id());
    }
    if (state.find_user(user.account_id) != nullptr ||
        (!user.email.empty() && state.find_user(user.email) != nullptr)) {
        throw NotDone("the user is there already");
    }
    user.name = arguments.text("name", user.email.empty() ? user.account_id : user.email);
    user.type = arguments.text("type", "atlassian");
    user.active = arguments.flag("active", true);
    user.email_hidden = arguments.flag("email_hidden", user.email.empty());
    return {{"account_id", state.add_user(std::move(user)).account_id}};
}

json::object set_user(State& state, const Arguments& arguments, TimePoint) {
    User& user = arguments.user(arguments.required("user"));
    user.name = arguments.text("name", user.name);
    user.email = arguments.text("email", user.email);
    user.type = arguments.text("type", user.type);
    user.active = arguments.flag("active", user.active);
    user.email_hidden = arguments.flag("email_hidden", user.email_hidden);
    state.refresh(user);
    return {};
}

json::object add_group(State& state, const Arguments& arguments, TimePoint) {
    const std::string name = arguments.required("name");
    if (state.find_group(name) != nullptr) {
        throw NotDone("the group is there already");
    }
    return {{"id", state.add_group(name).id}};
}

json::object add_group_member(State&, const Arguments& arguments, TimePoint) {
    const User& user = arguments.user(arguments.required("user"));
    Group& group = arguments.group();
    if (std::ranges::find(group.members, &user) == group.members.end()) {
        group.members.push_back(&user);
    }
    return {};
}

json::object remove_group_member(State&, const Arguments& arguments, TimePoint) {
    const User& user = arguments.user(arguments.required("user"));
    std::erase(arguments.group().members, &user);
    return {};
}

json::object set_project(State& state, const Arguments& arguments, TimePoint) {
    Project* project = state.find_project(arguments.required("project"));
    if (project == nullptr) {
        throw NotDone("there is no such project");
    }
    project->browsable = arguments.flag("browsable", true);
    return {};
}

json::object statuses(State& state, const Arguments&, TimePoint) {
    json::object counts;
    for (const auto& [status, count] : state.count_by_status()) {
        counts[status->name] = count;
    }
    return {{"statuses", std::move(counts)}};
}

json::object set(State& state, const Arguments& arguments, TimePoint now) {
    Settings& settings = state.settings;
    constexpr std::array numbers = {
        std::pair{"page_size", &Settings::page_size},
        std::pair{"desk_page_size", &Settings::desk_page_size},
        std::pair{"changelog_page_size", &Settings::changelog_page_size},
        std::pair{"comment_limit", &Settings::comment_limit},
        std::pair{"stale_searches", &Settings::stale_searches},
        std::pair{"writes_per_2s", &Settings::writes_per_2s},
        std::pair{"writes_per_30s", &Settings::writes_per_30s},
    };
    constexpr std::array flags = {
        std::pair{"null_token", &Settings::null_token},
        std::pair{"last_page_lies", &Settings::last_page_lies},
        std::pair{"pages_overlap", &Settings::pages_overlap},
        std::pair{"changelog_in_seconds", &Settings::changelog_in_seconds},
        std::pair{"comment_properties", &Settings::comment_properties},
        std::pair{"transition_screens", &Settings::transition_screens},
    };
    std::size_t known = 0;
    for (const auto& [name, member] : numbers) {
        known += arguments.has(name) ? 1 : 0;
        settings.*member = arguments.number(name, settings.*member);
    }
    for (const auto& [name, member] : flags) {
        known += arguments.has(name) ? 1 : 0;
        settings.*member = arguments.flag(name, settings.*member);
    }
    if (arguments.has("index_lag_ms")) {
        ++known;
        // What is visible now stays visible.
        state.index.settle(now);
        state.index.set_lag(Duration(arguments.number("index_lag_ms", 0)));
        state.index.settle(now);
    }
    if (arguments.has("permissions")) {
        ++known;
        const auto list = arguments.list("permissions");
        settings.permissions = {list.begin(), list.end()};
    }
    if (arguments.has("token")) {
        ++known;
        settings.token = arguments.required("token");
    }
    if (known != arguments.all().size()) {
        throw NotDone("a setting is not known");
    }
    return {};
}

} // namespace

Verb site_verb(std::string_view name) {
    constexpr std::array verbs = {
        std::pair<std::string_view, Verb>{"add_user", add_user},
        std::pair<std::string_view, Verb>{"set_user", set_user},
        std::pair<std::string_view, Verb>{"add_group", add_group},
        std::pair<std::string_view, Verb>{"add_group_member", add_group_member},
        std::pair<std::string_view, Verb>{"remove_group_member", remove_group_member},
        std::pair<std::string_view, Verb>{"set_project", set_project},
        std::pair<std::string_view, Verb>{"statuses", statuses},
        std::pair<std::string_view, Verb>{"set", set},
    };
    const auto* found = std::ranges::find(verbs, name, &std::pair<std::string_view, Verb>::first);
    return found == verbs.end() ? nullptr : found->second;
}

} // namespace accessd::sandbox::jsm
