#pragma once

#include "core/model/result.hpp"
#include "core/store/audit_file.hpp"
#include "daemon/database_source.hpp"

#include <filesystem>

namespace accessd {

/// Exit status of `accessd audit`, beside 0 and exit_unreadable.
inline constexpr int exit_tampered = 1;

/// Opens a database that a daemon may be writing to. Errors as AuditFile's and reading_mode()'s.
Result<AuditFile> open_audit(const std::filesystem::path& database);

} // namespace accessd
