#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace accessd {

/// Plain lines as a document in the Atlassian Document Format (version 1): one paragraph per line, a newline
/// inside a line becomes a hardBreak. Control and direction characters are dropped, invalid UTF-8 becomes
/// U+FFFD. When the text is longer than Jira takes (32,767 characters), lines before the last are cut; the
/// last one, which holds the marker, stays.
boost::json::object adf_document(const std::vector<std::string>& lines);

/// The text of the document, its nodes joined, blocks ended by a line break. Empty for what is not a
/// document.
std::string adf_text(const boost::json::value& document);

/// True when the text of the document, nodes joined, contains `needle`. False for what is not a document.
bool adf_contains(const boost::json::value& document, std::string_view needle);

} // namespace accessd
