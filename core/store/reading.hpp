#pragma once

#include "core/model/result.hpp"
#include "core/store/sqlite.hpp"

#include <filesystem>
#include <memory>
#include <string_view>

namespace accessd {

/// Opens a database file that may come from a stranger, or that a daemon writes to, as of one moment: the
/// first look at it. `mode`: read_only or immutable. Errors: "store.corrupt" (damaged, or no database of
/// accessd), "store.io", "store.busy".
Result<std::unique_ptr<Database>> open_for_reading(const std::filesystem::path& file, Database::Mode mode);

Result<bool> has_table(Database& database, std::string_view name);

} // namespace accessd
