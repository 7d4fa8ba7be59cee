#include "core/jsm/comment.hpp"

#include "core/jsm/adf.hpp"
#include "core/support/json.hpp"

#include <boost/json/array.hpp>

#include <algorithm>
#include <utility>
#include <vector>

namespace accessd {

namespace {

constexpr std::string_view marker_property = "accessd.event";

boost::json::object property(std::string_view key, boost::json::object value) {
    boost::json::object made;
    made["key"] = key;
    made["value"] = std::move(value);
    return made;
}

bool has_marker_property(const boost::json::value& comment, std::string_view marker) {
    const boost::json::array* properties = find_array(comment, "properties");
    if (properties == nullptr) {
        return false;
    }
    return std::any_of(properties->begin(), properties->end(), [&](const boost::json::value& entry) {
        const boost::json::value* value = find(entry, "value");
        return find_string(entry, "key").value_or("") == marker_property && value != nullptr &&
               find_string(*value, "id").value_or("") == marker;
    });
}

bool is_by(const boost::json::value& comment, std::string_view account_id) {
    const boost::json::value* author = find(comment, "author");
    return author != nullptr && find_string(*author, "accountId").value_or("") == account_id;
}

} // namespace

boost::json::object comment_document(const TicketMessage& message) {
    std::vector<std::string> lines = message.lines;
    const bool marked = std::any_of(lines.begin(), lines.end(), [&](const std::string& line) {
        return line.find(message.marker) != std::string::npos;
    });
    if (!marked) {
        lines.push_back(message.marker);
    }
    return adf_document(lines);
}

boost::json::object comment_body(const TicketMessage& message) {
    boost::json::array properties;
    if (message.visibility == Comments::internal) {
        boost::json::object hidden;
        hidden["internal"] = true;
        properties.emplace_back(property("sd.public.comment", std::move(hidden)));
    }
    if (!message.marker.empty()) {
        boost::json::object event;
        event["id"] = message.marker;
        properties.emplace_back(property(marker_property, std::move(event)));
    }
    boost::json::object body;
    body["body"] = comment_document(message);
    body["properties"] = std::move(properties);
    return body;
}

FoundComment
find_comment(const boost::json::value& page, std::string_view marker, std::string_view own_account_id) {
    FoundComment found;
    const boost::json::array* comments = find_array(page, "comments");
    for (std::size_t i = 0; comments != nullptr && i < comments->size(); ++i) {
        const boost::json::value& comment = (*comments)[i];
        const boost::json::value* body = find(comment, "body");
        const bool marked =
            has_marker_property(comment, marker) || (body != nullptr && adf_contains(*body, marker));
        if (marked && is_by(comment, own_account_id)) {
            found.id = string_or_empty(comment, "id");
            found.internal = is_internal(comment);
            break;
        }
    }
    return found;
}

bool is_internal(const boost::json::value& comment) {
    const auto is_public = find_bool(comment, "jsdPublic");
    return is_public && !*is_public;
}

} // namespace accessd
