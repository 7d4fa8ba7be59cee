#include "providers/entra/directory.hpp"

#include "core/http/target.hpp"
#include "core/support/json.hpp"
#include "core/support/text.hpp"
#include "providers/entra/entra_errors.hpp"
#include "providers/entra/membership.hpp"

#include <boost/json/array.hpp>

#include <algorithm>
#include <cstddef>

namespace accessd::entra {

namespace {

constexpr std::string_view user_fields = "id,userPrincipalName,mail,accountEnabled,userType";
constexpr std::string_view group_fields =
    "id,displayName,groupTypes,securityEnabled,mailEnabled,isAssignableToRole,onPremisesSyncEnabled";

bool may_name(std::string_view text, std::size_t limit) {
    const bool control = std::ranges::any_of(text, [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte < 0x20 || byte == 0x7f;
    });
    return !text.empty() && text.size() <= limit && !control && is_valid_utf8(text);
}

/// A string literal of OData: quotes double (https://learn.microsoft.com/graph/query-parameters).
std::string odata_literal(std::string_view text) {
    std::string literal = "'";
    for (const char c : text) {
        literal.append(c == '\'' ? 2U : 1U, c);
    }
    return literal + "'";
}

std::string quoted(std::string_view text) {
    return "\"" + escape_text(text, 100) + "\"";
}

/// What a query answered: the object itself for an id, else the members of "value".
class Hits {
public:
    Hits() = default;

