#include "core/support/json.hpp"
#include "core/support/text.hpp"
#include "tests/sandbox/entra_objects.hpp"

#include <boost/json/array.hpp>

#include <algorithm>

namespace accessd::sandbox {

namespace json = boost::json;

namespace {

constexpr std::size_t most_checked = 20;

bool may_read_members(const GraphCall& call) {
    return call.may(
        {"GroupMember.Read.All",
         "GroupMember.ReadWrite.All",
         "Group.Read.All",
         "Group.ReadWrite.All",
         "Directory.Read.All",
         "Directory.ReadWrite.All"}
    );
}

bool may_read_users(const GraphCall& call) {
    return call.may({"User.Read.All", "User.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"});
}

// What all collections of directory objects share: options, $select, an advanced $filter, $count, the page.
GraphReply list_objects(EntraState& state, const GraphCall& call, std::vector<std::string> ids) {
    if (auto refused = refuse_options(call, {"$select", "$filter", "$top", "$count", "$skiptoken"})) {
        return std::move(*refused);
    }
    GraphReply refused;
    const auto selection = Selection::parse(call, "directoryObject", refused);
    if (!selection) {
        return refused;
    }
    const std::string* const count = find_pair(call.options, "$count");
    const bool advanced = call.is_eventual() && count != nullptr && *count == "true";
    if (count != nullptr && !advanced) {
        return graph_bad_request("$count is not currently supported.");
    }
    if (const std::string* const text = find_pair(call.options, "$filter")) {
        if (!advanced) {
            return graph_error(
                400,
                "Request_UnsupportedQuery",
                "The specified filter to the reference property query is currently not supported."
            );
        }
        const auto filter = Filter::parse(*text, "User", refused);
        if (!filter) {
            return refused;
        }
        const EntraDirectory& directory = state.directory;
        std::erase_if(ids, [&](const std::string& id) {
            const EntraUser* const user = directory.user(id);
            return user != nullptr ? !filter->matches(*user, user_property)
                                   : !filter->matches(*directory.group(id), group_property);
        });
    }
    const std::size_t total = ids.size();
    GraphPage page;
    if (auto bad = cut_page(state, call, std::move(ids), page)) {
        return std::move(*bad);
    }
    json::array value;
    for (const std::string& id : page.ids) {
        value.emplace_back(selection->of_object(state.directory, id, may_read_users(call)));
    }
    json::object out =
        page_frame(call, "directoryObjects", page, advanced ? std::optional(total) : std::nullopt);
    out["value"] = std::move(value);
    return GraphReply(std::move(out));
}

// The one id that "$filter=id eq '...'" leaves over: groups of ten thousand are not walked for it.
std::optional<std::string> wanted_id(const GraphCall& call) {
    constexpr std::string_view opening = "id eq '";
    const std::string* const text = find_pair(call.options, "$filter");
    if (text == nullptr || !text->starts_with(opening) || text->back() != '\'') {
        return std::nullopt;
    }
    const std::string id = text->substr(opening.size(), text->size() - opening.size() - 1);
    return is_uuid(id) ? std::optional(ascii_lower(id)) : std::nullopt;
}

// The group that a call is about, or the reply that refuses it.
const EntraGroup* find_group(const EntraState& state, const GraphCall& call, GraphReply& problem) {
    if (!may_read_members(call)) {
        problem = graph_denied();
        return nullptr;
    }
    if (!is_uuid(call.segments[1])) {
        problem = graph_bad_request("Invalid object identifier '" + call.segments[1] + "'.");
        return nullptr;
    }
    const EntraGroup* const group = state.directory.group(call.segments[1]);
    if (group == nullptr) {
        problem = graph_not_found(call.segments[1]);
    }
    return group;
}

const EntraUser* find_user(const EntraState& state, const GraphCall& call, GraphReply& problem) {
    if (!may_read_members(call) || !may_read_users(call)) {
        problem = graph_denied();
        return nullptr;
    }
    const EntraUser* const user = state.directory.user(call.segments[1]);
    if (user == nullptr) {
        problem = graph_not_found(call.segments[1]);
    }
    return user;
}

GraphReply list_groups_of(EntraState& state, const GraphCall& call, bool transitive) {
    GraphReply problem;
    const EntraUser* const user = find_user(state, call, problem);
    if (user == nullptr) {
        return problem;
    }
    const auto groups = state.directory.groups_of(user->id, transitive, call.now);
    return list_objects(state, call, {groups.begin(), groups.end()});
}

} // namespace

GraphReply graph_members(EntraState& state, const GraphCall& call) {
    GraphReply problem;
    const EntraGroup* const group = find_group(state, call, problem);
    if (group == nullptr) {
        return problem;
    }
    if (const auto id = wanted_id(call)) {
        std::vector<std::string> one;
        if (state.directory.shows_member(group->id, *id, call.now)) {
            one.push_back(*id);
        }
        return list_objects(state, call, std::move(one));
    }
    return list_objects(state, call, state.directory.members(group->id, "", SIZE_MAX, call.now));
}

GraphReply graph_transitive_members(EntraState& state, const GraphCall& call) {
    GraphReply problem;
    const EntraGroup* const group = find_group(state, call, problem);
    if (group == nullptr) {
        return problem;
    }
    const auto ids = state.directory.transitive_members(group->id, call.now);
    return list_objects(state, call, {ids.begin(), ids.end()});
}

GraphReply graph_member_refs(EntraState& state, const GraphCall& call) {
    GraphReply problem;
    const EntraGroup* const group = find_group(state, call, problem);
    if (group == nullptr) {
        return problem;
    }
    if (auto refused = refuse_options(call, {"$top", "$skiptoken"})) {
        return std::move(*refused);
    }
    GraphPage page;
    if (auto bad = cut_page(state, call, state.directory.members(group->id, "", SIZE_MAX, call.now), page)) {
        return std::move(*bad);
    }
    json::array value;
    for (const std::string& id : page.ids) {
        value.emplace_back(json::object{
            {"@odata.id", std::string(call.origin) + "/v1.0/directoryObjects/" + id}});
    }
    json::object out = page_frame(call, "Collection($ref)", page, std::nullopt);
    out["value"] = std::move(value);
    return GraphReply(std::move(out));
}

GraphReply graph_count_members(EntraState& state, const GraphCall& call) {
    GraphReply problem;
    const EntraGroup* const group = find_group(state, call, problem);
    if (group == nullptr) {
        return problem;
    }
    if (auto refused = refuse_options(call, {})) {
        return std::move(*refused);
    }
    if (!call.is_eventual()) {
        return graph_bad_request("$count is not currently supported.");
    }
    GraphReply reply(200);
    reply.text = std::to_string(state.directory.members(group->id, "", SIZE_MAX, call.now).size());
    return reply;
}

GraphReply graph_member_of(EntraState& state, const GraphCall& call) {
    return list_groups_of(state, call, false);
}

GraphReply graph_transitive_member_of(EntraState& state, const GraphCall& call) {
    return list_groups_of(state, call, true);
}

GraphReply graph_get_member_of(EntraState& state, const GraphCall& call) {
    GraphReply problem;
    const EntraUser* const user = find_user(state, call, problem);
    if (user == nullptr) {
        return problem;
    }
    if (auto refused = refuse_options(call, {"$select"})) {
        return std::move(*refused);
    }
    const auto selection = Selection::parse(call, "group", problem);
    if (!selection) {
        return problem;
    }
    if (!state.directory.shows_member(call.segments[3], user->id, call.now)) {
        return graph_not_found(call.segments[3]);
    }
    return GraphReply(selection->of_object(state.directory, call.segments[3], true));
}

// https://learn.microsoft.com/graph/api/directoryobject-checkmembergroups: transitive, 20 groups at most.
GraphReply graph_check_member_groups(EntraState& state, const GraphCall& call) {
    if (!may_read_members(call) || !may_read_users(call)) {
        return graph_denied();
    }
    if (auto refused = refuse_options(call, {})) {
        return std::move(*refused);
    }
    const EntraUser* user = state.directory.user(call.segments[1]);
    if (call.segments[0] == "directoryObjects" && !is_uuid(call.segments[1])) {
        return graph_bad_request("Invalid object identifier '" + call.segments[1] + "'.");
    }
    if (user == nullptr && state.directory.group(call.segments[1]) == nullptr) {
        return graph_not_found(call.segments[1]);
    }
    const json::array* const asked = find_array(*call.body, "groupIds");
    if (asked == nullptr || call.body->as_object().size() != 1) {
        return graph_error(400, "BadRequest", "The payload must have exactly the parameter 'groupIds'.");
    }
    if (asked->size() > most_checked) {
        return graph_bad_request("The number of values in the parameter 'groupIds' exceeds the maximum of 20."
        );
    }
    const std::string id = user != nullptr ? user->id : call.segments[1];
    const auto groups = state.directory.groups_of(id, true, call.now);
    json::array value;
    for (const json::value& one : *asked) {
        if (!one.is_string() || !is_uuid(one.as_string())) {
            return graph_bad_request("Invalid GUID in 'groupIds'.");
        }
        if (groups.contains(std::string(one.as_string()))) {
            value.push_back(one);
        }
    }
    return GraphReply(json::object{
        {"@odata.context", std::string(call.origin) + "/v1.0/$metadata#Collection(Edm.String)"},
        {"value", std::move(value)}});
}

} // namespace accessd::sandbox
