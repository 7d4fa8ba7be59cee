#pragma once

#include "core/http/rest_client.hpp"
#include "core/model/result.hpp"

#include <boost/json/value.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace accessd::entra {

/// Graph's error body: the outer code, with the innermost one behind a slash where they differ
/// (https://learn.microsoft.com/graph/errors).
VendorError read_graph_error(const boost::json::value& body);

/// What a call was for: decides which right is named when Graph refuses it.
enum class Work : std::uint8_t { read_users, read_groups, write_members };

/// The same error; "entra.forbidden" comes back with the permission that is missing.
Error explain(Error error, Work work);

/// Transient "entra.unreadable": an answer with a good status that says nothing we can rely on.
Error unreadable(std::string_view what);

/// Transient "entra.not_replicated": two answers of Graph contradict each other for now.
Error not_replicated(std::string_view what);

/// Did Graph refuse to add somebody because they are a member? There is no code for it, only the sentence.
bool says_already_member(const RestReply& refusal);

/// Did Graph refuse because one of the two objects has not reached the replica yet?
bool says_unknown_object(const RestReply& refusal);

} // namespace accessd::entra
