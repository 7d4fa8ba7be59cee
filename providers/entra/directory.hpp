#pragma once

#include "core/http/rest_client.hpp"
#include "core/model/access.hpp"
#include "core/model/result.hpp"

#include <string>
#include <string_view>

namespace accessd::entra {

/// How people and groups are found: one query each, and what its answer means. A name from outside is bounded
/// here and enters a query only as an OData literal.

/// False for what no user can be called: empty, over 254 bytes, not UTF-8, with control characters.
bool may_name_user(std::string_view address);
/// The same for groups, with Graph's limit of 256 characters.
bool may_name_group(std::string_view name);

/// `address` is an object id, or a mail address or user principal name.
RestCall user_query(std::string_view address);
/// Permanent "entra.account_not_found", "_ambiguous", "_disabled", "_guest"; transient "entra.unreadable".
Result<Account> read_user(std::string_view address, const RestReply& reply);

/// `name` is an object id or a display name.
RestCall group_query(std::string_view name);
/// Permanent "entra.entitlement_not_found", "_ambiguous", "_not_manageable"; transient "entra.unreadable".
Result<Entitlement> read_group(std::string_view name, const RestReply& reply);

Error user_not_found(std::string_view address);
Error group_not_found(std::string_view name);

} // namespace accessd::entra
