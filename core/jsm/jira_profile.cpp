#include "core/jsm/jira_profile.hpp"

#include "core/support/json.hpp"
#include "core/support/text.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <utility>

namespace accessd {

namespace {

void append(std::string& text, std::string_view more) {
    if (!more.empty()) {
        text += text.empty() ? "" : "; ";
        text += more;
    }
}

} // namespace

VendorError read_jira_error(const boost::json::value& body) {
    std::string text;
    if (const boost::json::array* messages = find_array(body, "errorMessages")) {
        for (const boost::json::value& message : *messages) {
            if (const auto* words = message.if_string()) {
                append(text, std::string_view(words->data(), words->size()));
            }
        }
    }
    if (const boost::json::object* errors = find_object(body, "errors")) {
        for (const auto& [field, message] : *errors) {
            if (const auto* words = message.if_string()) {
                append(text, std::string(field) + ": " + std::string(words->data(), words->size()));
            }
        }
    }
    append(text, find_string(body, "errorMessage").value_or(""));
    // The gateway answers in a shape of its own.
    append(text, find_string(body, "message").value_or(""));
    VendorError error;
    error.message = escape_text(text);
    return error;
}

RestProfile jira_profile(std::string base_url) {
    RestProfile profile;
    profile.system = "jira";
    profile.base_url = std::move(base_url);
    profile.request_id_header = "X-AREQUESTID";
    profile.read_error = &read_jira_error;
    // Jira's XSRF filter lets writes with this header pass; on reads it means nothing.
    profile.headers.emplace_back("X-Atlassian-Token", "no-check");
    return profile;
}

} // namespace accessd
