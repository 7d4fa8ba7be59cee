#pragma once

#include "core/http/rest_client.hpp"
#include "core/jsm/portal_match.hpp"
#include "core/model/result.hpp"
#include "core/support/task.hpp"

#include <boost/json/value.hpp>

#include <memory>
#include <string_view>
#include <vector>

namespace accessd {

/// Asks Jira who we are and what exists, and resolves the names (see match_portal). Further codes:
/// "jira.project_not_found" (permanent), "jira.malformed_answer" (transient). A call that fails ends it, and
/// is never permanent: only what Jira knows, or does not, can be at odds with the configuration.
Task<Result<ResolvedPortal>> resolve_portal(RestClient& rest, PortalNames names, TimePoint deadline);

/// resolve_portal() whose success is also put into `into`, which outlives the call; what was there stays
/// valid for those who hold it.
Task<Result<Portal>> connect_portal(
    RestClient& rest, PortalNames names, std::shared_ptr<const ResolvedPortal>& into, TimePoint deadline
);

/// Fields out of GET /rest/api/3/field, without those of other projects.
std::vector<FieldFact> fields_from(const boost::json::value& body, std::string_view project_id);

/// Statuses out of GET /rest/api/3/project/{id}/statuses, each once.
std::vector<Named> statuses_from(const boost::json::value& body);

} // namespace accessd
