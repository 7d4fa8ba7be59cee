#include "core/support/json.hpp"
#include "core/support/text.hpp"
#include "tests/sandbox/entra_call.hpp"

namespace accessd::sandbox {

namespace {

bool may_write(const GraphCall& call) {
    return call.may({"GroupMember.ReadWrite.All", "Group.ReadWrite.All", "Directory.ReadWrite.All"});
}

// Why the members of this group cannot be changed through Graph by this app; nothing when they can.
std::optional<GraphReply> refuse_kind(const EntraGroup& group, const GraphCall& call) {
    switch (group.kind) {
    case EntraGroupKind::dynamic:
        return graph_denied();
    case EntraGroupKind::role_assignable:
        // Also needs this permission: https://learn.microsoft.com/graph/api/group-post-members
        if (call.may({"RoleManagement.ReadWrite.Directory"})) {
            return std::nullopt;
        }
        return graph_denied();
    case EntraGroupKind::synced:
        return graph_bad_request(
            "Unable to update the specified properties for on-premises mastered Directory Sync "
            "objects or objects currently undergoing migration."
        );
    case EntraGroupKind::mail_enabled:
    case EntraGroupKind::distribution:
        return graph_bad_request("Cannot Update a mail-enabled security groups and or distribution list.");
    default:
        return std::nullopt;
    }
}

// The id in {"@odata.id": "https://graph/v1.0/directoryObjects/{id}"}; nothing when the body is anything
// else.
std::optional<std::string> referenced_id(const GraphCall& call) {
    const auto reference = find_string(*call.body, "@odata.id");
    if (!reference || call.body->as_object().size() != 1) {
        return std::nullopt;
    }
    for (const std::string_view collection : {"/v1.0/directoryObjects/", "/v1.0/users/", "/v1.0/groups/"}) {
        const std::string prefix = std::string(call.origin) + std::string(collection);
        if (reference->starts_with(prefix)) {
            return std::string(reference->substr(prefix.size()));
        }
    }
    return std::nullopt;
}

// The group that a write is about, or the reply that refuses the write.
const EntraGroup*
find_writable(EntraState& state, const GraphCall& call, std::optional<GraphReply>& problem) {
    if (!may_write(call)) {
        problem = graph_denied();
        return nullptr;
    }
    problem = refuse_options(call, {});
    if (problem) {
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

} // namespace

GraphReply graph_add_member(EntraState& state, const GraphCall& call) {
    std::optional<GraphReply> problem;
    const EntraGroup* const group = find_writable(state, call, problem);
    if (group == nullptr) {
        return std::move(*problem);
    }
    const auto reference = referenced_id(call);
    if (!reference) {
        return graph_bad_request("Invalid URL format specified in @odata.id in reference update payload.");
    }
    if (!is_uuid(*reference)) {
        return graph_bad_request("Invalid object identifier '" + *reference + "'.");
    }
    const std::string object = ascii_lower(*reference);
    if (!state.directory.has_object(object)) {
        return graph_not_found(object);
    }
    if (auto refused = refuse_kind(*group, call)) {
        return std::move(*refused);
    }
    if (group->kind == EntraGroupKind::unified && state.directory.group(object) != nullptr) {
        return graph_bad_request("Unified groups can have users as members only.");
    }
    if (state.directory.is_member(group->id, object)) {
        ++state.redundant_adds;
        state.on_write(AccessWrite(group->id, object, true, false));
        return graph_bad_request("One or more added object references already exist for the following "
                                 "modified properties: 'members'.");
    }
    state.directory.set_member(group->id, object, true, call.now, true);
    ++state.adds;
    state.on_write(AccessWrite(group->id, object, true, true));
    return GraphReply(204);
}

GraphReply graph_remove_member(EntraState& state, const GraphCall& call) {
    std::optional<GraphReply> problem;
    const EntraGroup* const group = find_writable(state, call, problem);
    if (group == nullptr) {
        return std::move(*problem);
    }
    if (!is_uuid(call.segments[3])) {
        return graph_bad_request("Invalid object identifier '" + call.segments[3] + "'.");
    }
    const std::string object = ascii_lower(call.segments[3]);
    if (!state.directory.is_member(group->id, object)) {
        ++state.redundant_removes;
        state.on_write(AccessWrite(group->id, object, false, false));
        return graph_not_found(object);
    }
    if (auto refused = refuse_kind(*group, call)) {
        return std::move(*refused);
    }
    state.directory.set_member(group->id, object, false, call.now, true);
    ++state.removes;
    state.on_write(AccessWrite(group->id, object, false, true));
    return GraphReply(204);
}

// https://learn.microsoft.com/graph/api/group-delete-members: without /$ref the person goes, not the
// membership.
GraphReply graph_catastrophe(EntraState& state, const GraphCall&) {
    ++state.catastrophes;
    return graph_denied();
}

} // namespace accessd::sandbox
