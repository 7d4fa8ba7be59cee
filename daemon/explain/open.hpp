#pragma once

#include "core/store/ledger_file.hpp"
#include "daemon/database_source.hpp"

#include <map>
#include <memory>
#include <string>

namespace accessd {

/// The database of the source. Errors as LedgerFile's, find_database()'s and reading_mode()'s.
Result<std::unique_ptr<LedgerFile>>
open_ledger(const DatabaseSource& source, const std::map<std::string, std::string>& environment);

} // namespace accessd
