#include "core/jsm/portal_resolver.hpp"

#include "core/jsm/desk_pages.hpp"
#include "core/jsm/people.hpp"
#include "core/support/json.hpp"
#include "core/support/text.hpp"

#include <boost/json/array.hpp>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

namespace accessd {

namespace {

/// A service desk and the project that it belongs to.
class Desk {
public:
    Desk() = default;

    std::string id;
    std::string project_id;
    std::string project_key;
};

Result<Desk> choose_desk(const std::vector<boost::json::value>& desks, const std::string& wanted) {
    std::vector<Named> projects;
    for (const boost::json::value& desk : desks) {
        Desk found;
        found.id = string_or_empty(desk, "id");
        found.project_id = string_or_empty(desk, "projectId");
        found.project_key = string_or_empty(desk, "projectKey");
        const bool meant = equals_ignoring_case(found.project_key, wanted) || found.project_id == wanted;
        if (meant && !found.id.empty() && !found.project_id.empty()) {
            return found;
        }
        projects.emplace_back(found.project_id, found.project_key);
    }
    return Error(
        Fault::permanent,
        "jira.project_not_found",
        "portal.project: there is no service project \"" + escape_text(wanted, 80) + "\"" +
            did_you_mean(wanted, projects) + "; Jira has " + list_names(projects)
    );
}

std::vector<Named> named_from(const std::vector<boost::json::value>& values) {
    std::vector<Named> named;
    for (const boost::json::value& value : values) {
        std::string id = string_or_empty(value, "id");
        if (!id.empty()) {
            named.emplace_back(std::move(id), string_or_empty(value, "name"));
        }
    }
    return named;
}

std::vector<std::string> needed_permissions(const PortalNames& names) {
    std::vector<std::string> needed = {"BROWSE_PROJECTS"};
    if (names.comments != Comments::none) {
        needed.emplace_back("ADD_COMMENTS");
    }
    if (!names.granted_outcome.empty() || !names.removed_outcome.empty() || !names.failed_outcome.empty()) {
        needed.emplace_back("TRANSITION_ISSUES");
    }
    return needed;
}

std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words) {
        text += text.empty() ? "" : ",";
        text += word;
    }
    return text;
}

constexpr std::size_t longest_id = 255;

bool is_plain(std::string_view text) {
    return !text.empty() && text.size() <= longest_id && is_visible_ascii(text);
}

/// Whether every entry has an id and a text `name`. A list that cannot be read must not pass for one that
/// lacks what the configuration names.
template <class List> bool is_readable(const List& list, std::string_view name) {
    return std::all_of(list.begin(), list.end(), [&](const boost::json::value& entry) {
        const auto text = find_string(entry, name);
        return is_plain(find_string(entry, "id").value_or("")) && text && !text->empty();
    });
}

bool are_statuses(const boost::json::value& body) {
    const boost::json::array* types = body.if_array();
    return types != nullptr && std::all_of(types->begin(), types->end(), [](const boost::json::value& type) {
               const boost::json::array* statuses = find_array(type, "statuses");
               return statuses != nullptr && is_readable(*statuses, "name");
           });
}

bool are_permissions(const boost::json::value& body, const std::vector<std::string>& asked) {
    const boost::json::value* permissions = find(body, "permissions");
    return permissions != nullptr && std::all_of(asked.begin(), asked.end(), [&](const std::string& name) {
               const boost::json::value* one = find(*permissions, name);
               return one != nullptr && find_bool(*one, "havePermission");
           });
}

bool have_permission(const boost::json::value& body, const std::string& permission) {
    const boost::json::value* permissions = find(body, "permissions");
    const boost::json::value* one = permissions == nullptr ? nullptr : find(*permissions, permission);
    return one != nullptr && find_bool(*one, "havePermission").value_or(false);
}

/// A refusal says nothing about the configuration: a proxy's, or a gateway's on a bad day. Only what Jira
/// knows does.
Error passing(Error error) {
    if (error.fault() != Fault::permanent) {
        return error;
    }
    return Error(Fault::transient, error.code(), error.message());
}

Task<Result<boost::json::value>> get(RestClient& rest, RequestTarget target, TimePoint deadline) {
    auto reply = co_await rest.call(RestCall("GET", std::move(target)), deadline);
    if (!reply) {
        co_return std::move(reply).error();
    }
    co_return std::move(reply->body);
}

Error malformed(std::string_view what) {
    return Error(
        Fault::transient,
        "jira.malformed_answer",
        "Jira's answer is not a list of " + std::string(what) + "; look at jira.url"
    );
}

} // namespace