    std::size_t count = 0;
    const boost::json::value* first = nullptr;
};

Result<Hits> read_hits(bool by_id, const RestReply& reply) {
    Hits hits;
    if (by_id) {
        hits.count = reply.status == 404 ? 0 : 1;
        hits.first = &reply.body;
        return hits;
    }
    const boost::json::array* values = find_array(reply.body, "value");
    if (values == nullptr) {
        return unreadable("the answer to a search has no \"value\"");
    }
    hits.count = values->size();
    hits.first = values->empty() ? nullptr : &values->front();
    // Fewer hits than asked for with more to come would let a second one go unseen.
    if (hits.count < 2 && find(reply.body, "@odata.nextLink") != nullptr) {
        return unreadable("the answer to a search is only the first page of more");
    }
    return hits;
}

Error refuse_user(std::string_view code, std::string_view address, std::string_view why) {
    return Error(
        Fault::permanent, "entra.account_" + std::string(code), quoted(address) + " " + std::string(why)
    );
}

Error refuse_group(std::string_view name, std::string_view why) {
    return Error(
        Fault::permanent,
        "entra.entitlement_not_manageable",
        "the group " + quoted(name) + " cannot be managed by accessd: " + std::string(why)
    );
}

bool is_true(const boost::json::value& object, std::string_view name) {
    return find_bool(object, name).value_or(false);
}

bool has_type(const boost::json::value& group, std::string_view type) {
    const boost::json::array* types = find_array(group, "groupTypes");
    return types != nullptr && std::ranges::any_of(*types, [type](const boost::json::value& one) {
               return one.is_string() && std::string_view(one.get_string()) == type;
           });
}

/// Why nobody but its own master may change the group's members; empty when we may. Asked before any write
/// since Graph answers all of these with the same 403
/// (https://learn.microsoft.com/graph/api/resources/group).
std::string_view why_unmanageable(const boost::json::value& group) {
    if (has_type(group, "DynamicMembership")) {
        return "its membership is dynamic; name a group with assigned members";
    }
    if (is_true(group, "onPremisesSyncEnabled")) {
        return "it is synchronised from an on-premises directory; change it there or name a cloud group";
    }
    if (is_true(group, "mailEnabled") && !has_type(group, "Unified")) {
        return "it is a distribution or mail-enabled security group, which Exchange owns; name a security "
               "group";
    }
    if (is_true(group, "isAssignableToRole")) {
        return "it can carry directory roles; accessd does not hand out administration of the tenant";
    }
    return "";
}

} // namespace

bool may_name_user(std::string_view address) {
    return may_name(address, 254);
}

bool may_name_group(std::string_view name) {
    constexpr std::size_t bytes_of_256_characters = 1024;
    return may_name(name, bytes_of_256_characters);
}

RestCall user_query(std::string_view address) {
    if (is_object_id(address)) {
        return RestCall("GET", RequestTarget("/users/").segment(address).query("$select", user_fields))
            .accept({404});
    }
    const std::string literal = odata_literal(address);
    return RestCall(
        "GET",
        RequestTarget("/users")
            .query("$filter", "mail eq " + literal + " or userPrincipalName eq " + literal)
            .query("$select", user_fields)
            .query("$top", "2")
    );
}

Result<Account> read_user(std::string_view address, const RestReply& reply) {
    const bool by_id = is_object_id(address);
    const auto hits = read_hits(by_id, reply);
    if (!hits) {
        return hits.error();
    }
    if (hits->count == 0) {
        return user_not_found(address);
    }
    if (hits->count > 1) {
        return refuse_user(
            "ambiguous", address, "belongs to several users of Entra; map the person by object id"
        );
    }
    const boost::json::value& user = *hits->first;
    const std::string id = string_or_empty(user, "id");
    const std::string login = string_or_empty(user, "userPrincipalName");
    if (!is_object_id(id) || login.empty()) {
        return unreadable("a user came without id or userPrincipalName");
    }
    // Entra compares with more folding than bytes (dotless i, full-width letters): what it calls equal is not
    // proof enough.
    const bool same = by_id ? equals_ignoring_case(id, address)
                            : equals_ignoring_case(login, address) ||
                                  equals_ignoring_case(string_or_empty(user, "mail"), address);
    if (!same) {
        return user_not_found(address);
    }
    if (equals_ignoring_case(string_or_empty(user, "userType"), "Guest") ||
        ascii_lower(login).find("#ext#") != std::string::npos) {
        return refuse_user("guest", address, "is a guest in this tenant; accessd grants to members only");
    }
    if (!is_true(user, "accountEnabled")) {
        return refuse_user("disabled", address, "has a disabled account in Entra; enable it and try again");
    }
    return Account(id, login);
}

RestCall group_query(std::string_view name) {
    if (is_object_id(name)) {
        return RestCall("GET", RequestTarget("/groups/").segment(name).query("$select", group_fields))
            .accept({404});
    }
    return RestCall(
        "GET",
        RequestTarget("/groups")
            .query("$filter", "displayName eq " + odata_literal(name))
            .query("$select", group_fields)
            .query("$top", "2")
    );
}

Result<Entitlement> read_group(std::string_view name, const RestReply& reply) {
    const bool by_id = is_object_id(name);
    const auto hits = read_hits(by_id, reply);
    if (!hits) {
        return hits.error();
    }
    if (hits->count == 0) {
        return group_not_found(name);
    }
    if (hits->count > 1) {
        return Error(
            Fault::permanent,
            "entra.entitlement_ambiguous",
            "several groups are called " + quoted(name) + "; name the group by its object id"
        );
    }
    const boost::json::value& group = *hits->first;
    const std::string id = string_or_empty(group, "id");
    if (!is_object_id(id)) {
        return unreadable("a group came without id");
    }
    const std::string answered = by_id ? id : string_or_empty(group, "displayName");
    if (!equals_ignoring_case(answered, name)) {
        return group_not_found(name);
    }
    const std::string_view why = why_unmanageable(group);
    if (!why.empty()) {
        return refuse_group(name, why);
    }
    return Entitlement(id, std::string(name));
}

Error user_not_found(std::string_view address) {
    return refuse_user(
        "not_found", address, "is no user of this Entra tenant; check the address or map the person"
    );
}

Error group_not_found(std::string_view name) {
    return Error(
        Fault::permanent,
        "entra.entitlement_not_found",
        "no group is called " + quoted(name) + " in this Entra tenant; check the rule's groups"
    );
}

} // namespace accessd::entra
