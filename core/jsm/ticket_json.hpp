#pragma once

#include "core/jsm/portal_fields.hpp"
#include "core/model/result.hpp"
#include "core/model/ticket.hpp"

#include <boost/json/value.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace accessd {

/// "jira.malformed_ticket" (permanent): the ticket and the field, and what was found there.
Error malformed_ticket(std::string_view ticket, std::string_view field, std::string_view found);

/// The names of the fields that ticket_from_issue() reads, for the request.
std::vector<std::string> fields_to_read(const PortalFields& fields);

/// A ticket without its history and approvals from an issue of the platform API. Null and absent fields are
/// empty; anything of an unexpected shape or length makes the whole ticket malformed.
Result<Ticket> ticket_from_issue(const boost::json::value& issue, const PortalFields& fields);

/// Appends one value of GET .../request/{id}/approval. `ticket` names it in errors. Decisions
/// that we do not know count as pending.
std::optional<Error>
append_approval(const boost::json::value& approval, std::string_view ticket, std::vector<Approval>& out);

/// Oldest first; Jira promises no order.
void sort_approvals(std::vector<Approval>& approvals);

} // namespace accessd
