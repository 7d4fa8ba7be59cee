#include "tests/sandbox/entra_state.hpp"
#include "tests/sandbox/wire.hpp"

#include <array>

namespace accessd::sandbox {

namespace {

constexpr std::uint32_t user_ids = 0xa0000000U;
constexpr std::uint32_t group_ids = 0xb0000000U;

void add_user(EntraState& state, std::uint64_t number, const std::string& name, const std::string& mail) {
    EntraUser user;
    user.id = make_uuid(user_ids, number);
    user.upn = mail;
    user.mail = mail;
    user.display_name = name;
    user.enabled = !mail.starts_with("disabled@");
    if (mail.ends_with("@partner.example")) {
        user.guest = true;
        user.upn = "guest_partner.example#EXT#@" + state.options.tenant_domain;
    }
    state.directory.put(std::move(user));
}

void add_group(EntraState& state, std::uint64_t number, const std::string& name, EntraGroupKind kind) {
    EntraGroup group;
    group.id = make_uuid(group_ids, number);
    group.display_name = name;
    group.kind = kind;
    state.directory.put(std::move(group));
}

} // namespace

void fill_entra_world(EntraState& state, TimePoint now) {
    const std::array<std::pair<const char*, const char*>, 9> users = {{
        {"Jane Doe", "jane@acme.example"},
        {"Bob Approver", "bob@acme.example"},
        {"Carol Approver", "carol@acme.example"},
        {"Dave Roe", "dave@acme.example"},
        {"Erin Ops", "erin@acme.example"},
        {"Dis Abled", "disabled@acme.example"},
        {"Guest Partner", "guest@partner.example"},
        {"Ivan Left", "ivan@acme.example"},
        {"Hilda Hidden", "hilda@acme.example"},
    }};
    const std::array<std::pair<const char*, EntraGroupKind>, 10> groups = {{
        {"jira-software-users", EntraGroupKind::security},
        {"confluence-users", EntraGroupKind::security},
        {"entra-admins", EntraGroupKind::security},
        {"nested-parent", EntraGroupKind::security},
        {"dynamic-group", EntraGroupKind::dynamic},
        {"synced-group", EntraGroupKind::synced},
        {"mail-enabled-group", EntraGroupKind::mail_enabled},
        {"distribution-group", EntraGroupKind::distribution},
        {"unified-group", EntraGroupKind::unified},
        {"role-assignable-group", EntraGroupKind::role_assignable},
    }};
    std::uint64_t number = 0;
    for (const auto& [name, mail] : users) {
        add_user(state, ++number, name, mail);
    }
    number = 0;
    for (const auto& [name, kind] : groups) {
        add_group(state, ++number, name, kind);
    }
    state.directory.set_member(make_uuid(group_ids, 4), make_uuid(group_ids, 1), true, now, false);
}

} // namespace accessd::sandbox
