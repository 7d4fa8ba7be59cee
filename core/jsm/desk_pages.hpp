#pragma once

#include "core/http/rest_client.hpp"
#include "core/model/result.hpp"
#include "core/support/task.hpp"

#include <boost/json/value.hpp>

#include <vector>

namespace accessd {

/// All values of a paged resource of the service desk; `target` has no query yet. "jira.malformed_page" and
/// "jira.too_many_pages" (transient) when the walk cannot be finished: a part is never returned.
Task<Result<std::vector<boost::json::value>>>
read_desk_pages(RestClient& rest, RequestTarget target, TimePoint deadline);

} // namespace accessd
