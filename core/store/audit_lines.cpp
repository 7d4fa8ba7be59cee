#include "core/store/audit_lines.hpp"

#include "core/support/json.hpp"
#include "core/support/text.hpp"

#include <algorithm>
#include <array>
#include <istream>
#include <optional>
#include <utility>

namespace accessd {

namespace {

// Far more rows than any daemon writes; a row number is always one more than another.
constexpr std::int64_t most_rows = 1'000'000'000'000'000;

constexpr std::size_t chunk_size = 64 * 1024;

Error malformed(std::string what) {
    return Error(Fault::permanent, "audit.malformed", std::move(what));
}

/// Lines of a stream. Holds one chunk and one line, however long the stream's lines are.
class LineReader {
public:
    explicit LineReader(std::istream& in) : in_(in) {}

    /// The next line without its line feed; nothing at the end of the stream, when it failed, and when the
    /// line is too long or has no end.
    std::optional<std::string_view> next() {
        line_.clear();
        while (fill()) {
            const std::string_view rest(chunk_.data() + at_, size_ - at_);
            const std::size_t end = rest.find('\n');
            line_.append(rest.substr(0, end));
            at_ += std::min(rest.size(), end == std::string_view::npos ? end : end + 1);
            if (line_.size() > longest_audit_line) {
                fault_ = "is longer than any that accessd writes";
                return std::nullopt;
            }
            if (end != std::string_view::npos) {
                ++number_;
                return line_;
            }
        }
        fault_ = line_.empty() ? "" : "is cut off: it has no end of line";
        return std::nullopt;
    }

    std::size_t number() const { return number_; } ///< of the last line, from 1

    const char* fault() const { return fault_; } ///< "": none

private:
    bool fill() {
        if (at_ < size_) {
            return true;
        }
        in_.read(chunk_.data(), static_cast<std::streamsize>(chunk_.size()));
        at_ = 0;
        size_ = static_cast<std::size_t>(in_.gcount());
        return size_ > 0;
    }

