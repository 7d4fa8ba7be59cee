#include "core/support/text.hpp"
#include "tests/sandbox/entra_objects.hpp"

#include <boost/json/array.hpp>

#include <algorithm>

namespace accessd::sandbox {

namespace json = boost::json;

namespace {

constexpr std::int64_t largest_page = 999;

bool may_read_users(const GraphCall& call) {
    return call.may({"User.Read.All", "User.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"});
}

bool may_read_groups(const GraphCall& call) {
    return call.may(
        {"GroupMember.Read.All",
         "GroupMember.ReadWrite.All",
         "Group.Read.All",
         "Group.ReadWrite.All",
         "Directory.Read.All",
         "Directory.ReadWrite.All"}
    );
}

// The users that an indexed part of the filter leaves over; nothing when none is indexed.
std::optional<std::vector<const EntraUser*>>
candidates(const EntraDirectory& directory, const Filter& filter) {
    std::vector<const EntraUser*> found;
    if (filter.kind == Filter::Kind::equals && filter.literal.is_string()) {
        const std::string_view literal = filter.literal.as_string();
        if (filter.name == "mail") {
            return directory.users_by_mail(literal);
        }
        if (filter.name == "userPrincipalName" || filter.name == "id") {
            const EntraUser* const user = directory.user(literal);
            return user != nullptr ? std::vector{user} : found;
        }
    }
    if (filter.kind != Filter::Kind::all_of && filter.kind != Filter::Kind::any_of) {
        return std::nullopt;
    }
    for (const Filter& part : filter.parts) {
        auto some = candidates(directory, part);
        if (some && filter.kind == Filter::Kind::all_of) {
            return some;
        }
        if (!some && filter.kind == Filter::Kind::any_of) {
            return std::nullopt;
        }
        if (some) {
            found.insert(found.end(), some->begin(), some->end());
        }
    }
    return filter.kind == Filter::Kind::any_of ? std::optional(found) : std::nullopt;
}

std::optional<Filter>
read_filter(const GraphCall& call, std::string_view type, std::optional<GraphReply>& problem) {
    const std::string* const text = find_pair(call.options, "$filter");
    if (text == nullptr) {
        return std::nullopt;
    }
    GraphReply refused;
    auto filter = Filter::parse(*text, type, refused);
    if (!filter) {
        problem = std::move(refused);
    }
    return filter;
}

// Ids in order, without doubles, of those that match.
std::vector<std::string>
matching_users(const EntraDirectory& directory, const std::optional<Filter>& filter) {
    std::set<std::string> ids;
    const auto take = [&](const EntraUser& user) {
        if (!filter || filter->matches(user, user_property)) {
            ids.insert(user.id);
        }
    };
    const auto some = filter ? candidates(directory, *filter) : std::nullopt;
    if (some) {
        std::for_each(some->begin(), some->end(), [&](const EntraUser* user) { take(*user); });
    } else {
        std::for_each(directory.users().begin(), directory.users().end(), [&](const auto& entry) {
            take(entry.second);
        });
    }
    return {ids.begin(), ids.end()};
}

// $count asks for an advanced query. The reply is the error, if any.
std::optional<GraphReply> check_count(const GraphCall& call, bool& wanted) {
    const std::string* const count = find_pair(call.options, "$count");
    wanted = count != nullptr && *count == "true";
    if (count != nullptr && *count != "true" && *count != "false") {
        return graph_bad_request("Invalid value '" + *count + "' for $count query option found.");
    }
    if (wanted && !call.is_eventual()) {
        return graph_bad_request("$count is not currently supported.");
    }
    return std::nullopt;
}

} // namespace

std::optional<GraphReply>
cut_page(const EntraState& state, const GraphCall& call, std::vector<std::string> ids, GraphPage& page) {
    std::size_t size = state.page_size;
    if (const std::string* const top = find_pair(call.options, "$top")) {
        const auto number = parse_integer(*top);
        if (!number || *number < 1 || *number > largest_page) {
            return graph_bad_request(
                "Invalid page size specified: '" + *top + "'. Must be between 1 and 999 inclusive."
            );
        }
        size = static_cast<std::size_t>(*number);
    }
    auto first = ids.begin();
    if (const std::string* const token = find_pair(call.options, "$skiptoken")) {
        const auto after = base64url_decode(*token);
        if (!after || !is_uuid(*after)) {
            return graph_error(
                400, "Directory_ExpiredPageToken", "The specified page token value has expired."
            );
        }
        first = std::upper_bound(ids.begin(), ids.end(), *after);
    }
    const auto left = static_cast<std::size_t>(ids.end() - first);
    const auto last = first + static_cast<std::ptrdiff_t>(std::min(size, left));
    page.ids.assign(first, last);
    if (last != ids.end()) {
        page.next = page.ids.back();
    }
    return std::nullopt;
}

json::object page_frame(
    const GraphCall& call, std::string_view context, const GraphPage& page, std::optional<std::size_t> count
) {
    const std::string origin(call.origin);
    json::object out{{"@odata.context", origin + "/v1.0/$metadata#" + std::string(context)}};
    if (count) {
        out["@odata.count"] = *count;
    }
    if (!page.next.empty()) {
        std::string next = origin + call.path + "?";
        for (const auto& [name, value] : call.options) {
            if (name != "$skiptoken") {
                next += name + "=" + percent_encode(value) + "&";
            }
        }
        out["@odata.nextLink"] = next + "$skiptoken=" + to_base64url(as_bytes(page.next));
    }
    return out;
}

GraphReply graph_list_users(EntraState& state, const GraphCall& call) {
    if (!may_read_users(call)) {
        return graph_denied();
    }
    if (auto refused = refuse_options(call, {"$select", "$filter", "$top", "$count", "$skiptoken"})) {
        return std::move(*refused);
    }
    bool counted = false;
    std::optional<GraphReply> problem = check_count(call, counted);
    GraphReply refused;
    const auto selection = Selection::parse(call, "user", refused);
    if (!selection) {
        problem = std::move(refused);
    }
    const auto filter = read_filter(call, "User", problem);
    if (problem) {
        return std::move(*problem);
    }
    std::vector<std::string> ids = matching_users(state.directory, filter);
    const std::size_t total = ids.size();
    GraphPage page;
    if (auto bad = cut_page(state, call, std::move(ids), page)) {
        return std::move(*bad);
    }
    json::array value;
    for (const std::string& id : page.ids) {
        value.emplace_back(selection->of(*state.directory.user(id)));
    }
    json::object out = page_frame(call, "users", page, counted ? std::optional(total) : std::nullopt);
    out["value"] = std::move(value);
    return GraphReply(std::move(out));
}

GraphReply graph_get_user(EntraState& state, const GraphCall& call) {
    if (!may_read_users(call)) {
        return graph_denied();
    }
    if (auto refused = refuse_options(call, {"$select"})) {
        return std::move(*refused);
    }
    GraphReply refused;
    const auto selection = Selection::parse(call, "user", refused);
    if (!selection) {
        return refused;
    }
    const EntraUser* const user = state.directory.user(call.segments[1]);
    if (user == nullptr) {
        return graph_not_found(call.segments[1]);
    }
    json::object out{{"@odata.context", std::string(call.origin) + "/v1.0/$metadata#users/$entity"}};
    json::object properties = selection->of(*user);
    out.insert(properties.begin(), properties.end());
    return GraphReply(std::move(out));
}

GraphReply graph_list_groups(EntraState& state, const GraphCall& call) {
    if (!may_read_groups(call)) {
        return graph_denied();
    }
    if (auto refused = refuse_options(call, {"$select", "$filter", "$top", "$count", "$skiptoken"})) {
        return std::move(*refused);
    }
    bool counted = false;
    std::optional<GraphReply> problem = check_count(call, counted);
    GraphReply refused;
    const auto selection = Selection::parse(call, "group", refused);
    if (!selection) {
        problem = std::move(refused);
    }
    const auto filter = read_filter(call, "Group", problem);
    if (problem) {
        return std::move(*problem);
    }
    std::vector<std::string> ids;
    for (const auto& [id, group] : state.directory.groups()) {
        if (!filter || filter->matches(group, group_property)) {
            ids.push_back(id);
        }
    }
    const std::size_t total = ids.size();
    GraphPage page;
    if (auto bad = cut_page(state, call, std::move(ids), page)) {
        return std::move(*bad);
    }
    json::array value;
    for (const std::string& id : page.ids) {
        value.emplace_back(selection->of(*state.directory.group(id)));
    }
    json::object out = page_frame(call, "groups", page, counted ? std::optional(total) : std::nullopt);
    out["value"] = std::move(value);
    return GraphReply(std::move(out));
}

GraphReply graph_get_group(EntraState& state, const GraphCall& call) {
    if (!may_read_groups(call)) {
        return graph_denied();
    }
    if (auto refused = refuse_options(call, {"$select"})) {
        return std::move(*refused);
    }
    GraphReply refused;
    const auto selection = Selection::parse(call, "group", refused);
    if (!selection) {
        return refused;
    }
    if (!is_uuid(call.segments[1])) {
        return graph_bad_request("Invalid object identifier '" + call.segments[1] + "'.");
    }
    const EntraGroup* const group = state.directory.group(call.segments[1]);
    if (group == nullptr) {
        return graph_not_found(call.segments[1]);
    }
    json::object out{{"@odata.context", std::string(call.origin) + "/v1.0/$metadata#groups/$entity"}};
    json::object properties = selection->of(*group);
    out.insert(properties.begin(), properties.end());
    return GraphReply(std::move(out));
}

GraphReply graph_organization(EntraState& state, const GraphCall& call) {
    // https://learn.microsoft.com/graph/api/organization-list: User.Read.All is not enough.
    if (!call.may({"Organization.Read.All", "Organization.ReadWrite.All", "Directory.Read.All"})) {
        return graph_denied();
    }
    if (!call.options.empty()) {
        return graph_error(400, "BadRequest", "Query options are not supported here.");
    }
    json::object domain{{"name", state.options.tenant_domain}, {"isDefault", true}, {"isInitial", true}};
    json::object own{
        {"id", state.options.tenant_id},
        {"displayName", "Acme"},
        {"tenantType", "AAD"},
        {"verifiedDomains", json::array{std::move(domain)}}};
    return GraphReply(json::object{
        {"@odata.context", std::string(call.origin) + "/v1.0/$metadata#organization"},
        {"value", json::array{std::move(own)}}});
}

} // namespace accessd::sandbox
