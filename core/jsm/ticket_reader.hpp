#pragma once

#include "core/http/rest_client.hpp"
#include "core/jsm/portal_fields.hpp"
#include "core/jsm/ticket_source.hpp"
#include "core/model/result.hpp"
#include "core/support/task.hpp"

#include <memory>
#include <string>
#include <vector>

namespace accessd {

/// Reads at most 100 tickets; the contract is TicketSource::read. Two calls for all of them and one for each
/// that is in an approved status. The issue is read before its changelog and approvals, so that no change of
/// a field that was read can be missed; a ticket that changed in between fails with
/// "jira.changed_while_reading" (transient). "jira.too_many_tickets" (permanent) for more than 100.
Task<Result<ReadTickets>> read_tickets(
    RestClient& rest,
    std::shared_ptr<const ResolvedPortal> resolved,
    std::vector<std::string> issue_ids,
    TimePoint deadline
);

} // namespace accessd
