#include "core/store/audit_file.hpp"

#include "core/store/reading.hpp"

#include <algorithm>
#include <limits>

namespace accessd {

namespace {

Sha256 read_hash(const Rows& rows, int column) {
    Sha256 hash{};
    const auto stored = rows.blob(column);
    if (rows.is_blob(column) && stored.size() == hash.size()) {
        std::copy(stored.begin(), stored.end(), hash.begin());
    }
    return hash;
}

} // namespace

Result<AuditFile> AuditFile::open(const std::filesystem::path& file, Database::Mode mode) {
    auto opened = open_for_reading(file, mode);
    if (!opened) {
        return std::move(opened).error();
    }
    return Result<AuditFile>(AuditFile(std::move(*opened)));
}

Result<Done> AuditFile::rows(std::int64_t from, const std::function<bool(const AuditRow&)>& visit) {
    Statement statement(
        *database_, "SELECT seq, at, code, body, hash FROM audit WHERE seq >= ?1 ORDER BY seq"
    );
    Rows rows(statement, from);
    AuditRow row;
    while (rows.next()) {
        const bool typed = rows.is_integer(1) && rows.is_text(2) && rows.is_text(3);
        row.seq = rows.integer(0);
        row.at = rows.time(1);
        row.code = rows.view(2);
        row.body = rows.view(3);
        row.hash = typed ? read_hash(rows, 4) : Sha256();
        if (!visit(row)) {
            return Done();
        }
    }
    if (rows.failed()) {
        return database_->failure();
    }
    return Done();
}

Result<Done> AuditFile::checkpoints(const std::function<void(std::int64_t seq, std::string note)>& visit) {
    auto there = has_table(*database_, "checkpoint");
    if (!there) {
        return std::move(there).error();
    }
    if (!*there) {
        return Done();
    }
    Statement statement(*database_, "SELECT seq, note FROM checkpoint ORDER BY seq");
    Rows rows(statement);
    while (rows.next()) {
        visit(rows.integer(0), rows.is_text(1) ? rows.text(1) : std::string());
    }
    if (rows.failed()) {
        return database_->failure();
    }
    return Done();
}

Result<std::optional<std::int64_t>> AuditFile::first_since(TimePoint at) {
    Statement statement(*database_, "SELECT seq FROM audit WHERE at >= ?1 ORDER BY seq LIMIT 1");
    Rows rows(statement, at);
    std::optional<std::int64_t> seq;
    if (rows.next()) {
        seq = rows.integer(0);
    }
    if (rows.failed()) {
        return database_->failure();
    }
    return seq;
}

Result<std::optional<Sha256>> AuditFile::hash_of(std::int64_t seq) {
    Statement statement(*database_, "SELECT hash FROM audit WHERE seq = ?1");
    Rows rows(statement, seq);
    std::optional<Sha256> hash;
    if (rows.next()) {
        hash = read_hash(rows, 0);
    }
    if (rows.failed()) {
        return database_->failure();
    }
    return hash;
}

Result<Done> verify_audit_file(AuditFile& file, AuditVerifier& verifier) {
    Result<Done> verdict = Done();
    const auto noted = file.checkpoints([&](std::int64_t seq, const std::string& note) {
        verdict = verdict ? verifier.checkpoint(note, seq) : verdict;
    });
    if (!noted || !verdict) {
        return noted ? verdict : noted;
    }
    // A row below 1 is one that accessd did not write.
    const auto read = file.rows(std::numeric_limits<std::int64_t>::min(), [&](const AuditRow& row) {
        verdict = verifier.row(row);
        return verdict.has_value();
    });
    if (!read) {
        return read;
    }
    return verdict ? verifier.finish() : verdict;
}

} // namespace accessd
