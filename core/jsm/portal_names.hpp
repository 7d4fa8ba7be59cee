#pragma once

#include "core/model/rule.hpp"

#include <string>
#include <vector>

namespace accessd {

/// The portal as an admin writes it: each entry is a name or an id of Jira's. TicketSource::connect resolves
/// all of them. Fields are empty when they are not configured.
class PortalNames {
public:
    PortalNames() = default;

    std::string project; ///< key
    std::vector<std::string> grant_types;
    std::vector<std::string> remove_types;
    std::vector<std::string> change_types;
    std::string application_field;
    std::string access_type_field;
    std::string old_access_type_field;          ///< optional; of change requests
    std::string approver_field;                 ///< optional
    std::string beneficiary_field = "reporter"; ///< "reporter" or a user picker
    std::string duration_field;                 ///< optional
    std::string reason_field;                   ///< optional
    std::vector<std::string> approved_statuses;
    std::vector<std::string> denied_statuses;
    std::vector<std::string> revoked_statuses;
    std::vector<std::string> declined_statuses;
    std::string granted_outcome; ///< optional, like the two below
    std::string removed_outcome;
    std::string failed_outcome;
    Comments comments = Comments::public_;
    EvidenceSource evidence = EvidenceSource::approval;
};

} // namespace accessd
