#include "core/support/json.hpp"
#include "core/support/text.hpp"
#include "tests/sandbox/entra_state.hpp"
#include "tests/sandbox/wire.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <array>
#include <cstdio>

namespace accessd::sandbox {

namespace json = boost::json;

namespace {

constexpr std::uint32_t added_users = 0xa1000000U;
constexpr std::uint32_t bulk_users = 0xa2000000U;
constexpr std::uint32_t added_groups = 0xb1000000U;
constexpr std::int64_t most_bulk_users = 1000000;

constexpr std::array<std::pair<std::string_view, EntraGroupKind>, 7> kinds = {{
    {"security", EntraGroupKind::security},
    {"dynamic", EntraGroupKind::dynamic},
    {"synced", EntraGroupKind::synced},
    {"mail_enabled", EntraGroupKind::mail_enabled},
    {"distribution", EntraGroupKind::distribution},
    {"unified", EntraGroupKind::unified},
    {"role_assignable", EntraGroupKind::role_assignable},
}};

// Counts are signed, as they are once they have been through text.
json::value number(std::uint64_t count) {
    return static_cast<std::int64_t>(count);
}

json::value problem(std::string_view what) {
    return json::object{{"error", what}};
}

const EntraUser* find_user(const EntraState& state, const json::value& arguments) {
    const std::string name = string_or_empty(arguments, "user");
    const EntraUser* const user = state.directory.user(name);
    return user != nullptr ? user : state.directory.user_by_mail(name);
}

const EntraGroup* find_group(const EntraState& state, const json::value& arguments, std::string_view member) {
    const std::string name = string_or_empty(arguments, member);
    const EntraGroup* const group = state.directory.group(name);
    return group != nullptr ? group : state.directory.group_by_name(name);
}

// Takes over what the arguments name, and leaves the rest as it is.
void read_user(EntraUser& user, const json::value& arguments) {
    const auto text = [&](std::string_view name, std::string& into) {
        if (const auto value = find_string(arguments, name)) {
            into = *value;
        }
    };
    const auto flag = [&](std::string_view name, bool& into) {
        into = find_bool(arguments, name).value_or(into);
    };
    text("mail", user.mail);
    text("upn", user.upn);
    text("display_name", user.display_name);
    flag("guest", user.guest);
    flag("synced", user.synced);
    bool disabled = !user.enabled;
    flag("disabled", disabled);
    user.enabled = !disabled;
    if (const json::array* const mails = find_array(arguments, "other_mails")) {
        user.other_mails.clear();
        for (const json::value& mail : *mails) {
            user.other_mails.emplace_back(mail.is_string() ? std::string(mail.as_string()) : std::string());
        }
    }
}

json::value add_user(EntraState& state, const json::value& arguments) {
    EntraUser user;
    read_user(user, arguments);
    user.upn = user.upn.empty() ? user.mail : user.upn;
    user.display_name = user.display_name.empty() ? user.upn : user.display_name;
    user.id = ascii_lower(string_or_empty(arguments, "id"));
    if (user.id.empty()) {
        user.id = state.make_id(added_users);
    }
    if (user.upn.empty() || !is_uuid(user.id)) {
        return problem("add_user takes a mail or upn, and an id that is a UUID if any");
    }
    if (state.directory.user(user.upn) != nullptr || state.directory.has_object(user.id)) {
        return problem("there is such a user already");
    }
    return json::object{{"id", state.directory.put(std::move(user)).id}};
}

json::value set_user(EntraState& state, const json::value& arguments) {
    const EntraUser* const known = find_user(state, arguments);
    if (known == nullptr) {
        return problem("no such user");
    }
    EntraUser user = *known;
    read_user(user, arguments);
    return json::object{{"id", state.directory.put(std::move(user)).id}};
}

json::value add_many(EntraState& state, const json::value& arguments, TimePoint now) {
    const std::int64_t count = find_integer(arguments, "count").value_or(0);
    const std::string prefix(find_string(arguments, "prefix").value_or("j"));
    const std::string domain(find_string(arguments, "domain").value_or(state.options.tenant_domain));
    const EntraGroup* const group = find_group(state, arguments, "group");
    if (count < 1 || count > most_bulk_users) {
        return problem("bulk_users takes a count of 1 to 1000000");
    }
    std::string first;
    std::string last;
    for (std::int64_t i = 1; i <= count; ++i) {
        std::array<char, 32> number{};
        std::snprintf(number.data(), number.size(), "%04lld", static_cast<long long>(i));
        EntraUser user;
        user.mail = prefix + number.data() + "@" + domain;
        if (state.directory.user(user.mail) != nullptr) {
            continue;
        }
        user.id = state.make_id(bulk_users);
        user.upn = user.mail;
        user.display_name = "User " + prefix + number.data();
        last = user.mail;
        first = first.empty() ? last : first;
        if (group != nullptr) {
            state.directory.set_member(group->id, user.id, true, now, false);
        }
        state.directory.put(std::move(user));
    }
    return json::object{{"first", first}, {"last", last}};
}

json::value add_group(EntraState& state, const json::value& arguments) {
    EntraGroup group;
    group.display_name = string_or_empty(arguments, "name");
    group.id = ascii_lower(string_or_empty(arguments, "id"));
    if (group.id.empty()) {
        group.id = state.make_id(added_groups);
    }
    const std::string kind(find_string(arguments, "kind").value_or("security"));
    bool known = false;
    for (const auto& [name, value] : kinds) {
        if (name == kind) {
            group.kind = value;
            known = true;
        }
    }
    if (!known || group.display_name.empty() || !is_uuid(group.id)) {
        return problem("add_group takes a name, a known kind and an id that is a UUID if any");
    }
    return json::object{{"id", state.directory.put(std::move(group)).id}};
}

json::value change_member(EntraState& state, const json::value& arguments, bool present, TimePoint now) {
    const EntraGroup* const group = find_group(state, arguments, "group");
    const EntraUser* const user = find_user(state, arguments);
    const EntraGroup* const nested = user == nullptr ? find_group(state, arguments, "user") : nullptr;
    if (group == nullptr || (user == nullptr && nested == nullptr)) {
        return problem(group == nullptr ? "no such group" : "no such user");
    }
    state.directory.set_member(group->id, user != nullptr ? user->id : nested->id, present, now, false);
    return json::object();
}

// The truth, whatever replicas still show.
json::value list_members(EntraState& state, const json::value& arguments) {
    const EntraGroup* const group = find_group(state, arguments, "group");
    if (group == nullptr) {
        return problem("no such group");
    }
    json::array members;
    for (const auto& id : state.directory.members(group->id, "", SIZE_MAX, TimePoint::max())) {
        const EntraUser* const user = state.directory.user(id);
        members.emplace_back(user != nullptr ? user->upn : state.directory.group(id)->display_name);
    }
    const std::size_t count = members.size();
    return json::object{{"members", std::move(members)}, {"count", number(count)}};
}

json::value check_member(EntraState& state, const json::value& arguments) {
    const EntraGroup* const group = find_group(state, arguments, "group");
    const EntraUser* const user = find_user(state, arguments);
    if (group == nullptr || user == nullptr) {
        return problem(group == nullptr ? "no such group" : "no such user");
    }
    const auto groups = state.directory.groups_of(user->id, true, TimePoint::max());
    return json::object{
        {"member", groups.contains(group->id)}, {"direct", state.directory.is_member(group->id, user->id)}};
}

json::value set(EntraState& state, const json::value& arguments) {
    for (const auto& [name, value] : arguments.is_object() ? arguments.as_object() : json::object()) {
        if (name == "token_lifetime_s" && value.is_int64()) {
            state.token_lifetime = std::chrono::seconds(value.as_int64());
        } else if (name == "replication_lag_ms" && value.is_int64()) {
            state.directory.lag = Duration(value.as_int64());
        } else if (name == "secret_expired" && value.is_bool()) {
            state.secret_expired = value.as_bool();
        } else if (name == "page_size" && value.is_int64() && value.as_int64() > 0) {
            state.page_size = static_cast<std::size_t>(value.as_int64());
        } else if (name == "permissions" && value.is_array()) {
            state.permissions.clear();
            for (const json::value& one : value.as_array()) {
                state.permissions.emplace_back(
                    one.is_string() ? std::string(one.as_string()) : std::string()
                );
            }
        } else {
            return problem("not understood: " + std::string(name));
        }
    }
    return json::object();
}

json::value stats(const EntraState& state) {
    return json::object{
        {"tokens_issued", number(state.tokens_issued)},
        {"adds", number(state.adds)},
        {"removes", number(state.removes)},
        {"redundant_adds", number(state.redundant_adds)},
        {"redundant_removes", number(state.redundant_removes)},
        {"catastrophes", number(state.catastrophes)},
        {"users", number(state.directory.users().size())},
        {"groups", number(state.directory.groups().size())}};
}

json::value control_objects(EntraState& state, std::string_view verb, const json::value& arguments) {
    const EntraUser* const user = find_user(state, arguments);
    if (verb == "delete_user" && user != nullptr) {
        state.directory.erase_user(std::string(user->id));
        return json::object();
    }
    if (verb == "user" && user != nullptr) {
        return json::object{{"id", user->id}, {"upn", user->upn}, {"mail", user->mail}};
    }
    const EntraGroup* const group = find_group(state, arguments, "group");
    if (verb == "delete_group" && group != nullptr) {
        state.directory.erase_group(std::string(group->id));
        return json::object();
    }
    if (verb == "groups") {
        json::object groups;
        for (const auto& [id, one] : state.directory.groups()) {
            groups[one.display_name] = id;
        }
        return json::object{{"groups", std::move(groups)}};
    }
    return problem("no such verb, user or group for " + std::string(verb));
}

json::value control_credentials(EntraState& state, std::string_view verb, const json::value& arguments) {
    if (verb == "rotate_secret") {
        const std::string fresh = "sandbox~Entra-client-secret." + std::to_string(++state.ids + 1);
        state.secret = find_string(arguments, "secret").value_or(fresh);
        state.secret_expired = false;
        return json::object{{"secret", state.secret}};
    }
    if (verb == "add_certificate") {
        return add_entra_certificate(state, string_or_empty(arguments, "pem"))
                   ? json::value(json::object())
                   : problem("pem is not a certificate");
    }
    if (verb == "remove_certificates") {
        state.certificates.clear();
        return json::object();
    }
    for (auto& [token, known] : state.tokens) {
        known.expires = TimePoint();
    }
    return json::object();
}

} // namespace

json::value
entra_control(EntraState& state, std::string_view verb, const json::value& arguments, TimePoint now) {
    if (verb == "add_user") {
        return add_user(state, arguments);
    }
    if (verb == "set_user") {
        return set_user(state, arguments);
    }
    if (verb == "bulk_users") {
        return add_many(state, arguments, now);
    }
    if (verb == "add_group") {
        return add_group(state, arguments);
    }
    if (verb == "add_member" || verb == "remove_member") {
        return change_member(state, arguments, verb == "add_member", now);
    }
    if (verb == "members") {
        return list_members(state, arguments);
    }
    if (verb == "is_member") {
        return check_member(state, arguments);
    }
    if (verb == "set") {
        return set(state, arguments);
    }
    if (verb == "stats") {
        return stats(state);
    }
    if (verb == "rotate_secret" || verb == "add_certificate" || verb == "remove_certificates" ||
        verb == "expire_tokens") {
        return control_credentials(state, verb, arguments);
    }
    return control_objects(state, verb, arguments);
}

} // namespace accessd::sandbox
