#pragma once

#include "core/jsm/ticket_source.hpp"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <string>
#include <string_view>

namespace accessd {

/// The comment's text as a document; a last paragraph with the marker is added when no line holds it.
boost::json::object comment_document(const TicketMessage& message);

/// Body of POST /rest/api/3/issue/{id}/comment: text, our marker as a property, and, for an internal note,
/// the property that hides it from customers.
boost::json::object comment_body(const TicketMessage& message);

/// One of our comments, found again.
class FoundComment {
public:
    FoundComment() = default;

    std::string id; ///< empty: there is none
    bool internal = false;
};

/// Looks through a page of GET /rest/api/3/issue/{id}/comment for a comment of ours with the marker, as
/// property or in the text. Somebody else's copy of it does not count.
FoundComment
find_comment(const boost::json::value& page, std::string_view marker, std::string_view own_account_id);

/// True when Jira says that customers cannot see it ("jsdPublic": false). Not being told is not being hidden.
bool is_internal(const boost::json::value& comment);

} // namespace accessd
