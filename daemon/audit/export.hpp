#pragma once

#include "daemon/audit/source.hpp"

#include <cstdint>
#include <filesystem>
#include <iosfwd>
#include <map>
#include <string>

namespace accessd {

enum class ExportFormat : std::uint8_t {
    jsonl, ///< can be verified
    csv,   ///< rows only
};

class AuditExportOptions {
public:
    AuditExportOptions() = default;

    DatabaseSource source;
    std::string since; ///< a row, a time or a date in UTC; empty: row 1
    ExportFormat format = ExportFormat::jsonl;
    std::filesystem::path output; ///< a new file, mode 0600; "" or "-": `out`
};

/// `accessd audit export`: writes the rows in order. Gives the exit status: 0, 1 when a row is not as accessd
/// writes rows, 2 when it cannot be read or written; then one sentence goes to `errors`.
int export_audit(
    const AuditExportOptions& options,
    const std::map<std::string, std::string>& environment,
    std::ostream& out,
    std::ostream& errors
);

} // namespace accessd
