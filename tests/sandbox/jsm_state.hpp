#pragma once

#include "core/model/time.hpp"
#include "tests/sandbox/jsm_index.hpp"

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace accessd::sandbox::jsm {

class User {
public:
    User() = default;

    std::string account_id;
    std::string name;
    std::string email;
    std::string type = "atlassian"; ///< atlassian | app | customer
    bool active = true;
    bool email_hidden = false;
    std::string zone = "Etc/UTC";
    int offset_minutes = 0; ///< what `zone` means
    std::string details;    ///< the platform's JSON form
    std::string desk;       ///< the service desk's JSON form
};

class Group {
public:
    Group() = default;

    std::string id;
    std::string name;
    std::vector<const User*> members;
};

class Project;

class Status {
public:
    Status() = default;

    std::int64_t id = 0;
    std::string name;
    int category = 0; ///< 0 to do, 1 in progress, 2 done
    const Project* project = nullptr;
    std::string json;
};

class Option {
public:
    Option() = default;

    std::int64_t id = 0;
    std::string value;
    std::string json;
};

enum class FieldKind : std::uint8_t {
    summary,
    issue_type,
    project,
    status,
    reporter,
    creator,
    assignee,
    created,
    updated,
    resolution,
    labels,
    description,
    request_type,
    approvals,
    select,
    user,
};

class Field {
public:
    Field() = default;

    std::string id;
    std::string name;
    FieldKind kind = FieldKind::summary;
    std::string schema;               ///< JSON
    std::vector<std::string> clauses; ///< names in JQL
    const Project* scope = nullptr;   ///< a team-managed project's own field
    std::size_t slot = 0;             ///< where a select or user field has its value in Facts::custom
    std::deque<Option> options;

    bool custom() const { return id.starts_with("customfield_"); }
};

class Transition {
public:
    Transition() = default;

    std::int64_t id = 0;
    std::string name;
    const Status* to = nullptr;
    std::vector<const Status*> from;
};

class RequestType {
public:
    RequestType() = default;

    std::int64_t id = 0;
    std::string name;
    std::string description;
    std::string json; ///< the service desk's form
};

class Project {
public:
    Project() = default;

    std::int64_t id = 0;
    std::string key;
    std::string name;
    std::int64_t desk = 0; ///< 0: not a service project
    std::int64_t issue_type = 0;
    std::string issue_type_name;
    std::string issue_type_json;
    std::string json; ///< as the field of an issue
    std::vector<const Status*> statuses;
    std::int64_t last_number = 0;
    bool browsable = true; ///< by the API's account
};

enum class Answer : std::uint8_t { pending, approved, declined };

class Approval {
public:
    Approval() = default;

    std::int64_t id = 0;
    std::string name;
    std::vector<std::pair<const User*, Answer>> approvers;
    std::size_t needed = 1; ///< approvals
    Answer decision = Answer::pending;
    TimePoint created_at{};
    std::optional<TimePoint> completed_at;
};

class ChangeItem {
public:
    ChangeItem() = default;

    ChangeItem(std::string field_name, std::string id_of_field, std::string type_of_field)
        : field(std::move(field_name)), field_id(std::move(id_of_field)),
          field_type(std::move(type_of_field)) {}

    std::string field;
    std::string field_id;
    std::string field_type;
    std::optional<std::string> from;
    std::optional<std::string> from_text;
    std::optional<std::string> to;
    std::optional<std::string> to_text;
};

class Change {
public:
    Change() = default;

    std::int64_t id = 0;
    const User* author = nullptr;
    TimePoint at{};
    std::vector<ChangeItem> items;
};

class Comment {
public:
    Comment() = default;

    std::int64_t id = 0;
    const User* author = nullptr;
    TimePoint at{};
    std::string body;       ///< ADF
    std::string text;       ///< what a reader sees
    std::string properties; ///< JSON array
    std::string visibility; ///< JSON object or empty
    bool is_public = true;
};

class Issue {
public:
    Issue() = default;

    std::int64_t id = 0;
    Facts facts;
    std::vector<Approval> approvals;
    std::vector<Change> changes;
    std::vector<Comment> comments;
    std::deque<TimePoint> writes; ///< the last ones by the API's account, for the per-issue limit
    int conflicts = 0;            ///< that many of the next transitions answer 409
};

/// What the tests may turn; the verb "set" names them.
class Settings {
public:
    Settings() = default;

    std::string base_url = "https://acme.atlassian.net";
    std::string email = "accessd@acme.example";
    std::string token = "jira-api-token";
    std::int64_t page_size = 100; ///< most issues of a page when fields are asked for
    std::int64_t desk_page_size = 50;
    std::int64_t changelog_page_size = 10'000;
    bool null_token = false;           ///< the last page has "nextPageToken": null instead of none
    bool last_page_lies = false;       ///< isLast is false on the last page too
    bool pages_overlap = false;        ///< a page begins with the last issue of the one before
    std::int64_t stale_searches = 0;   ///< every n-th search is answered as the one before it; 0: none
    bool changelog_in_seconds = false; ///< unit of "created" in changelog/bulkfetch
    bool comment_properties = true;    ///< expand=properties works
    bool transition_screens = true;    ///< without them a transition takes no comment
    std::int64_t comment_limit = 5000; ///< per issue
    std::int64_t writes_per_2s = 0;    ///< per issue; 0: no limit
    std::int64_t writes_per_30s = 0;
    std::set<std::string, std::less<>> permissions; ///< of the API's account in every project it may browse
};

/// The site: everything behind both APIs. Pointers that it hands out stay valid; issues until they are
/// deleted.
class State {
public:
    explicit State(Settings settings);
    State(const State&) = delete;
    State& operator=(const State&) = delete;

    Settings settings;

    User& add_user(User user);
    void refresh(User& user); ///< after a change of its members
    Group& add_group(std::string name);
    const Option& option(Field& field, std::string_view value); ///< added when it is new

    User* find_user(std::string_view account_or_email);
    Group* find_group(std::string_view name_or_id);
    Project* find_project(std::string_view id_or_key);
    /// By id anywhere or by name in a project.
    const Status* find_status(std::string_view name_or_id, const Project& project) const;
    Field* find_field(std::string_view id_or_name);
    const RequestType* find_request_type(std::string_view name_or_id) const;
    /// By id, by key, by the key it had before a move.
    Issue* find_issue(std::string_view id_or_key);
    Issue* find_issue(std::int64_t id);

    /// The API's account.
    const User* self() { return find_user(settings.email); }

    Issue& create(Facts facts, std::string_view key, TimePoint now);
    void erase(Issue& issue, TimePoint now);
    /// Writes the history; the caller has changed the facts.
    void record(Issue& issue, const User* author, std::vector<ChangeItem> items, TimePoint now);
    void move_to_status(Issue& issue, const Status& status, const User* author, TimePoint now);
    void move_to_project(Issue& issue, Project& project, const User* author, TimePoint now);
    Approval& ask(Issue& issue, std::vector<const User*> approvers, TimePoint now);
    Comment& comment(Issue& issue, Comment comment, TimePoint now);
    /// Tells the index, after any change of facts.
    void touch(Issue& issue, TimePoint now);

    std::int64_t next_id() { return ++last_id_; }

    std::size_t issue_count() const { return issues_.size(); }

    /// The truth, not what search sees.
    std::map<const Status*, std::int64_t> count_by_status() const;

    SearchIndex index;
    std::int64_t searches = 0;
    std::string last_query;
    std::string last_search; ///< the last answer to it, when that was whole
    std::deque<User> users;
    std::deque<Group> groups;
    std::deque<Project> projects;
    std::deque<Status> statuses;
    std::deque<Field> fields;
    std::deque<Transition> transitions;
    std::deque<RequestType> request_types;
    std::vector<const User*> default_approvers;
    const User* automation = nullptr;

private:
    std::unordered_map<std::int64_t, std::unique_ptr<Issue>> issues_;
    std::unordered_map<std::string, std::int64_t> keys_;
    std::unordered_map<std::string, User*> accounts_; ///< by account id and by e-mail
    std::int64_t last_id_ = 10'100;
    std::int64_t last_issue_ = 10'000;
};

/// Fills a fresh site: what jsm.hpp documents.
void build_world(State& state);

/// One transition leads from here to there, or none.
bool leads_from(const Transition& transition, const Status& status);

ChangeItem status_change(const Status& from, const Status& to);

} // namespace accessd::sandbox::jsm
