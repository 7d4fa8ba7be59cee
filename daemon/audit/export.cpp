#include "daemon/audit/export.hpp"

#include "core/store/audit_lines.hpp"
#include "core/support/text.hpp"
#include "daemon/audit/output.hpp"

#include <algorithm>
#include <limits>
#include <optional>
#include <ostream>
#include <utility>

namespace accessd {

namespace {

/// The row that `since` asks for; 1 when it asks for nothing.
Result<std::int64_t> find_first(AuditFile& file, const std::string& since) {
    if (since.empty()) {
        return std::int64_t{1};
    }
    if (const auto row = parse_integer(since)) {
        return std::max<std::int64_t>(*row, 1);
    }
    const auto at = parse_timestamp(since.size() == 10 ? since + "T00:00:00Z" : since);
    if (!at) {
        return unreadable(
            "--since " + escape_text(since, 64) +
            " is neither a row nor a time; write 1187, 2026-01-31 or 2026-01-31T10:20:30Z"
        );
    }
    auto found = file.first_since(*at);
    if (!found) {
        return std::move(found).error();
    }
    return *found ? Result<std::int64_t>(**found) : unreadable("no row was written since " + since);
}

/// What an export that begins with this row begins behind.
Result<AuditStart> find_start(AuditFile& file, std::int64_t first) {
    AuditStart start;
    start.seq = first - 1;
    if (first <= 1) {
        start.seq = 0;
        return start;
    }
    auto hash = file.hash_of(start.seq);
    if (!hash) {
        return std::move(hash).error();
    }
    if (!*hash) {
        return unreadable("there is no row " + std::to_string(start.seq) + " for the export to begin behind");
    }
    start.hash = **hash;
    return start;
}

/// Writes rows, and each checkpoint behind the row that it belongs to.
class LineWriter {
public:
    LineWriter(AuditOutput& output, ExportFormat format, std::map<std::int64_t, std::string> notes)
        : output_(output), csv_(format == ExportFormat::csv), notes_(std::move(notes)) {}

    void begin(const AuditStart& start) {
        if (csv_) {
            output_.write(audit_csv_header);
        } else if (start.seq > 0) {
            output_.write(audit_start_line(start));
        }
    }

    /// False: it ends here.
    bool row(const AuditRow& row) {
        const auto line = csv_ ? audit_csv_row(row) : audit_row_line(row);
        if (!line) {
            wrong_ = line.error();
            return false;
        }
        return output_.write(*line) && write_notes(row.seq);
    }

    /// What covers rows that are gone goes to the end, for others to see.
    Result<Done> end() {
        write_notes(std::numeric_limits<std::int64_t>::max());
        return wrong_ ? Result<Done>(*wrong_) : output_.close();
    }

private:
    bool write_notes(std::int64_t up_to) {
        bool good = true;
        while (good && !csv_ && !notes_.empty() && notes_.begin()->first <= up_to) {
            good = output_.write(audit_note_line(AuditNote(notes_.begin()->second)));
            notes_.erase(notes_.begin());
        }
        return good;
    }

    AuditOutput& output_;
    const bool csv_;
    std::map<std::int64_t, std::string> notes_; ///< still to be written, by the last row that each covers
    std::optional<Error> wrong_;
};

Result<Done> write_rows(AuditFile& file, const AuditExportOptions& options, AuditOutput& output) {
    const auto first = find_first(file, options.since);
    const auto start = first ? find_start(file, *first) : Result<AuditStart>(first.error());
    if (!start) {
        return start.error();
    }
    std::map<std::int64_t, std::string> notes;
    auto read = file.checkpoints([&](std::int64_t seq, std::string note) {
        if (seq > start->seq && is_valid_utf8(note)) {
            notes.emplace(seq, std::move(note));
        }
    });
    if (!read) {
        return read;
    }
    LineWriter writer(output, options.format, std::move(notes));
    writer.begin(*start);
    read = file.rows(start->seq + 1, [&](const AuditRow& row) { return writer.row(row); });
    return read ? writer.end() : read;
}

Result<Done>
write_export(const std::filesystem::path& database, const AuditExportOptions& options, std::ostream& out) {
    auto file = open_audit(database);
    if (!file) {
        return std::move(file).error();
    }
    auto output = AuditOutput::open(options.output, out);
    if (!output) {
        return std::move(output).error();
    }
    return write_rows(*file, options, *output);
}

} // namespace

int export_audit(
    const AuditExportOptions& options,
    const std::map<std::string, std::string>& environment,
    std::ostream& out,
    std::ostream& errors
) {
    const auto database = find_database(options.source, environment);
    const auto written = database ? write_export(*database, options, out) : Result<Done>(database.error());
    if (written) {
        return 0;
    }
    errors << "accessd: " << written.error().message() << "\n";
    return written.error().code() == "audit.not_text" ? exit_tampered : exit_unreadable;
}

} // namespace accessd
