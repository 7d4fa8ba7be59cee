#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace accessd {

/// RFC 3986: everything but A-Z a-z 0-9 - . _ ~ becomes %XX (upper case). For path segments, query values and
/// forms.
std::string percent_encode(std::string_view text);
void append_percent_encoded(std::string& out, std::string_view text);

std::string to_hex(std::span<const std::uint8_t> bytes);       ///< lower case
std::string to_base64(std::span<const std::uint8_t> bytes);    ///< RFC 4648, 4, padded
std::string to_base64url(std::span<const std::uint8_t> bytes); ///< RFC 4648, 5, not padded
std::span<const std::uint8_t> as_bytes(std::string_view text);

/// What to_hex and to_base64 wrote; nothing for anything else, so that no two texts stand for the same bytes.
std::optional<std::vector<std::uint8_t>> from_hex(std::string_view text);
std::optional<std::vector<std::uint8_t>> from_base64(std::string_view text);

/// Text from outside made safe for one log line: at most `limit` bytes of valid UTF-8; C0, DEL, C1, U+2028/9,
/// bidi controls, backslash and invalid bytes become \xNN or \u{...}; a cut is marked by "...". The one
/// escaping function of the log, of error messages and of terminal output.
std::string escape_text(std::string_view text, std::size_t limit = 256);

std::string ascii_lower(std::string_view text);
bool equals_ignoring_case(std::string_view left, std::string_view right); ///< ASCII only
std::string_view trim(std::string_view text);                             ///< spaces and tabs at both ends
std::vector<std::string_view> split(std::string_view text, char separator);

/// Digits only, no sign, no blanks, in range.
std::optional<std::int64_t> parse_integer(std::string_view text);

bool is_valid_utf8(std::string_view text);

/// An ASCII addr-spec of at most 254 bytes with one "@", as we accept e-mail addresses for matching.
bool is_plain_email(std::string_view text);

/// Visible ASCII characters only: no blank, no control character. True of an empty text.
bool is_visible_ascii(std::string_view text);

/// Case-folds the way addresses are compared: the whole address, ASCII only.
std::string fold_email(std::string_view text);

/// The candidate nearest to `word` by edit distance when it is near enough to be meant; empty when none is.
std::string_view nearest(std::string_view word, std::span<const std::string> candidates);

} // namespace accessd
