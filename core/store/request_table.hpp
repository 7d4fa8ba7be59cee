#pragma once

#include "core/model/request.hpp"
#include "core/store/sqlite.hpp"
#include "core/store/store.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace accessd {

/// When the store must hand a request out: the earliest of what next_wake() says and "at once" (0) for what
/// has no time yet. Milliseconds since 1970; nothing: never.
std::optional<std::int64_t> due_at(const Request& request);

/// Requests with their targets and evidence. Functions that return bool: false is a failure of the database,
/// see Database::failure(). All of them run inside the caller's transaction.
class RequestTable {
public:
    explicit RequestTable(Database& database);

    /// The stored row, as far as writing another one needs to know it.
    class Found {
    public:
        Found() = default;

        std::int64_t id = 0; ///< 0: not stored
        std::int64_t revision = 0;
        std::int64_t targets = 0;
        bool live = false;
        std::optional<TimePoint> vanished_at;
    };

    bool find(const std::string& issue_id, Found& found);

    /// Writes the row as revision found.revision + 1.
    bool write(const Request& request, const Found& found);

    /// Fills `request` when there is such a row; `there` says so. A row that makes no sense is a failure.
    bool load(const std::string& issue_id, Request& request, bool& there);

    /// (issue id, issue key) of the requests that hold or want a key.
    bool holders(const AccessKey& key, std::vector<std::pair<std::string, std::string>>& found);

    bool leases(const std::string& beneficiary_id, std::vector<Lease>& found);
    bool live(const std::string& after, std::size_t limit, std::vector<LiveRequest>& found);

    Statement due;      ///< (now) -> issue ids that are due, the longest due first
    Statement next_due; ///< (now) -> the earliest later moment, or NULL

private:
    template <class Key> bool write_fields(Statement& statement, const Key& key, const Request& request);
    bool write_row(const Request& request, const Found& found, std::int64_t& id);
    bool write_life(const Request& request, const Found& found, std::int64_t id);
    bool write_target(std::int64_t id, std::int64_t position, const Target& target);
    bool load_targets(std::int64_t id, Request& request);

    Database& database_;
    Statement find_;
    Statement insert_;
    Statement update_;
    Statement update_life_;
    Statement insert_evidence_;
    Statement update_evidence_;
    Statement update_target_;
    Statement put_target_;
    Statement drop_targets_;
    Statement load_;
    Statement load_targets_;
    Statement holders_;
    Statement leases_;
    Statement live_;
};

} // namespace accessd
