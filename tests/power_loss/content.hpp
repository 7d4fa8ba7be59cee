#pragma once

#include "core/store/audit_verifier.hpp"
#include "core/store/note.hpp"

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace accessd::power_loss {

/// Everything that a database holds: the rows of each table, and what the tables and indexes are made of.
/// Read with SQLite alone, so that tables and columns that are added one day are compared, too.
class Content {
public:
    Content() = default;

    bool operator==(const Content&) const = default;

    std::map<std::string, std::vector<std::string>> rows; ///< by table, "schema" included
    std::int64_t version = 0;                             ///< of the schema
};

/// Reads a database beside the store that has it open. What fails to be read is missing.
Content read_content(const std::filesystem::path& file);

/// The first difference, for people; "" when there is none.
std::string difference(const Content& expected, const Content& found);

/// What SQLite itself has to say against a database (pages, indexes, foreign keys); "" when it is sound.
std::string structure_fault(const std::filesystem::path& file);

/// The audit as `accessd audit verify` sees it.
class AuditReport {
public:
    AuditReport() = default;

    std::string fault;    ///< "": every row, every checkpoint and every known head fits
    std::int64_t seq = 0; ///< of the last good row
};

AuditReport judge_audit(
    const std::filesystem::path& file, const std::vector<NoteKey>& keys, const std::vector<KnownHead>& heads
);

} // namespace accessd::power_loss
