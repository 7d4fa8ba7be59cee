#pragma once

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

/// The audit chain as a verifier with nothing but the database sees it.
class ChainReport {
public:
    ChainReport() = default;

    std::string fault; ///< "": no gap, every hash right
    std::int64_t seq = 0;
    std::string head; ///< hash of the last good row, 64 hex digits
};

ChainReport read_chain(const std::filesystem::path& file);

} // namespace accessd::power_loss
