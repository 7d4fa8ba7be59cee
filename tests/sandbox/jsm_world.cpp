#include "tests/sandbox/jsm_state.hpp"
#include "tests/sandbox/jsm_text.hpp"

#include <array>
#include <initializer_list>

namespace accessd::sandbox::jsm {

namespace {

class Person {
public:
    std::string_view account_id;
    std::string_view name;
    std::string_view email;
    std::string_view type = "atlassian";
};

constexpr std::array people = {
    Person{"712020:0acce55d-0000-4000-8000-000000000001", "accessd", "accessd@acme.example"},
    Person{"557058:f58131cb-b67d-43c7-b30d-6b58d40bd077", "Automation for Jira", "", "app"},
    Person{"712020:000000b0-0000-4000-8000-00000000000b", "Bob Approver", "bob@acme.example"},
    Person{"712020:0000ca20-0000-4000-8000-00000000000c", "Carol Approver", "carol@acme.example"},
    Person{"712020:0000001a-0000-4000-8000-00000000000a", "Jane Doe", "jane@acme.example"},
    Person{"712020:00000def-0000-4000-8000-00000000000d", "Dave Roe", "dave@acme.example"},
    Person{"712020:0000001e-0000-4000-8000-00000000000e", "Ivan Left", "ivan@acme.example"},
    Person{"712020:0000004d-0000-4000-8000-00000000000f", "Hilda Hidden", "hilda@acme.example"},
    Person{"qm:5f1e0000-c0de-4000-8000-000000000010:1", "Cleo Customer", "cleo@customer.example", "customer"},
};

void add_people(State& state) {
    for (const Person& person : people) {
        User user;
        user.account_id = person.account_id;
        user.name = person.name;
        user.email = person.email == "accessd@acme.example" ? state.settings.email : person.email;
        user.type = person.type;
        user.active = person.name != "Ivan Left";
        user.email_hidden = person.name == "Hilda Hidden" || person.email.empty();
        // Not UTC on purpose: Jira writes times in the zone of the account that asks.
        user.zone = "Etc/GMT-2";
        user.offset_minutes = 120;
        state.add_user(std::move(user));
    }
    state.automation = state.find_user("557058:f58131cb-b67d-43c7-b30d-6b58d40bd077");
    Group& approvers = state.add_group("entra-approvers");
    approvers.members = {state.find_user("bob@acme.example"), state.find_user("carol@acme.example")};
    Group& agents = state.add_group("jira-servicemanagement-users-acme");
    agents.members = approvers.members;
    agents.members.push_back(state.self());
    state.add_group("jira-administrators");
    state.default_approvers = approvers.members;
}

void add_project(
    State& state, std::int64_t id, std::string_view key, std::string_view name, std::int64_t desk
) {
    Project& project = state.projects.emplace_back();
    const std::string& base = state.settings.base_url;
    project.id = id;
    project.key = key;
    project.name = name;
    project.desk = desk;
    project.issue_type = id + 5;
    project.issue_type_name = desk == 0 ? "Task" : "[System] Service request";
    const std::string type_id = std::to_string(project.issue_type);
    JsonText type;
    type.open('{').key("self").text(base + "/rest/api/3/issuetype/" + type_id).key("id").text(type_id);
    type.key("description").text("").key("name").text(project.issue_type_name);
    type.key("subtask").boolean(false).key("hierarchyLevel").number(0).close('}');
    project.issue_type_json = type.take();
    JsonText out;
    out.open('{').key("self").text(base + "/rest/api/3/project/" + std::to_string(id));
    out.key("id").text(std::to_string(id)).key("key").text(key).key("name").text(name);
    out.key("projectTypeKey").text(desk == 0 ? "software" : "service_desk");
    out.key("simplified").boolean(desk == 0).close('}');
    project.json = out.take();
}

const Status&
add_status(State& state, Project& project, std::int64_t id, std::string_view name, int category) {
    constexpr std::array<std::array<std::string_view, 4>, 3> categories = {{
        {"2", "new", "To Do", "blue-gray"},
        {"4", "indeterminate", "In Progress", "yellow"},
        {"3", "done", "Done", "green"},
    }};
    Status& status = state.statuses.emplace_back();
    status.id = id;
    status.name = name;
    status.category = category;
    status.project = &project;
    const auto& [number, key, title, color] = categories.at(static_cast<std::size_t>(category));
    const std::string& base = state.settings.base_url;
    JsonText out;
    out.open('{').key("self").text(base + "/rest/api/3/status/" + std::to_string(id));
    out.key("description").text("").key("iconUrl").text(base + "/").key("name").text(name);
    out.key("id").text(std::to_string(id)).key("statusCategory").open('{');
    out.key("self").text(base + "/rest/api/3/statuscategory/" + std::string(number)).key("id").raw(number);
    out.key("key").text(key).key("colorName").text(color).key("name").text(title).close('}').close('}');
    status.json = out.take();
    project.statuses.push_back(&status);
    return status;
}

void add_workflow(State& state) {
    Project& acc = state.projects.front();
    const Status& waiting = add_status(state, acc, 10010, "Waiting for approval", 1);
    const Status& approved = add_status(state, acc, 10011, "Approved by Manager", 1);
    const Status& rejected = add_status(state, acc, 10012, "Rejected", 2);
    const Status& revoked = add_status(state, acc, 10013, "Access Revoked", 2);
    const Status& declined = add_status(state, acc, 10014, "Declined by User", 2);
    const Status& granted = add_status(state, acc, 10015, "Access Granted", 2);
    const Status& removed = add_status(state, acc, 10016, "Access Removed", 2);
    const Status& attention = add_status(state, acc, 10017, "Needs Attention", 1);
    const auto lead = [&state](std::int64_t id, std::string name, const Status& to, auto... from) {
        Transition& transition = state.transitions.emplace_back();
        transition.id = id;
        transition.name = std::move(name);
        transition.to = &to;
        transition.from = {from...};
    };
    // Waiting to Approved is the approval step's own transition: nobody can choose it.
    lead(21, "Reject", rejected, &waiting);
    lead(31, "Mark granted", granted, &approved, &attention);
    lead(41, "Mark removed", removed, &approved, &rejected, &revoked, &declined, &granted, &attention);
    lead(51, "Needs attention", attention, &approved, &rejected, &revoked, &declined, &granted, &removed);
    lead(61, "Revoke", revoked, &approved, &granted, &attention);
    lead(71, "Decline", declined, &waiting, &approved, &granted);
    lead(81, "Reopen", waiting, &rejected, &declined, &removed, &attention);
    Project& other = state.projects.back();
    add_status(state, other, 10110, "To Do", 0);
    add_status(state, other, 10111, "Rejected", 2);
    add_status(state, other, 10112, "Done", 2);
}

Field&
add_field(State& state, std::string_view id, std::string_view name, FieldKind kind, std::string_view type) {
    Field& field = state.fields.emplace_back();
    field.id = id;
    field.name = name;
    field.kind = kind;
    field.slot = state.fields.size() - 1;
    JsonText out;
    out.open('{').key("type").text(type);
    if (field.custom()) {
        const std::string number = field.id.substr(std::string_view("customfield_").size());
        std::string_view custom = "com.atlassian.jira.plugin.system.customfieldtypes:select";
        if (kind == FieldKind::user) {
            custom = "com.atlassian.jira.plugin.system.customfieldtypes:userpicker";
        } else if (kind == FieldKind::request_type) {
            custom = "com.atlassian.servicedesk:vp-origin";
        } else if (kind == FieldKind::approvals) {
            custom = "com.atlassian.servicedesk.approvals-plugin:sd-approvals";
        }
        out.key("custom").text(custom).key("customId").raw(number);
        field.clauses = {"cf[" + number + "]", field.name};
    } else {
        out.key("system").text(id);
        field.clauses = {field.id};
    }
    field.schema = out.close('}').take();
    return field;
}

void add_fields(State& state) {
    using K = FieldKind;
    add_field(state, "summary", "Summary", K::summary, "string");
    add_field(state, "issuetype", "Issue Type", K::issue_type, "issuetype");
    add_field(state, "project", "Project", K::project, "project");
    add_field(state, "status", "Status", K::status, "status");
    add_field(state, "reporter", "Reporter", K::reporter, "user");
    add_field(state, "creator", "Creator", K::creator, "user");
    add_field(state, "assignee", "Assignee", K::assignee, "user");
    add_field(state, "created", "Created", K::created, "datetime");
    add_field(state, "updated", "Updated", K::updated, "datetime");
    add_field(state, "resolution", "Resolution", K::resolution, "resolution");
    add_field(state, "labels", "Labels", K::labels, "array");
    add_field(state, "description", "Description", K::description, "string");
    add_field(state, "customfield_10010", "Request Type", K::request_type, "sd-customerrequesttype");
    Field& application = add_field(state, "customfield_10050", "Application", K::select, "option");
    for (const char* name :
         {"Entra ID", "Okta", "AWS", "Google Workspace", "Jira", "Confluence", "Bitbucket", "GitHub"}) {
        state.option(application, name);
    }
    Field& type = add_field(state, "customfield_10051", "Access Type", K::select, "option");
    for (const char* name : {"User", "Admin", "Read-only"}) {
        state.option(type, name);
    }
    Field& current = add_field(state, "customfield_10056", "Current Access", K::select, "option");
    for (const char* name : {"User", "Admin", "Read-only"}) {
        state.option(current, name);
    }
    Field& duration = add_field(state, "customfield_10052", "Access Duration", K::select, "option");
    for (const char* name : {"1 day", "7 days", "30 days", "90 days"}) {
        state.option(duration, name);
    }
    add_field(state, "customfield_10053", "Beneficiary", K::user, "user");
    add_field(state, "customfield_10054", "Approver", K::user, "user");
    add_field(state, "customfield_10055", "Approvals", K::approvals, "sd-approvals");
    // A team-managed project's own field of the same name: names are not unique in Jira.
    Field& scoped = add_field(state, "customfield_10151", "Access Type", K::select, "option");
    scoped.scope = &state.projects.back();
}

void add_request_types(State& state) {
    const Project& acc = state.projects.front();
    const std::string desk = std::to_string(acc.desk);
    std::int64_t id = 25;
    for (const char* name :
         {"Request Application Access", "Request Access Removal", "Request Access Change"}) {
        RequestType& type = state.request_types.emplace_back();
        type.id = id++;
        type.name = name;
        type.description = std::string(name) + " here.";
        const std::string number = std::to_string(type.id);
        JsonText out;
        out.open('{').key("_expands").open('[').text("field").close(']').key("id").text(number);
        out.key("_links").open('{').key("self").text(
            state.settings.base_url + "/rest/servicedeskapi/servicedesk/" + desk + "/requesttype/" + number
        );
        out.close('}').key("name").text(name).key("description").text(type.description);
        out.key("helpText").text("").key("issueTypeId").text(std::to_string(acc.issue_type));
        out.key("serviceDeskId").text(desk).key("portalId").text(desk);
        out.key("groupIds").open('[').text("12").close(']').close('}');
        type.json = out.take();
    }
}

} // namespace

void build_world(State& state) {
    state.settings.permissions = {
        "ADD_COMMENTS",
        "BROWSE_PROJECTS",
        "DELETE_OWN_COMMENTS",
        "EDIT_ISSUES",
        "SERVICEDESK_AGENT",
        "TRANSITION_ISSUES"};
    add_people(state);
    add_project(state, 10000, "ACC", "Access Requests Portal", 3);
    add_project(state, 10001, "HR", "Human Resources", 0);
    add_workflow(state);
    add_fields(state);
    add_request_types(state);
}

} // namespace accessd::sandbox::jsm
