#pragma once

#include "core/model/result.hpp"
#include "core/store/audit.hpp"
#include "core/store/audit_verifier.hpp"

#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace accessd {

/// Where an export begins that does not begin with row 1.
class AuditStart {
public:
    AuditStart() = default;

    std::int64_t seq = 0; ///< of the last row before it
    Sha256 hash{};        ///< of that row
};

/// A signed checkpoint, behind the last row that it covers or, when that is missing, at the end.
class AuditNote {
public:
    explicit AuditNote(std::string text) : note(std::move(text)) {}

    std::string note;
};

/// One line of an export.
using AuditLine = std::variant<AuditRow, AuditStart, AuditNote>;

/// The longest line that is read, in bytes; rows are far shorter.
inline constexpr std::size_t longest_audit_line = 4U << 20U;

// What `audit export` writes: JSON, one object a line, names sorted. Times are RFC 3339 in UTC with exactly
// three digits of a second, hashes are 64 lower-case hex digits, the body is a string.

/// {"at":...,"body":...,"code":...,"hash":...,"seq":...} and a line feed. Error "audit.not_text" when the
/// row holds what accessd does not write: bytes that are no UTF-8, a time beyond the year 9999.
Result<std::string> audit_row_line(const AuditRow& row);

/// {"after":<seq>,"hash":...} and a line feed.
std::string audit_start_line(const AuditStart& start);

/// {"checkpoint":...} and a line feed. The note is valid UTF-8.
std::string audit_note_line(const AuditNote& note);

/// Reads one line, without its line feed: these names, these types, nothing else. Error "audit.malformed".
Result<AuditLine> parse_audit_line(std::string_view line);

/// The same rows as RFC 4180 with a header; every field as it is, whatever a spreadsheet makes of it, since
/// the bytes are what the hash is of.
inline constexpr std::string_view audit_csv_header = "seq,at,code,body,hash\r\n";
Result<std::string> audit_csv_row(const AuditRow& row);

/// Gives a whole export to the verifier, and ends it. Errors as the verifier's, and "audit.malformed", which
/// names the line. Whether the stream could be read to its end is the caller's to ask.
Result<Done> verify_audit_lines(std::istream& in, AuditVerifier& verifier);

} // namespace accessd
