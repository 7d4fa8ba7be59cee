#pragma once

#include "core/model/result.hpp"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace accessd {

/// Parses one JSON document strictly: depth 32 at most, valid UTF-8, nothing behind it, no duplicate names in
/// any object. The caller has bounded the size. Error "json.malformed" (transient: a vendor's hiccup) names
/// the offset.
Result<boost::json::value> parse_json(std::string_view text);

/// Members of untrusted documents. Null, missing and the wrong type are the same: nothing.
const boost::json::value* find(const boost::json::value& document, std::string_view name);
const boost::json::object* find_object(const boost::json::value& document, std::string_view name);
const boost::json::array* find_array(const boost::json::value& document, std::string_view name);
std::optional<std::string_view> find_string(const boost::json::value& document, std::string_view name);
std::optional<std::int64_t> find_integer(const boost::json::value& document, std::string_view name);
std::optional<bool> find_bool(const boost::json::value& document, std::string_view name);

/// The string, or "" when there is none.
std::string string_or_empty(const boost::json::value& document, std::string_view name);

/// Canonical form for hashing: names sorted bytewise, no blanks. Objects, arrays, strings, integers,
/// booleans, null.
std::string canonical_json(const boost::json::value& document);

} // namespace accessd
