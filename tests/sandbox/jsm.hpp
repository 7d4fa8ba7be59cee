#pragma once

#include "tests/sandbox/vendor.hpp"

#include <memory>
#include <string>

namespace accessd::sandbox {

namespace jsm {
class Router;
class State;
} // namespace jsm

/// Where a new site starts.
class JsmOptions {
public:
    JsmOptions() = default;

    std::string base_url = "https://jira.test"; ///< in "self" links only
    std::string email = "accessd@acme.example"; ///< the API's account
    std::string token = "jira-api-token";
};

/// Jira Cloud with Jira Service Management: platform REST v3 and servicedeskapi. A path may begin with
/// "/ex/jira/{anything}", as on api.atlassian.com.
///
/// Platform: GET and POST search/jql (search is 410), issue/bulkfetch, changelog/bulkfetch, issue/{},
/// issue/{}/changelog, issue/{}/comment (GET, POST), issue/{}/comment/{} (GET, DELETE), issue/{}/transitions
/// (GET, POST), field, status, project/{}, project/{}/statuses, myself, mypermissions, user, user/groups,
/// group/member, group/bulk, serverInfo. Service desk: servicedesk, servicedesk/{},
/// servicedesk/{}/requesttype, request/{}, request/{}/approval, request/{}/approval/{}. Stricter than Jira: a
/// call needs "Accept: application/json", a body "Content-Type: application/json"; an unknown query
/// parameter, body member, field or expansion is 400. A missing or wrong credential makes the caller
/// anonymous where Jira serves anonymous callers (search and issues: 200 with nothing, 404), and is 401
/// elsewhere; X-AACCOUNTID names the caller if there is one. Pages:
/// https://developer.atlassian.com/cloud/jira/platform/rest/v3/intro/ and
/// https://developer.atlassian.com/cloud/jira/service-desk/rest/intro/
///
/// Default world. Projects ACC (10000, service desk 3) and HR (10001, team-managed). Statuses of ACC: 10010
/// Waiting for approval, 10011 Approved by Manager, 10012 Rejected, 10013 Access Revoked, 10014 Declined by
/// User, 10015 Access Granted, 10016 Access Removed, 10017 Needs Attention; HR has its own Rejected (10111).
/// Transitions: 21 Reject, 31 Mark granted, 41 Mark removed, 51 Needs attention, 61 Revoke, 71 Decline, 81
/// Reopen. Request types: 25 Request Application Access, 26 Request Access Removal, 27 Request Access Change.
/// Fields: customfield_10010 Request Type, 10050 Application, 10051 Access Type, 10052 Access Duration, 10053
/// Beneficiary, 10054 Approver, 10055 Approvals, and 10151, an Access Type of HR's own. People @acme.example:
/// accessd (the API's account), bob and carol (approvers), jane, dave, ivan (inactive), hilda (her e-mail is
/// hidden); cleo@customer.example (a customer); Automation for Jira (an app). Groups: entra-approvers (bob,
/// carol), jira-servicemanagement-users-acme, jira-administrators. Profile zones are UTC+2.
///
/// Control verbs. People by account id or e-mail ("automation" is the app), issues by id or key, statuses by
/// name or id, fields by name or id. Where `by` may be left out it is the automation.
///
/// create_request {reporter?, application?, access_type?, duration?, beneficiary?, assignee?, summary?}
///   and {request_type?, key?, status?, project?, approvers? [..], needed?} -> {id, key}
///   Defaults: jane, "Entra ID", "User", type 25, Waiting for approval with bob and carol to approve, one of
///   them needed. A new select value becomes an option. request_type "" makes an issue that was not raised on
///   the portal. With another `status` it is created there, and no approval is asked for.
/// approve {issue, by, moved_by?, move?}
///   Records the answer. When enough have approved the approval is complete, and unless `move` is false the
///   automation (or moved_by) moves the issue to Approved by Manager. -> {complete}
/// decline {issue, by, moved_by?, move?}: likewise to Rejected
/// ask {issue, approvers? [..], needed?}: one more approval round
/// move {issue, to, by?}: a change of status outside of the workflow and without approval
/// edit_field {issue, field, value, by?}
///   Summary, Reporter, Assignee, Request Type, a select or a user field; null or "" empties it
/// comment {issue, text, by?, internal?} -> {id}
/// delete_issue {issue}
/// move_project {issue, to, by?} -> {key}: it keeps its status unless the project has one of that name
/// conflict {issue, times?}: that many of the next transitions answer 409
/// add_user {account_id?, name?, email?, type?, active?, email_hidden?} -> {account_id}
/// set_user {user, name?, email?, type?, active?, email_hidden?}
/// add_group {name} -> {id}
/// add_group_member {group, user}, remove_group_member {group, user}
/// set_project {project, browsable}
/// bulk_approved {count, approver?, prefix?, domain?, first?} and what create_request takes
///   -> {first_key, last_key, first_id, last_id}
///   That many approved requests, made and approved now, each with a beneficiary of its own
///   (j0001@acme.example ...) who also is the reporter unless one is named.
/// show {issue} -> {id, key, project, status, updated, comments: [{text, public, author}],
///   changes: [{field, from, to, author}], approvals: [decision]}
/// statuses -> {statuses: {name: count}}
/// stats -> {calls: {"METHOD path": count}, total, issues}; reset_stats
/// set {index_lag_ms?, page_size?, desk_page_size?, changelog_page_size?, null_token?, last_page_lies?}
///   and {pages_overlap?, stale_searches?, changelog_in_seconds?, comment_properties?, transition_screens?,
///   comment_limit?, writes_per_2s?} and {writes_per_30s?, permissions? [..], token?}
class JsmModel final : public VendorModel {
public:
    explicit JsmModel(const JsmOptions& options = JsmOptions());
    ~JsmModel() override;

    std::string_view name() const override { return "jsm"; }

    HttpResponse handle(const HttpRequest& request, TimePoint now) override;
    boost::json::value
    control(std::string_view verb, const boost::json::value& arguments, TimePoint now) override;

    /// The truth, for an oracle.
    jsm::State& state() { return *state_; }

private:
    std::unique_ptr<jsm::State> state_;
    std::unique_ptr<jsm::Router> router_;
};

std::unique_ptr<VendorModel> make_jsm(const JsmOptions& options = JsmOptions());

} // namespace accessd::sandbox
