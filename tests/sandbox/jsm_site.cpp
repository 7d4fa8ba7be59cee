#include "core/support/text.hpp"
#include "tests/sandbox/jsm_call.hpp"

#include <algorithm>
#include <array>

namespace accessd::sandbox::jsm {

namespace {

HttpResponse list_fields(Call& call) {
    JsonText out;
    out.open('[');
    for (const Field& field : call.state.fields) {
        // Anonymous callers see the system's fields only.
        if (call.caller == nullptr && field.custom()) {
            continue;
        }
        out.open('{').key("id").text(field.id).key("key").text(field.id).key("name").text(field.name);
        out.key("custom").boolean(field.custom()).key("orderable").boolean(true);
        out.key("navigable").boolean(true).key("searchable").boolean(true).key("clauseNames").open('[');
        for (const std::string& clause : field.clauses) {
            out.text(clause);
        }
        out.close(']');
        if (field.scope != nullptr) {
            out.key("scope").open('{').key("type").text("PROJECT").key("project").open('{');
            out.key("id").text(std::to_string(field.scope->id)).close('}').close('}');
        }
        out.key("schema").raw(field.schema).close('}');
    }
    return json_answer(200, out.close(']').take());
}

HttpResponse list_statuses(Call& call) {
    JsonText out;
    out.open('[');
    for (const Status& status : call.state.statuses) {
        if (call.sees(*status.project)) {
            out.raw(status.json);
        }
    }
    return json_answer(200, out.close(']').take());
}

const Project* visible_project(Call& call) {
    const Project* project = call.state.find_project(call.path[0]);
    return project != nullptr && call.sees(*project) ? project : nullptr;
}

HttpResponse no_project(const Call& call) {
    return jira_error(404, "No project could be found with key '" + call.path[0] + "'.");
}

HttpResponse get_project(Call& call) {
    const Project* project = visible_project(call);
    if (project == nullptr) {
        return no_project(call);
    }
    if (auto refusal =
            check_expand(call.list("expand"), "description issueTypes lead projectKeys issueTypeHierarchy")) {
        return std::move(*refusal);
    }
    std::string json = project->json;
    json.pop_back();
    json += R"(,"issueTypes":[)" + project->issue_type_json + R"(],"archived":false,"isPrivate":false})";
    return json_answer(200, std::move(json));
}

HttpResponse project_statuses(Call& call) {
    const Project* project = visible_project(call);
    if (project == nullptr) {
        return no_project(call);
    }
    JsonText out;
    out.open('[').open('{').key("self").text(
        call.state.settings.base_url + "/rest/api/3/issuetype/" + std::to_string(project->issue_type)
    );
    out.key("id").text(std::to_string(project->issue_type)).key("name").text(project->issue_type_name);
    out.key("subtask").boolean(false).key("statuses").open('[');
    for (const Status* status : project->statuses) {
        out.raw(status->json);
    }
    return json_answer(200, out.close(']').close('}').close(']').take());
}

HttpResponse server_info(Call& call) {
    JsonText out;
    out.open('{').key("baseUrl").text(call.state.settings.base_url).key("version").text("1001.0.0-SNAPSHOT");
    out.key("versionNumbers").open('[').number(1001).number(0).number(0).close(']');
    out.key("deploymentType").text("Cloud").key("buildNumber").number(100295);
    out.key("serverTime").text(jira_time(call.now, call.offset_minutes()));
    out.key("serverTitle").text("Jira").key("serverTimeZone").text("Etc/UTC").close('}');
    return json_answer(200, out.take());
}

class Permission {
public:
    std::string_view id;
    std::string_view key;
    std::string_view name;
    std::string_view type;
};

constexpr std::array known_permissions = {
    Permission{"0", "ADMINISTER", "Administer Jira", "GLOBAL"},
    Permission{"27", "USER_PICKER", "Browse users and groups", "GLOBAL"},
    Permission{"10", "BROWSE_PROJECTS", "Browse Projects", "PROJECT"},
    Permission{"11", "CREATE_ISSUES", "Create Issues", "PROJECT"},
    Permission{"12", "EDIT_ISSUES", "Edit Issues", "PROJECT"},
    Permission{"13", "ASSIGN_ISSUES", "Assign Issues", "PROJECT"},
    Permission{"15", "ADD_COMMENTS", "Add Comments", "PROJECT"},
    Permission{"16", "DELETE_ISSUES", "Delete Issues", "PROJECT"},
    Permission{"21", "LINK_ISSUES", "Link Issues", "PROJECT"},
    Permission{"23", "ADMINISTER_PROJECTS", "Administer Projects", "PROJECT"},
    Permission{"37", "DELETE_OWN_COMMENTS", "Delete Own Comments", "PROJECT"},
    Permission{"46", "TRANSITION_ISSUES", "Transition Issues", "PROJECT"},
    Permission{"-1", "SERVICEDESK_AGENT", "Service Project Agent", "PROJECT"},
};

/// The project that the question is about, from any of its parameters; or the refusal.
std::variant<const Project*, HttpResponse> permission_context(Call& call) {
    for (const char* name : {"projectKey", "projectId"}) {
        if (const auto text = call.parameter(name)) {
            const Project* project = call.state.find_project(*text);
            if (project == nullptr || !call.sees(*project)) {
                return jira_error(404, "No project could be found with key '" + std::string(*text) + "'.");
            }
            return project;
        }
    }
    for (const char* name : {"issueKey", "issueId"}) {
        if (const auto text = call.parameter(name)) {
            const Issue* issue = call.issue(*text);
            if (issue == nullptr) {
                return issue_not_found();
            }
            return issue->facts.project;
        }
    }
    return static_cast<const Project*>(nullptr);
}

HttpResponse my_permissions(Call& call) {
    const std::vector<std::string> wanted = call.list("permissions");
    if (wanted.empty()) {
        return jira_error(400, "The 'permissions' query parameter is required.");
    }
    auto context = permission_context(call);
    if (auto* refusal = std::get_if<HttpResponse>(&context)) {
        return std::move(*refusal);
    }
    JsonText out;
    out.open('{').key("permissions").open('{');
    for (const std::string& key : wanted) {
        const auto* known = std::ranges::find(known_permissions, key, &Permission::key);
        if (known == known_permissions.end()) {
            return jira_error(400, "Unrecognized permission: " + key);
        }
        out.key(key).open('{').key("id").text(known->id).key("key").text(key);
        out.key("name").text(known->name).key("type").text(known->type).key("description").text("");
        out.key("havePermission").boolean(call.may(key)).close('}');
    }
    return json_answer(200, out.close('}').close('}').take());
}

constexpr std::array routes = {
    Route{"GET", "/rest/api/3/field", "", Anonymous::served, list_fields},
    Route{"GET", "/rest/api/3/status", "", Anonymous::served, list_statuses},
    Route{"GET", "/rest/api/3/project/*", "expand properties", Anonymous::served, get_project},
    Route{"GET", "/rest/api/3/project/*/statuses", "", Anonymous::served, project_statuses},
    Route{"GET", "/rest/api/3/serverInfo", "", Anonymous::served, server_info},
    Route{"GET", "/rest/api/2/serverInfo", "", Anonymous::served, server_info},
    Route{
        "GET",
        "/rest/api/3/mypermissions",
        "projectKey projectId issueKey issueId permissions projectUuid projectConfigurationUuid commentId",
        Anonymous::served,
        my_permissions},
};

} // namespace

std::span<const Route> site_routes() {
    return routes;
}

} // namespace accessd::sandbox::jsm
