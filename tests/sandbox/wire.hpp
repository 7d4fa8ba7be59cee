#pragma once

#include "core/http/http.hpp"
#include "core/model/time.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace accessd::sandbox {

/// "name=value" pairs in order, decoded.
using Pairs = std::vector<std::pair<std::string, std::string>>;

/// An absolute URL taken apart. `path` is still encoded and never empty; `query` is what follows "?".
class Url {
public:
    Url() = default;
    explicit Url(std::string_view absolute);

    std::string_view origin; ///< "https://host:port"
    std::string_view path;
    std::string_view query;
};

/// RFC 3986 decoding; nothing when an escape is broken. With `plus_is_space` as in a form (WHATWG).
std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space = false);

/// A query or an application/x-www-form-urlencoded body; nothing when it is malformed.
std::optional<Pairs> parse_pairs(std::string_view text);

/// The first value of `name`, or null.
const std::string* find_pair(const Pairs& pairs, std::string_view name);

/// base64url without padding (RFC 4648, 5); nothing when it is malformed.
std::optional<std::string> base64url_decode(std::string_view text);

/// Overwrites so many characters with a decimal number that is not negative, zeros in front.
void put_digits(std::string& text, std::size_t at, std::size_t count, std::int64_t number);

/// RFC 9110, 5.6.7: "Sun, 06 Nov 1994 08:49:37 GMT".
std::string format_http_date(TimePoint when);

/// A UUID that shows its kind and number, so that a log can be read: the same arguments give the same one.
std::string make_uuid(std::uint32_t kind, std::uint64_t number);

/// Whether the text has the form of a UUID.
bool is_uuid(std::string_view text);

/// The media type without its parameters, in lower case.
std::string media_type(const HttpHeaders& headers);

} // namespace accessd::sandbox
