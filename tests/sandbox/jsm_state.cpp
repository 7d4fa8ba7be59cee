#include "tests/sandbox/jsm_state.hpp"

#include "core/support/digest.hpp"
#include "core/support/text.hpp"
#include "tests/sandbox/jsm_text.hpp"

#include <algorithm>

namespace accessd::sandbox::jsm {

namespace {

constexpr std::string_view avatars =
    R"({"48x48":"https://avatar.example/48","24x24":"https://avatar.example/24",)"
    R"("16x16":"https://avatar.example/16","32x32":"https://avatar.example/32"})";

std::string user_json(const User& user, const std::string& base) {
    JsonText out;
    out.open('{').key("self").text(base + "/rest/api/3/user?accountId=" + percent_encode(user.account_id));
    out.key("accountId").text(user.account_id);
    if (!user.email_hidden) {
        out.key("emailAddress").text(user.email);
    }
    out.key("avatarUrls").raw(avatars).key("displayName").text(user.name);
    out.key("active").boolean(user.active).key("timeZone").text(user.zone);
    out.key("accountType").text(user.type).close('}');
    return out.take();
}

std::string desk_user_json(const User& user, const std::string& base) {
    const std::string self = base + "/rest/api/2/user?accountId=" + percent_encode(user.account_id);
    JsonText out;
    out.open('{').key("accountId").text(user.account_id);
    if (!user.email_hidden) {
        out.key("emailAddress").text(user.email);
    }
    out.key("displayName").text(user.name).key("active").boolean(user.active);
    out.key("timeZone").text(user.zone).key("_links").open('{').key("jiraRest").text(self);
    out.key("avatarUrls").raw(avatars).key("self").text(self).close('}').close('}');
    return out.take();
}

std::string uuid_of(std::string_view name) {
    std::string hex = sha256_hex(name).substr(0, 32);
    for (const std::size_t at : {8U, 13U, 18U, 23U}) {
        hex.insert(at, "-");
    }
    return hex;
}

} // namespace

State::State(Settings initial) : settings(std::move(initial)) {
    build_world(*this);
}

User& State::add_user(User user) {
    User& added = users.emplace_back(std::move(user));
    refresh(added);
    accounts_[added.account_id] = &added;
    if (!added.email.empty()) {
        accounts_[added.email] = &added;
    }
    return added;
}

void State::refresh(User& user) {
    user.details = user_json(user, settings.base_url);
    user.desk = desk_user_json(user, settings.base_url);
    if (!user.email.empty()) {
        accounts_[user.email] = &user;
    }
}

Group& State::add_group(std::string name) {
    Group& group = groups.emplace_back();
    group.id = uuid_of(name);
    group.name = std::move(name);
    return group;
}

const Option& State::option(Field& field, std::string_view value) {
    for (const Option& known : field.options) {
        if (known.value == value) {
            return known;
        }
    }
    Option& added = field.options.emplace_back();
    added.id = next_id();
    added.value = value;
    const std::string id = std::to_string(added.id);
    JsonText out;
    out.open('{').key("self").text(settings.base_url + "/rest/api/3/customFieldOption/" + id);
    out.key("value").text(value).key("id").text(id).close('}');
    added.json = out.take();
    return added;
}

User* State::find_user(std::string_view account_or_email) {
    const auto found = accounts_.find(std::string(account_or_email));
    return found == accounts_.end() ? nullptr : found->second;
}

Group* State::find_group(std::string_view name_or_id) {
    const auto found = std::ranges::find_if(groups, [&](const Group& group) {
        return group.name == name_or_id || group.id == name_or_id;
    });
    return found == groups.end() ? nullptr : &*found;
}

Project* State::find_project(std::string_view id_or_key) {
    const auto id = parse_integer(id_or_key);
    const auto found = std::ranges::find_if(projects, [&](const Project& project) {
        return id ? project.id == *id : equals_ignoring_case(project.key, id_or_key);
    });
    return found == projects.end() ? nullptr : &*found;
}

const Status* State::find_status(std::string_view name_or_id, const Project& project) const {
    const auto id = parse_integer(name_or_id);
    const auto found = std::ranges::find_if(statuses, [&](const Status& status) {
        return id ? status.id == *id
                  : status.project == &project && equals_ignoring_case(status.name, name_or_id);
    });
    return found == statuses.end() ? nullptr : &*found;
}

Field* State::find_field(std::string_view id_or_name) {
    const auto by_id = std::ranges::find(fields, id_or_name, &Field::id);
    if (by_id != fields.end()) {
        return &*by_id;
    }
    const auto found = std::ranges::find_if(fields, [&](const Field& field) {
        return field.scope == nullptr && equals_ignoring_case(field.name, id_or_name);
    });
    return found == fields.end() ? nullptr : &*found;
}

const RequestType* State::find_request_type(std::string_view name_or_id) const {
    const auto id = parse_integer(name_or_id);
    const auto found = std::ranges::find_if(request_types, [&](const RequestType& type) {
        return id ? type.id == *id : type.name == name_or_id;
    });
    return found == request_types.end() ? nullptr : &*found;
}

Issue* State::find_issue(std::string_view id_or_key) {
    if (const auto id = parse_integer(id_or_key)) {
        return find_issue(*id);
    }
    std::string key(id_or_key);
    std::ranges::transform(key, key.begin(), [](char c) {
        return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    });
    const auto found = keys_.find(key);
    return found == keys_.end() ? nullptr : find_issue(found->second);
}

Issue* State::find_issue(std::int64_t id) {
    const auto found = issues_.find(id);
    return found == issues_.end() ? nullptr : found->second.get();
}

Issue& State::create(Facts facts, std::string_view key, TimePoint now) {
    auto made = std::make_unique<Issue>();
    made->id = ++last_issue_;
    Project& project = *find_project(facts.project->key);
    facts.key = key;
    if (key.empty()) {
        do {
            facts.key = project.key + "-" + std::to_string(++project.last_number);
        } while (keys_.contains(facts.key));
    }
    facts.created_at = now;
    facts.updated_at = now;
    facts.status_at = now;
    facts.custom.resize(fields.size());
    made->facts = std::move(facts);
    keys_[made->facts.key] = made->id;
    Issue& issue = *made;
    issues_[issue.id] = std::move(made);
    touch(issue, now);
    return issue;
}

void State::erase(Issue& issue, TimePoint now) {
    const std::int64_t id = issue.id;
    index.erase(id, now);
    std::erase_if(keys_, [id](const auto& entry) { return entry.second == id; });
    issues_.erase(id);
}

void State::record(Issue& issue, const User* author, std::vector<ChangeItem> items, TimePoint now) {
    Change& change = issue.changes.emplace_back();
    change.id = next_id();
    change.author = author;
    change.at = now;
    change.items = std::move(items);
    touch(issue, now);
}

void State::move_to_status(Issue& issue, const Status& status, const User* author, TimePoint now) {
    std::vector<ChangeItem> items;
    items.push_back(status_change(*issue.facts.status, status));
    issue.facts.status = &status;
    issue.facts.status_at = now;
    record(issue, author, std::move(items), now);
}

void State::move_to_project(Issue& issue, Project& project, const User* author, TimePoint now) {
    ChangeItem moved("project", "project", "jira");
    moved.from = std::to_string(issue.facts.project->id);
    moved.from_text = issue.facts.project->name;
    moved.to = std::to_string(project.id);
    moved.to_text = project.name;
    ChangeItem renamed("Key", "issuekey", "jira");
    renamed.from_text = issue.facts.key;
    issue.facts.project = &project;
    issue.facts.key = project.key + "-" + std::to_string(++project.last_number);
    renamed.to_text = issue.facts.key;
    keys_[issue.facts.key] = issue.id;
    std::vector<ChangeItem> items{std::move(moved), std::move(renamed)};
    if (const Status* there = find_status(issue.facts.status->name, project)) {
        items.push_back(status_change(*issue.facts.status, *there));
        issue.facts.status = there;
        issue.facts.status_at = now;
    }
    record(issue, author, std::move(items), now);
}

Approval& State::ask(Issue& issue, std::vector<const User*> approvers, TimePoint now) {
    Approval& approval = issue.approvals.emplace_back();
    approval.id = next_id();
    approval.name = issue.facts.status->name;
    approval.created_at = now;
    for (const User* user : approvers) {
        approval.approvers.emplace_back(user, Answer::pending);
    }
    return approval;
}

Comment& State::comment(Issue& issue, Comment comment, TimePoint now) {
    comment.id = next_id();
    comment.at = now;
    Comment& added = issue.comments.emplace_back(std::move(comment));
    touch(issue, now);
    return added;
}

void State::touch(Issue& issue, TimePoint now) {
    issue.facts.updated_at = std::max(issue.facts.updated_at, now);
    index.put(issue.id, issue.facts, now);
}

std::map<const Status*, std::int64_t> State::count_by_status() const {
    std::map<const Status*, std::int64_t> counts;
    for (const auto& [id, issue] : issues_) {
        ++counts[issue->facts.status];
    }
    return counts;
}

bool leads_from(const Transition& transition, const Status& status) {
    return std::ranges::find(transition.from, &status) != transition.from.end();
}

ChangeItem status_change(const Status& from, const Status& to) {
    ChangeItem item("status", "status", "jira");
    item.from = std::to_string(from.id);
    item.from_text = from.name;
    item.to = std::to_string(to.id);
    item.to_text = to.name;
    return item;
}

} // namespace accessd::sandbox::jsm
