#include "core/support/text.hpp"
#include "tests/sandbox/jsm_call.hpp"

#include <algorithm>
#include <array>

namespace accessd::sandbox::jsm {

namespace {

bool is_member(const Group& group, const User& user) {
    return std::ranges::find(group.members, &user) != group.members.end();
}

void write_groups(JsonText& out, const Call& call, const User& user) {
    for (const Group& group : call.state.groups) {
        if (is_member(group, user)) {
            out.open('{').key("name").text(group.name).key("groupId").text(group.id);
            out.key("self").text(call.state.settings.base_url + "/rest/api/3/group?groupId=" + group.id);
            out.close('}');
        }
    }
}

HttpResponse whole_user(Call& call, const User& user) {
    const std::vector<std::string> expand = call.list("expand");
    if (auto refusal = check_expand(expand, "groups applicationRoles")) {
        return std::move(*refusal);
    }
    JsonText out;
    std::string details = user.details;
    details.pop_back();
    out.raw(details);
    out.key("locale").text("en_US").key("groups").open('{');
    const auto size =
        std::ranges::count_if(call.state.groups, [&](const Group& g) { return is_member(g, user); });
    out.key("size").number(size).key("items").open('[');
    if (std::ranges::find(expand, "groups") != expand.end()) {
        write_groups(out, call, user);
    }
    out.close(']').close('}').key("applicationRoles").open('{').key("size").number(1);
    out.key("items").open('[').close(']').close('}').key("expand").text("groups,applicationRoles");
    return json_answer(200, out.close('}').take());
}

HttpResponse myself(Call& call) {
    return whole_user(call, *call.caller);
}

HttpResponse no_user() {
    return jira_error(404, "Specified user does not exist or you do not have required permissions");
}

/// By account id only: names, keys and e-mails do not find a user on Cloud.
const User* asked_user(const Call& call) {
    const auto id = call.parameter("accountId");
    const User* user = id ? call.state.find_user(*id) : nullptr;
    return user != nullptr && user->account_id == *id ? user : nullptr;
}

std::optional<HttpResponse> refuse_names(const Call& call) {
    if (call.parameter("username") || call.parameter("key")) {
        return jira_error(
            400, "The query parameters 'username' and 'key' are not supported in GDPR strict mode."
        );
    }
    if (!call.parameter("accountId")) {
        return jira_error(400, "The query parameter 'accountId' is required.");
    }
    return std::nullopt;
}

HttpResponse get_user(Call& call) {
    if (auto refusal = refuse_names(call)) {
        return std::move(*refusal);
    }
    const User* user = asked_user(call);
    return user == nullptr ? no_user() : whole_user(call, *user);
}

HttpResponse user_groups(Call& call) {
    if (auto refusal = refuse_names(call)) {
        return std::move(*refusal);
    }
    const User* user = asked_user(call);
    if (user == nullptr) {
        return no_user();
    }
    JsonText out;
    out.open('[');
    write_groups(out, call, *user);
    return json_answer(200, out.close(']').take());
}

/// The platform's envelope around the wanted part of `values`.
HttpResponse
page(Call& call, const std::string& path, std::int64_t otherwise, const std::vector<std::string>& values) {
    Number start = number(call, "startAt", 0, 0, 1'000'000);
    Number limit = number(call, "maxResults", otherwise, 1, 1000);
    for (Number* parsed : {&start, &limit}) {
        if (parsed->refusal) {
            return std::move(*parsed->refusal);
        }
    }
    const auto total = std::ssize(values);
    const std::int64_t most = std::min(limit.value, call.state.settings.desk_page_size);
    const auto end = std::min<std::int64_t>(total, start.value + most);
    const std::string self = call.state.settings.base_url + path;
    JsonText out;
    out.open('{').key("self").text(self);
    if (end < total) {
        out.key("nextPage")
            .text(self + "&maxResults=" + std::to_string(most) + "&startAt=" + std::to_string(end));
    }
    out.key("maxResults").number(most).key("startAt").number(start.value).key("total").number(total);
    out.key("isLast").boolean(end >= total).key("values").open('[');
    for (std::int64_t i = start.value; i < end; ++i) {
        out.raw(values[static_cast<std::size_t>(i)]);
    }
    return json_answer(200, out.close(']').close('}').take());
}

HttpResponse group_members(Call& call) {
    const auto id = call.parameter("groupId");
    const auto name = call.parameter("groupname");
    if (!id == !name) {
        return jira_error(400, "Either 'groupId' or 'groupname' is required, not both.");
    }
    const auto group = std::ranges::find_if(call.state.groups, [&](const Group& known) {
        return id ? known.id == *id : known.name == *name;
    });
    if (group == call.state.groups.end()) {
        return jira_error(404, "The group named '" + std::string(id ? *id : *name) + "' does not exist.");
    }
    const bool inactive = call.parameter("includeInactiveUsers") == "true";
    std::vector<std::string> values;
    for (const User* user : group->members) {
        if (user->active || inactive) {
            values.push_back(user->details);
        }
    }
    return page(call, "/rest/api/3/group/member?groupId=" + group->id, 50, values);
}

HttpResponse list_groups(Call& call) {
    std::vector<std::string> values;
    const auto matches = [&call](std::string_view parameter, const std::string& text) {
        return std::ranges::any_of(call.query, [&](const auto& field) {
            return field.first == parameter && field.second == text;
        });
    };
    const bool all = !call.parameter("groupId") && !call.parameter("groupName");
    for (const Group& group : call.state.groups) {
        if (all || matches("groupId", group.id) || matches("groupName", group.name)) {
            JsonText out;
            out.open('{').key("name").text(group.name).key("groupId").text(group.id).close('}');
            values.push_back(out.take());
        }
    }
    return page(call, "/rest/api/3/group/bulk?", 50, values);
}

constexpr std::array routes = {
    Route{"GET", "/rest/api/3/myself", "expand", Anonymous::refused, myself},
    Route{"GET", "/rest/api/3/user", "accountId username key expand", Anonymous::refused, get_user},
    Route{"GET", "/rest/api/3/user/groups", "accountId username key", Anonymous::refused, user_groups},
    Route{
        "GET",
        "/rest/api/3/group/member",
        "groupname groupId includeInactiveUsers startAt maxResults",
        Anonymous::refused,
        group_members},
    Route{
        "GET",
        "/rest/api/3/group/bulk",
        "startAt maxResults groupId groupName accessType applicationKey",
        Anonymous::refused,
        list_groups},
};

} // namespace

std::span<const Route> people_routes() {
    return routes;
}

} // namespace accessd::sandbox::jsm
