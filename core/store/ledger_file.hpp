#pragma once

#include "core/model/request.hpp"
#include "core/model/result.hpp"
#include "core/store/access_table.hpp"
#include "core/store/audit.hpp"
#include "core/store/request_table.hpp"
#include "core/store/sqlite.hpp"
#include "core/store/store.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace accessd {

enum class Delivery : std::uint8_t {
    waiting,
    done,      ///< delivered, or given up: the audit tells which
    withdrawn, ///< not true any more before it was delivered
};

/// A message to a ticket, delivered or not.
class StoredTell {
public:
    StoredTell() = default;

    Tell tell;
    Delivery delivery = Delivery::waiting;
};

/// A person and something that they may have, as an admin names them.
class HoldingQuestion {
public:
    HoldingQuestion() = default;

    std::string user;        ///< e-mail address, Jira account id, or id or name of an account
    std::string entitlement; ///< id or name
    std::string application; ///< empty: every one
};

/// What a database file says about requests, as of one moment: the first look at it. Reads only; works on a
/// copy and beside a running daemon.
///
/// Errors: "store.corrupt" (damaged, no database of accessd, or a row that makes no sense), "store.io",
/// "store.busy", "store.newer" and "store.older" (permanent: another accessd's).
class LedgerFile {
public:
    /// `mode`: read_only or immutable.
    static Result<std::unique_ptr<LedgerFile>> open(const std::filesystem::path& file, Database::Mode mode);

    /// Issue id of the request that has this key or issue id now, or had the key when something was audited;
    /// nothing when there is none.
    Result<std::optional<std::string>> find(const std::string& key);

    Result<std::optional<Request>> request(const std::string& issue_id);

    /// All messages to a ticket, in the order in which they were first written.
    Result<std::vector<StoredTell>> tells(const std::string& issue_id);

    /// What is known and wanted of a key, and who holds it.
    Result<StoredAccess> access(const AccessKey& key);

    /// Issue ids of requests with a target that the question is about, in order of first decision.
    Result<std::vector<std::string>> concerned(const HoldingQuestion& question);

    /// Jira account ids of those whom requests call so: by id, e-mail address, account or its name.
    Result<std::vector<std::string>> beneficiaries(const std::string& user);

    /// Issue ids of requests that hold or want something, or are being carried out, in order of first
    /// decision.
    Result<std::vector<std::string>> unfinished();

    /// Names of entitlements that requests have or had, at most `limit`.
    Result<std::vector<std::string>> entitlement_names(std::size_t limit);

    /// The audit rows whose body holds `part`, in order of seq. With "" every row.
    Result<Done> audit(const std::string& part, const std::function<void(const AuditRow&)>& visit);

private:
    explicit LedgerFile(std::unique_ptr<Database> database);

    Result<std::vector<std::string>> texts(Rows& rows);

    std::unique_ptr<Database> database_;
    RequestTable requests_;
    AccessTable accesses_;
};

} // namespace accessd
