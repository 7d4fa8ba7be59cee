#include "providers/entra/membership.hpp"

#include "core/http/target.hpp"
#include "core/support/json.hpp"
#include "core/support/mutant.hpp"
#include "core/support/text.hpp"
#include "providers/entra/entra_errors.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <utility>

namespace accessd::entra {

namespace {

bool is_hex(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

bool same_id(std::string_view left, std::string_view right) {
    return equals_ignoring_case(left, right);
}

} // namespace

bool is_object_id(std::string_view text) {
    if (text.size() != 36) {
        return false;
    }
    for (std::size_t at = 0; at < text.size(); ++at) {
        const bool dash = at == 8 || at == 13 || at == 18 || at == 23;
        if (dash ? text[at] != '-' : !is_hex(text[at])) {
            return false;
        }
    }
    return true;
}

Result<Membership> Membership::of(const AccessKey& key) {
    for (const std::string* id : {&key.entitlement, &key.account}) {
        if (!is_object_id(*id)) {
            return Error(
                Fault::permanent,
                "entra.bad_id",
                "\"" + escape_text(*id, 64) + "\" is not an object id of Entra (a GUID); resolve it again"
            );
        }
    }
    return Membership(key.entitlement, key.account);
}

Membership::Membership(std::string group, std::string user)
    : group_(std::move(group)), user_(std::move(user)) {}

RestCall Membership::add(std::string_view graph) const {
    boost::json::object body;
    body["@odata.id"] = std::string(graph) + "/directoryObjects/" + user_;
    return RestCall("POST", RequestTarget("/groups/").segment(group_).literal("/members/$ref"))
        .json(std::move(body))
        .accept({400, 404});
}

RestCall Membership::remove() const {
    return RestCall(
               "DELETE",
               RequestTarget("/groups/").segment(group_).literal("/members/").segment(user_).literal("/$ref")
    )
        .accept({400, 404});
}

RestCall Membership::look(Depth depth) const {
    if (depth == Depth::effective) {
        // Transitive by definition: https://learn.microsoft.com/graph/api/directoryobject-checkmembergroups
        boost::json::object body;
        body["groupIds"] = boost::json::array({boost::json::string(group_)});
        return RestCall(
                   "POST",
                   RequestTarget("/directoryObjects/")
                       .segment(user_)
                       .literal("/microsoft.graph.checkMemberGroups")
        )
            .json(std::move(body))
            .accept({404});
    }
    // A filter on members is an advanced query: it needs both the header and $count
    // (https://learn.microsoft.com/graph/aad-advanced-queries).
    return RestCall(
               "GET",
               RequestTarget("/groups/")
                   .segment(group_)
                   .literal("/members")
                   .query("$filter", "id eq '" + user_ + "'")
                   .query("$count", "true")
                   .query("$select", "id")
    )
        .header("ConsistencyLevel", "eventual")
        .accept({404});
}

Result<Holding> Membership::read(Depth depth, const RestReply& reply) const {
    const boost::json::array* values = find_array(reply.body, "value");
    if (values == nullptr) {
        return unreadable("the answer about a membership has no \"value\"");
    }
    for (const boost::json::value& value : *values) {
        if (depth == Depth::effective && value.is_string() && same_id(value.get_string(), group_)) {
            return Holding::present;
        }
        if (depth == Depth::direct && same_id(string_or_empty(value, "id"), user_)) {
            return Holding::present;
        }
    }
    if (find(reply.body, "@odata.nextLink") != nullptr && !is_planted(Mutant::partial_page_absent)) {
        return unreadable("the answer about a membership is only the first page of more");
    }
    return Holding::absent;
}

RestCall Membership::find_user() const {
    return RestCall("GET", RequestTarget("/users/").segment(user_).query("$select", "id")).accept({404});
}

RestCall Membership::find_group() const {
    return RestCall("GET", RequestTarget("/groups/").segment(group_).query("$select", "id")).accept({404});
}

} // namespace accessd::entra
