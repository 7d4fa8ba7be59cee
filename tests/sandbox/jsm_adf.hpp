#pragma once

#include <boost/json/value.hpp>

#include <optional>
#include <string>

namespace accessd::sandbox::jsm {

/// Why this is not a document in Atlassian's format, or nothing. Stricter than Jira: only the text nodes of
/// the format's schema are known (no media, cards, extensions), and a text holds no line break.
std::optional<std::string> adf_fault(const boost::json::value& document);

/// What a reader sees: the paragraphs in lines.
std::string adf_text(const boost::json::value& document);

} // namespace accessd::sandbox::jsm
