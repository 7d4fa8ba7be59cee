#pragma once

#include "core/model/result.hpp"
#include "core/store/sqlite.hpp"

#include <span>

namespace accessd {

/// The steps from an empty database to today's, in order; the n-th (from 1) leads to version n, which the
/// database keeps in `PRAGMA user_version`. A released step is never changed: later ones are added.
std::span<const char* const> schema_migrations();

/// Brings a database to the newest version, all missing steps in one transaction. Errors: "store.newer"
/// (permanent: written by a newer program; nothing was touched) and those of Database::failure().
Result<Done> migrate(Database& database, std::span<const char* const> migrations);

} // namespace accessd
