#pragma once

#include "core/http/rest_client.hpp"
#include "core/model/result.hpp"
#include "core/model/ticket.hpp"
#include "core/support/task.hpp"

#include <boost/json/value.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace accessd {

/// A user as any of Jira's resources shows one. Nothing when it is not an object with an accountId of 1..128
/// bytes. A deleted user ("unknown") comes back with an empty account id: nobody. Kinds of account that we
/// do not know are AccountType::unknown, as is the kind where a resource does not tell it (approvals).
std::optional<Person> person_from(const boost::json::value& user);

/// At most `limit` bytes of the text, cut between characters.
std::string bounded(std::string_view text, std::size_t limit);

/// GET /rest/api/3/myself. "jira.malformed_user" (transient) when the answer is not a user.
Task<Result<Person>> fetch_myself(RestClient& rest, TimePoint deadline);

/// GET /rest/api/3/user. "jira.malformed_user" too when the answer is about another account than the one
/// asked for.
Task<Result<Person>> fetch_person(RestClient& rest, std::string account_id, TimePoint deadline);

/// GET /rest/api/3/user/groups: names, sorted.
Task<Result<std::vector<std::string>>>
fetch_groups(RestClient& rest, std::string account_id, TimePoint deadline);

} // namespace accessd