std::vector<FieldFact> fields_from(const boost::json::value& body, std::string_view project_id) {
    std::vector<FieldFact> fields;
    const boost::json::array* list = body.if_array();
    for (std::size_t i = 0; list != nullptr && i < list->size(); ++i) {
        const boost::json::value& entry = (*list)[i];
        FieldFact field;
        field.id = string_or_empty(entry, "id");
        field.name = string_or_empty(entry, "name");
        if (const boost::json::value* schema = find(entry, "schema")) {
            field.type = string_or_empty(*schema, "type");
            field.items = string_or_empty(*schema, "items");
            field.custom = string_or_empty(*schema, "custom");
        }
        const boost::json::value* scope = find(entry, "scope");
        const boost::json::value* owner = scope == nullptr ? nullptr : find(*scope, "project");
        const bool foreign = owner != nullptr && find_string(*owner, "id").value_or("") != project_id;
        if (!field.id.empty() && !foreign) {
            fields.push_back(std::move(field));
        }
    }
    return fields;
}

std::vector<Named> statuses_from(const boost::json::value& body) {
    std::vector<Named> statuses;
    const boost::json::array* types = body.if_array();
    for (std::size_t i = 0; types != nullptr && i < types->size(); ++i) {
        const boost::json::array* list = find_array((*types)[i], "statuses");
        for (std::size_t k = 0; list != nullptr && k < list->size(); ++k) {
            Named status(string_or_empty((*list)[k], "id"), string_or_empty((*list)[k], "name"));
            const bool known = std::any_of(statuses.begin(), statuses.end(), [&](const Named& other) {
                return other.id == status.id;
            });
            if (!status.id.empty() && !known) {
                statuses.push_back(std::move(status));
            }
        }
    }
    return statuses;
}

Task<Result<ResolvedPortal>> resolve_portal(RestClient& rest, PortalNames names, TimePoint deadline) {
    PortalFacts facts;
    auto own = co_await fetch_myself(rest, deadline);
    if (!own) {
        co_return passing(std::move(own).error());
    }
    facts.own_account_id = own->account_id;

    auto desks = co_await read_desk_pages(rest, RequestTarget("/rest/servicedeskapi/servicedesk"), deadline);
    if (!desks) {
        co_return passing(std::move(desks).error());
    }
    if (!is_readable(*desks, "projectKey")) {
        co_return malformed("service desks");
    }
    auto desk = choose_desk(*desks, names.project);
    if (!desk) {
        co_return std::move(desk).error();
    }
    facts.project_id = desk->project_id;
    facts.project_key = desk->project_key;

    RequestTarget types_at =
        RequestTarget("/rest/servicedeskapi/servicedesk/").segment(desk->id).literal("/requesttype");
    auto types = co_await read_desk_pages(rest, std::move(types_at), deadline);
    if (!types) {
        co_return passing(std::move(types).error());
    }
    if (!is_readable(*types, "name")) {
        co_return malformed("request types");
    }
    facts.request_types = named_from(*types);

    auto fields = co_await get(rest, RequestTarget("/rest/api/3/field"), deadline);
    if (!fields) {
        co_return passing(std::move(fields).error());
    }
    if (!fields->is_array() || !is_readable(fields->get_array(), "name")) {
        co_return malformed("fields");
    }
    facts.fields = fields_from(*fields, facts.project_id);

    RequestTarget statuses_at =
        RequestTarget("/rest/api/3/project/").segment(facts.project_id).literal("/statuses");
    auto statuses = co_await get(rest, std::move(statuses_at), deadline);
    if (!statuses) {
        co_return passing(std::move(statuses).error());
    }
    if (!are_statuses(*statuses)) {
        co_return malformed("statuses");
    }
    facts.statuses = statuses_from(*statuses);

    const std::vector<std::string> needed = needed_permissions(names);
    RequestTarget permissions_at = RequestTarget("/rest/api/3/mypermissions")
                                       .query("projectKey", facts.project_key)
                                       .query("permissions", joined(needed));
    auto permissions = co_await get(rest, std::move(permissions_at), deadline);
    if (!permissions) {
        co_return passing(std::move(permissions).error());
    }
    if (!are_permissions(*permissions, needed)) {
        co_return malformed("permissions");
    }
    std::copy_if(
        needed.begin(),
        needed.end(),
        std::back_inserter(facts.missing_permissions),
        [&](const std::string& permission) { return !have_permission(*permissions, permission); }
    );
    co_return match_portal(names, facts);
}

Task<Result<Portal>> connect_portal(
    RestClient& rest, PortalNames names, std::shared_ptr<const ResolvedPortal>& into, TimePoint deadline
) {
    auto resolved = co_await resolve_portal(rest, std::move(names), deadline);
    if (!resolved) {
        co_return std::move(resolved).error();
    }
    into = std::make_shared<const ResolvedPortal>(std::move(*resolved));
    co_return into->portal;
}

} // namespace accessd
