#include "tests/support/acme.hpp"

namespace accessd::test {

PortalNames portal_names() {
    PortalNames names;
    names.project = "ACC";
    names.grant_types = {"Request Application Access"};
    names.remove_types = {"Request Access Removal"};
    names.change_types = {"Request Access Change"};
    names.application_field = "Application";
    names.access_type_field = "Access Type";
    names.old_access_type_field = "Current Access";
    names.duration_field = "Access Duration";
    names.approved_statuses = {"Approved by Manager"};
    names.denied_statuses = {"Rejected"};
    names.revoked_statuses = {"Access Revoked"};
    names.declined_statuses = {"Declined by User"};
    names.granted_outcome = "Access Granted";
    names.removed_outcome = "Access Removed";
    names.failed_outcome = "Needs Attention";
    return names;
}

AccessRule user_rule() {
    AccessRule rule;
    rule.application = "Entra ID";
    rule.access_type = "User";
    rule.groups = {"jira-software-users"};
    rule.approvers.users = {"bob@acme.example"};
    rule.approvers.groups = {"entra-approvers"};
    rule.hash = "0000000000000001";
    return rule;
}

} // namespace accessd::test
