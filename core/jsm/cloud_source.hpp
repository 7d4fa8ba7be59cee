#pragma once

#include "core/http/rest_client.hpp"
#include "core/jsm/portal_names.hpp"
#include "core/jsm/ticket_source.hpp"
#include "core/support/clock.hpp"

#include <memory>

namespace accessd {

/// Jira Service Management on Cloud. `rest` speaks for the whole site (see jira_profile) and outlives the
/// source, as does `clock`. Before connect(), search, read and tell fail with "jira.not_connected"
/// (permanent).
std::unique_ptr<TicketSource> make_cloud_source(PortalNames names, RestClient& rest, Clock& clock);

} // namespace accessd
