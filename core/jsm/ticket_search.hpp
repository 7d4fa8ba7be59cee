#pragma once

#include "core/http/rest_client.hpp"
#include "core/jsm/portal_fields.hpp"
#include "core/jsm/ticket_source.hpp"
#include "core/model/result.hpp"
#include "core/support/task.hpp"

#include <memory>
#include <string>

namespace accessd {

/// One page of POST /rest/api/3/search/jql; the contract is TicketSource::search. Jira answers this call
/// without a login too, so the answer must name our account or, when it is empty, /myself must.
/// "jira.wrong_account" (credential) when it is not ours.
Task<Result<CandidatePage>> search_tickets(
    RestClient& rest,
    std::shared_ptr<const ResolvedPortal> resolved,
    SearchWindow window,
    std::string page,
    TimePoint deadline
);

} // namespace accessd
