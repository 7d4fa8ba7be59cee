#include "core/support/text.hpp"
#include "tests/sandbox/jsm_call.hpp"
#include "tests/sandbox/jsm_render.hpp"

#include <algorithm>
#include <array>
#include <functional>

namespace accessd::sandbox::jsm {

namespace {

constexpr std::string_view root = "/rest/servicedeskapi/";

/// The service desk's envelope around the wanted part of a list of `total` entries.
HttpResponse page(
    Call& call,
    const std::string& path,
    std::int64_t total,
    const std::function<void(JsonText&, std::int64_t)>& write
) {
    const std::int64_t most = call.state.settings.desk_page_size;
    Number start = number(call, "start", 0, 0, 1'000'000);
    Number limit = number(call, "limit", most, 1, 1000);
    for (Number* parsed : {&start, &limit}) {
        if (parsed->refusal) {
            return desk_error(400, "start and limit must be numbers in range.");
        }
    }
    limit.value = std::min(limit.value, most);
    const std::int64_t end = std::min(total, start.value + limit.value);
    const std::int64_t size = std::max<std::int64_t>(end - start.value, 0);
    const std::string self = call.state.settings.base_url + std::string(root) + path;
    JsonText out;
    out.open('{').key("_expands").open('[').close(']').key("size").number(size);
    out.key("start").number(start.value).key("limit").number(limit.value);
    out.key("isLastPage").boolean(end >= total).key("_links").open('{').key("self").text(self);
    out.key("base").text(call.state.settings.base_url).key("context").text("");
    if (end < total) {
        out.key("next").text(
            self + "?limit=" + std::to_string(limit.value) + "&start=" + std::to_string(end)
        );
    }
    out.close('}').key("values").open('[');
    for (std::int64_t i = start.value; i < end; ++i) {
        write(out, i);
    }
    return json_answer(200, out.close(']').close('}').take());
}

HttpResponse no_desk() {
    return desk_error(404, "The Service Desk you are trying to view does not exist.");
}

HttpResponse no_request() {
    return desk_error(404, "Issue does not exist or you do not have permission to see it.");
}

std::vector<const Project*> desks(const Call& call) {
    std::vector<const Project*> found;
    for (const Project& project : call.state.projects) {
        if (project.desk != 0 && call.sees(project)) {
            found.push_back(&project);
        }
    }
    return found;
}

const Project* find_desk(const Call& call) {
    const auto id = parse_integer(call.path[0]);
    for (const Project* project : desks(call)) {
        if (id && project->desk == *id) {
            return project;
        }
    }
    return nullptr;
}

/// The issue as a request: it was raised on the portal and still is in a service project.
const Issue* find_request(const Call& call) {
    const Issue* issue = call.issue(call.path[0]);
    const bool request =
        issue != nullptr && issue->facts.project->desk != 0 && issue->facts.request_type != nullptr;
    return request ? issue : nullptr;
}

void write_desk(JsonText& out, const Call& call, const Project& project) {
    const std::string id = std::to_string(project.desk);
    out.open('{').key("id").text(id).key("projectId").text(std::to_string(project.id));
    out.key("projectName").text(project.name).key("projectKey").text(project.key);
    out.key("_links").open('{').key("self").text(
        call.state.settings.base_url + std::string(root) + "servicedesk/" + id
    );
    out.close('}').close('}');
}

HttpResponse list_desks(Call& call) {
    const auto found = desks(call);
    return page(call, "servicedesk", std::ssize(found), [&](JsonText& out, std::int64_t i) {
        write_desk(out, call, *found[static_cast<std::size_t>(i)]);
    });
}

HttpResponse get_desk(Call& call) {
    const Project* project = find_desk(call);
    if (project == nullptr) {
        return no_desk();
    }
    JsonText out;
    write_desk(out, call, *project);
    return json_answer(200, out.take());
}

HttpResponse list_request_types(Call& call) {
    const Project* project = find_desk(call);
    if (project == nullptr) {
        return no_desk();
    }
    const std::string wanted = ascii_lower(call.parameter("searchQuery").value_or(""));
    std::vector<const RequestType*> found;
    for (const RequestType& type : call.state.request_types) {
        if (ascii_lower(type.name).find(wanted) != std::string::npos) {
            found.push_back(&type);
        }
    }
    const std::string path = "servicedesk/" + call.path[0] + "/requesttype";
    return page(call, path, std::ssize(found), [&](JsonText& out, std::int64_t i) {
        out.raw(found[static_cast<std::size_t>(i)]->json);
    });
}

HttpResponse list_approvals(Call& call) {
    const Issue* issue = find_request(call);
    if (issue == nullptr) {
        return no_request();
    }
    const std::string path = "request/" + std::to_string(issue->id) + "/approval";
    return page(call, path, std::ssize(issue->approvals), [&](JsonText& out, std::int64_t i) {
        write_approval(out, call, *issue, issue->approvals[static_cast<std::size_t>(i)]);
    });
}

HttpResponse get_approval(Call& call) {
    const Issue* issue = find_request(call);
    if (issue == nullptr) {
        return no_request();
    }
    const auto id = parse_integer(call.path[1]);
    const auto found = std::ranges::find_if(issue->approvals, [&](const Approval& approval) {
        return id && approval.id == *id;
    });
    if (found == issue->approvals.end()) {
        return desk_error(404, "The approval does not exist.");
    }
    JsonText out;
    write_approval(out, call, *issue, *found);
    return json_answer(200, out.take());
}

void write_request_fields(JsonText& out, const Call& call, const Issue& issue) {
    out.key("requestFieldValues").open('[');
    out.open('{').key("fieldId").text("summary").key("label").text("Summary");
    out.key("value").text(issue.facts.summary).close('}');
    for (const Field& field : call.state.fields) {
        const CustomValue& value = issue.facts.custom.at(field.slot);
        if (value.option == nullptr && value.user == nullptr) {
            continue;
        }
        out.open('{').key("fieldId").text(field.id).key("label").text(field.name).key("value");
        out.raw(value.option != nullptr ? value.option->json : value.user->desk).close('}');
    }
    out.close(']');
}

void write_status_history(JsonText& out, const Call& call, const Issue& issue) {
    std::vector<std::pair<const Status*, TimePoint>> passed;
    for (auto change = issue.changes.rbegin(); change != issue.changes.rend(); ++change) {
        for (const ChangeItem& item : change->items) {
            if (item.field_id == "status") {
                passed.emplace_back(
                    call.state.find_status(item.to.value_or(""), *issue.facts.project), change->at
                );
            }
        }
    }
    out.key("status").open('{').key("_expands").open('[').close(']');
    out.key("size").number(std::ssize(passed)).key("start").number(0);
    out.key("limit").number(call.state.settings.desk_page_size).key("isLastPage").boolean(true);
    out.key("values").open('[');
    for (const auto& [status, at] : passed) {
        write_desk_status(out, call, *status, at);
    }
    out.close(']').close('}');
}

void write_request(
    JsonText& out, const Call& call, const Issue& issue, const std::vector<std::string>& expand
) {
    const std::string& base = call.state.settings.base_url;
    const std::string id = std::to_string(issue.id);
    const auto wants = [&](std::string_view part) { return std::ranges::find(expand, part) != expand.end(); };
    out.open('{').key("_expands").open('[').close(']').key("issueId").text(id);
    out.key("issueKey").text(issue.facts.key).key("summary").text(issue.facts.summary);
    out.key("requestTypeId").text(std::to_string(issue.facts.request_type->id));
    if (wants("requestType")) {
        out.key("requestType").raw(issue.facts.request_type->json);
    }
    out.key("serviceDeskId").text(std::to_string(issue.facts.project->desk));
    if (wants("serviceDesk")) {
        out.key("serviceDesk");
        write_desk(out, call, *issue.facts.project);
    }
    out.key("createdDate");
    write_desk_date(out, call, issue.facts.created_at);
    if (issue.facts.reporter != nullptr) {
        out.key("reporter").raw(issue.facts.reporter->desk);
    }
    write_request_fields(out, call, issue);
    out.key("currentStatus");
    write_desk_status(out, call, *issue.facts.status, issue.facts.status_at);
    if (wants("status")) {
        write_status_history(out, call, issue);
    }
    out.key("_links").open('{').key("jiraRest").text(base + "/rest/api/2/issue/" + id);
    out.key("web").text(base + "/servicedesk/customer/portal/3/" + issue.facts.key);
    out.key("self").text(base + std::string(root) + "request/" + id).close('}').close('}');
}

HttpResponse get_request(Call& call) {
    const std::vector<std::string> expand = call.list("expand");
    if (check_expand(expand, "requestType serviceDesk status participant sla attachment action comment")) {
        return desk_error(400, "An expansion is not known.");
    }
    const Issue* issue = find_request(call);
    if (issue == nullptr) {
        return no_request();
    }
    JsonText out;
    write_request(out, call, *issue, expand);
    return json_answer(200, out.take());
}

constexpr std::array routes = {
    Route{"GET", "/rest/servicedeskapi/servicedesk", "start limit", Anonymous::refused, list_desks},
    Route{"GET", "/rest/servicedeskapi/servicedesk/*", "", Anonymous::refused, get_desk},
    Route{
        "GET",
        "/rest/servicedeskapi/servicedesk/*/requesttype",
        "groupId expand searchQuery start limit includeHiddenRequestTypesInSearch restrictionStatus",
        Anonymous::refused,
        list_request_types},
    Route{"GET", "/rest/servicedeskapi/request/*", "expand", Anonymous::refused, get_request},
    Route{
        "GET", "/rest/servicedeskapi/request/*/approval", "start limit", Anonymous::refused, list_approvals},
    Route{"GET", "/rest/servicedeskapi/request/*/approval/*", "", Anonymous::refused, get_approval},
};

} // namespace

std::span<const Route> desk_routes() {
    return routes;
}

} // namespace accessd::sandbox::jsm