    std::istream& in_;
    std::string line_;
    std::array<char, chunk_size> chunk_;
    std::size_t at_ = 0;
    std::size_t size_ = 0;
    std::size_t number_ = 0;
    const char* fault_ = "";
};

std::optional<Sha256> find_hash(const boost::json::value& line) {
    const auto hex = find_string(line, "hash");
    const auto bytes = hex ? from_hex(*hex) : std::nullopt;
    Sha256 hash{};
    if (!bytes || bytes->size() != hash.size()) {
        return std::nullopt;
    }
    std::copy(bytes->begin(), bytes->end(), hash.begin());
    return hash;
}

/// Only as format_utc writes it, so that no two texts stand for one time.
std::optional<TimePoint> find_time(const boost::json::value& line) {
    const auto text = find_string(line, "at");
    const auto at = text ? parse_timestamp(*text) : std::nullopt;
    return at && format_utc(*at) == *text ? at : std::nullopt;
}

std::optional<std::int64_t> find_count(const boost::json::value& line, std::string_view name) {
    const auto number = find_integer(line, name);
    return number && *number >= 1 && *number <= most_rows ? number : std::nullopt;
}

Result<AuditLine> parse_row(const boost::json::value& line) {
    const auto seq = find_count(line, "seq");
    const auto at = find_time(line);
    const auto code = find_string(line, "code");
    const auto body = find_string(line, "body");
    const auto hash = find_hash(line);
    if (!seq || !at || !code || !body || !hash) {
        return malformed("is no audit row: seq, at, code, body or hash is not as accessd writes it");
    }
    AuditRow row;
    row.seq = *seq;
    row.at = *at;
    row.code = *code;
    row.body = *body;
    row.hash = *hash;
    return AuditLine(std::move(row));
}

Result<AuditLine> parse_note(const boost::json::value& line) {
    const auto text = find_string(line, "checkpoint");
    if (!text || text->size() > longest_note) {
        return malformed("is no checkpoint");
    }
    return AuditLine(AuditNote(std::string(*text)));
}

Result<AuditLine> parse_start(const boost::json::value& line) {
    const auto seq = find_count(line, "after");
    const auto hash = find_hash(line);
    if (!seq || !hash) {
        return malformed("does not say where the export begins as accessd says it");
    }
    AuditStart start;
    start.seq = *seq;
    start.hash = *hash;
    return AuditLine(start);
}

Result<std::string> time_of(const AuditRow& row) {
    std::string at = format_utc(row.at);
    const auto again = parse_timestamp(at);
    const bool good = again && *again == row.at && is_valid_utf8(row.code) && is_valid_utf8(row.body);
    if (!good) {
        return Error(
            Fault::permanent,
            "audit.not_text",
            "audit row " + std::to_string(row.seq) +
                " holds what accessd does not write; run: accessd audit verify"
        );
    }
    return at;
}

std::string csv_quoted(std::string_view field) {
    std::string out = "\"";
    for (const char c : field) {
        out.append(c == '"' ? 2 : 1, c);
    }
    return out + '"';
}

Result<Done> take(AuditLine&& line, bool first, AuditVerifier& verifier) {
    if (const AuditRow* row = std::get_if<AuditRow>(&line)) {
        return verifier.row(*row);
    }
    if (const AuditNote* note = std::get_if<AuditNote>(&line)) {
        return verifier.checkpoint(note->note, std::nullopt);
    }
    if (!first) {
        return malformed("says where the export begins, but stands within it");
    }
    const AuditStart& start = std::get<AuditStart>(line);
    return verifier.start(start.seq, start.hash);
}

} // namespace

Result<std::string> audit_row_line(const AuditRow& row) {
    auto at = time_of(row);
    if (!at) {
        return at;
    }
    boost::json::object line;
    line["seq"] = row.seq;
    line["at"] = *at;
    line["code"] = row.code;
    line["body"] = row.body;
    line["hash"] = to_hex(row.hash);
    return canonical_json(line) + "\n";
}

std::string audit_start_line(const AuditStart& start) {
    boost::json::object line;
    line["after"] = start.seq;
    line["hash"] = to_hex(start.hash);
    return canonical_json(line) + "\n";
}

std::string audit_note_line(const AuditNote& note) {
    boost::json::object line;
    line["checkpoint"] = note.note;
    return canonical_json(line) + "\n";
}

Result<AuditLine> parse_audit_line(std::string_view line) {
    const auto parsed = parse_json(line);
    if (!parsed) {
        return malformed("is no JSON");
    }
    const boost::json::object* object = parsed->if_object();
    if (object != nullptr && object->size() == 5) {
        return parse_row(*parsed);
    }
    if (object != nullptr && object->size() == 2) {
        return parse_start(*parsed);
    }
    if (object != nullptr && object->size() == 1) {
        return parse_note(*parsed);
    }
    return malformed("is none of an export");
}

Result<std::string> audit_csv_row(const AuditRow& row) {
    auto at = time_of(row);
    if (!at) {
        return at;
    }
    return std::to_string(row.seq) + "," + *at + "," + csv_quoted(row.code) + "," + csv_quoted(row.body) +
           "," + to_hex(row.hash) + "\r\n";
}

Result<Done> verify_audit_lines(std::istream& in, AuditVerifier& verifier) {
    LineReader reader(in);
    const auto located = [&](std::size_t number, const std::string& what) {
        return malformed("line " + std::to_string(number) + " " + what);
    };
    while (const auto text = reader.next()) {
        auto line = parse_audit_line(*text);
        if (!line) {
            return located(reader.number(), line.error().message());
        }
        auto taken = take(std::move(*line), reader.number() == 1, verifier);
        if (!taken && taken.error().code() == "audit.malformed") {
            return located(reader.number(), taken.error().message());
        }
        if (!taken) {
            return taken;
        }
    }
    if (*reader.fault() != '\0') {
        return located(reader.number() + 1, reader.fault());
    }
    return verifier.finish();
}

} // namespace accessd
