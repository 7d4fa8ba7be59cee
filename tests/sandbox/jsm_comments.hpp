#pragma once

#include "tests/sandbox/jsm_call.hpp"

#include <variant>

namespace accessd::sandbox::jsm {

/// A comment from the body of a request, by the caller; or the refusal. A comment that comes with a
/// transition is public, whatever its properties say: Jira does not promise that they are heeded there.
std::variant<Comment, HttpResponse>
read_comment(Call& call, const Issue& issue, const boost::json::value& body, bool in_transition);

} // namespace accessd::sandbox::jsm
