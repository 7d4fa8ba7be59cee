#pragma once

#include "core/model/time.hpp"
#include "core/store/audit.hpp"

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct sqlite3;
struct sqlite3_stmt;

namespace accessd::test {

/// A request as the daemon remembers it.
class StoredState {
public:
    StoredState() = default;

    std::string issue_id;
    std::string phase;
    std::string status_entry;
    std::string reason_code;
    std::string held; ///< names of the entitlements that it holds, sorted, with a comma between
};

/// Reads the database beside the daemon, over a connection of its own: what it sees is durable.
class LedgerView {
public:
    explicit LedgerView(const std::filesystem::path& database);
    LedgerView(const LedgerView&) = delete;
    LedgerView& operator=(const LedgerView&) = delete;
    ~LedgerView();

    /// The operation that is written down as begun for a key: "grant", "revoke" or "".
    std::string intent(std::string_view application, std::string_view entitlement, std::string_view account);

    /// When the audit last said that a key was granted.
    std::optional<TimePoint>
    granted_at(std::string_view application, std::string_view entitlement, std::string_view account);

    std::vector<StoredState> requests();

    std::int64_t open_intents();
    /// Issue ids with a message from before `when` that is still to be delivered, one for each.
    std::vector<std::string> undelivered(TimePoint when);
    /// Requests that are over and come up again all the same.
    std::int64_t restless();
    /// Grows with every commit of the daemon.
    std::int64_t version();
    std::int64_t audit_rows();

    /// Checks the audit rows that came since the last call; what is wrong, or "".
    std::string check_audit(AuditChain& chain);

    /// All texts that the daemon stored, one behind the other: to look for what must not be there.
    std::string everything();

private:
    std::int64_t number(const char* sql);
    sqlite3_stmt* prepare(const char* sql);

    sqlite3* database_ = nullptr;
    std::map<const char*, sqlite3_stmt*> statements_;
};

} // namespace accessd::test
