#pragma once

#include "core/model/request.hpp"
#include "core/store/store.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace accessd {

/// What an audit row about a whole request says.
AuditEntry request_record(std::string_view code, const Request& request);

/// What an audit row about one target says. `error` may be null.
AuditEntry target_record(
    std::string_view code,
    const Request& request,
    const Target& target,
    const Access& access,
    const Error* error
);

/// A row about a key by itself: the watch after a revoke, a call that nobody knows the outcome of. Names the
/// issue of the open intent, if there is one.
AuditEntry access_record(std::string_view code, const Access& access);

/// The row for a message that reached its ticket; `moved_to` is the status id, empty when it was not moved.
AuditEntry told_record(const Tell& tell, const std::string& moved_to);

/// The paragraphs of a comment: what happened, then one line per target. Plain text.
std::vector<std::string> comment_lines(TellKind kind, const Request& request);

/// The closing line of a comment: where the audit trail stood, and the marker by which the comment is found
/// again.
std::string closing_line(const Tell& tell);

/// The marker alone: "accessd:1042/10077/granted".
std::string tell_marker(const Tell& tell);

} // namespace accessd
