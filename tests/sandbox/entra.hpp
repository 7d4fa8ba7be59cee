#pragma once

#include "tests/sandbox/vendor.hpp"

#include <memory>
#include <string>

namespace accessd::sandbox {

class EntraState;

/// Where a new tenant starts. The defaults are the sandbox's well-known tenant.
class EntraOptions {
public:
    EntraOptions() = default;

    std::string name = "entra"; ///< of the model, where there are several tenants
    std::string tenant_id = "10000000-0000-4000-8000-000000000001";
    std::string tenant_domain = "acme.example";
    std::string client_id = "20000000-0000-4000-8000-000000000001";
    std::string client_secret = "sandbox~Entra-client-secret.1";
    /// Graph's own origin, whose "/.default" is the one valid scope; the origin that a token request came to
    /// is taken too, since the sandbox may serve login and Graph at one address.
    std::string graph_origin = "https://graph.test";
    /// false: no users and groups but what control verbs add.
    bool default_world = true;
};

/// Microsoft Entra ID: the token endpoint /{tenant}/oauth2/v2.0/token and Microsoft Graph v1.0. Login and
/// Graph are one model, told apart by their paths.
///
/// Graph: GET /users, /users/{id|upn}, /users/{}/memberOf[/{id}], /users/{}/transitiveMemberOf, /groups,
/// /groups/{}, /groups/{}/members, .../members/$ref, .../members/$count, /groups/{}/transitiveMembers,
/// /organization; POST .../checkMemberGroups of users and directoryObjects, /groups/{}/members/$ref, /$batch;
/// DELETE /groups/{}/members/{}/$ref. Writes apply at once; reads show memberships as they were
/// `replication_lag_ms` ago. A DELETE that would delete a user or group is refused with 403 and counted as a
/// catastrophe.
///
/// Pages: https://learn.microsoft.com/graph/api/overview?view=graph-rest-1.0 and
/// https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow
///
/// Default world: jane, bob, carol, dave, erin, ivan and hilda @acme.example (members),
/// disabled@acme.example, guest@partner.example (a guest); groups jira-software-users, confluence-users,
/// entra-admins and nested-parent (of which jira-software-users is a member), and one group of each kind that
/// cannot be managed: dynamic-group, synced-group, mail-enabled-group, distribution-group,
/// role-assignable-group; and unified-group.
///
/// Control verbs (users by id or address, groups by id or name):
///  add_user {mail?, upn?, display_name?, guest?, disabled?, synced?, other_mails?, id?} -> {id}
///  set_user {user, mail?, upn?, display_name?, guest?, disabled?}    delete_user {user}
///  bulk_users {count, prefix? "j", domain?, group?} -> {first, last}: jNNNN@acme.example, in `group` if
///  given add_group {name, kind?, id?} -> {id}; kind: security, dynamic, synced, mail_enabled, distribution,
///  unified,
///    role_assignable
///  delete_group {group}
///  add_member / remove_member {group, user}: an admin's act in the portal, visible at once; a group may be
///    given as `user` to nest it
///  members {group} -> {members:[address or group name], count}, direct, the truth
///  is_member {group, user} -> {member, direct}
///  groups -> {groups:{name: id}}    user {user} -> {id, upn, mail}
///  set {token_lifetime_s?, replication_lag_ms?, permissions? [..], secret_expired?, page_size?}
///    permissions go into tokens issued afterwards, as with the vendor
///  rotate_secret {secret?} -> {secret}: the old one is refused at once
///  add_certificate {pem} / remove_certificates {}: what client assertions are verified against
///  expire_tokens {}: every token issued so far has run out
///  stats -> {tokens_issued, adds, removes, redundant_adds, redundant_removes, catastrophes, users, groups}
class EntraModel final : public VendorModel {
public:
    explicit EntraModel(const EntraOptions& options = EntraOptions());
    ~EntraModel() override;

    std::string_view name() const override;

    HttpResponse handle(const HttpRequest& request, TimePoint now) override;
    boost::json::value
    control(std::string_view verb, const boost::json::value& arguments, TimePoint now) override;

    /// The truth, for an oracle.
    EntraState& state() { return *state_; }

private:
    std::unique_ptr<EntraState> state_;
};

} // namespace accessd::sandbox
