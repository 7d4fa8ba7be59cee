#pragma once

#include "core/model/access.hpp"
#include "core/store/sqlite.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace accessd {

/// What is known and wanted of each key. Functions return false on a failure of the database, see
/// Database::failure(), and run inside the caller's transaction.
class AccessTable {
public:
    explicit AccessTable(Database& database);

    class Found {
    public:
        Found() = default;

        std::int64_t id = 0; ///< 0: not stored
        std::int64_t revision = 0;
        bool same_intent = false; ///< the stored intent is the one that was asked about
    };

    /// The stored row of the key of `access`, compared with `access`.
    bool find(const Access& access, Found& found);

    /// Writes the row as revision found.revision + 1.
    bool write(const Access& access, const Found& found);

    /// Gives the stored row of access.key; leaves `access` as it is when there is none.
    bool load(Access& access);

    bool open_intents(std::vector<std::string>& issue_ids);

    /// (now) -> keys that must be looked at: their watch is due, or a call that began five minutes ago has no
    /// outcome.
    Statement due;
    Statement next_due; ///< (now) -> the earliest later moment, or NULL

private:
    Database& database_;
    Statement find_;
    Statement insert_;
    Statement update_;
    Statement load_;
    Statement open_intents_;
};

} // namespace accessd
