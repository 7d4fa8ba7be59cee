#pragma once

#include "core/model/result.hpp"
#include "core/model/time.hpp"
#include "core/store/audit.hpp"
#include "core/store/audit_verifier.hpp"
#include "core/store/sqlite.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace accessd {

/// The audit of a database file as of one moment, the first look at it. Reads only; works on a copy and
/// beside a running daemon.
///
/// Errors: "store.corrupt" (damaged, or no database of accessd), "store.io", "store.busy".
class AuditFile {
public:
    /// `mode`: read_only or immutable.
    static Result<AuditFile> open(const std::filesystem::path& file, Database::Mode mode);

    /// The rows from seq `from` on, in order of seq, until `visit` returns false. A column that accessd would
    /// have stored as another type comes as a hash of zeros, which no row has.
    Result<Done> rows(std::int64_t from, const std::function<bool(const AuditRow&)>& visit);

    /// The checkpoints as they are stored, in order: the last row that each covers, and its note ("" when it
    /// is no text). None in a database of an accessd that made none.
    Result<Done> checkpoints(const std::function<void(std::int64_t seq, std::string note)>& visit);

    /// Seq of the first row, in order of seq, that was written at this time or later.
    Result<std::optional<std::int64_t>> first_since(TimePoint at);

    /// The hash of row `seq`; nothing when there is none.
    Result<std::optional<Sha256>> hash_of(std::int64_t seq);

private:
    explicit AuditFile(std::unique_ptr<Database> database) : database_(std::move(database)) {}

    std::unique_ptr<Database> database_;
};

/// Gives all of a database's checkpoints and rows to the verifier, and ends it. Errors as AuditFile's and the
/// verifier's.
Result<Done> verify_audit_file(AuditFile& file, AuditVerifier& verifier);

} // namespace accessd
