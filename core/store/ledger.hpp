#pragma once

#include "core/store/access_table.hpp"
#include "core/store/audit_table.hpp"
#include "core/store/checkpoint_table.hpp"
#include "core/store/claims.hpp"
#include "core/store/outbox_table.hpp"
#include "core/store/pin_table.hpp"
#include "core/store/request_table.hpp"
#include "core/store/reserve.hpp"
#include "core/store/sqlite.hpp"
#include "core/store/store.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace accessd {

/// One save on its way through the ledger.
class Save {
public:
    explicit Save(Changes what) : changes(std::move(what)) {}

    Changes changes;
    std::optional<Result<Saved>> outcome;
    bool new_grant = false; ///< found out by the ledger: a grant will be called for that is not recorded yet
};

/// What Store promises, without threads: blocking calls on one connection, used by one thread at a time.
class Ledger {
public:
    /// Migrates and checks the database. With a `signer` the audit gets checkpoints: now, for rows that have
    /// none, in the transaction of the row that makes one due, when work is looked for, and with seal().
    /// Errors: "store.newer", "store.corrupt", "store.busy", "store.io", "store.full".
    static Result<std::unique_ptr<Ledger>> open(
        std::unique_ptr<Database> database,
        std::unique_ptr<Reserve> reserve,
        std::shared_ptr<const NoteSigner> signer = nullptr
    );

    /// Gives each its outcome. All share one commit; one that is stale writes nothing and hinders no other,
    /// and when the transaction fails each gets one of its own.
    void save(std::span<Save* const> saves);

    Result<std::vector<StoredRequest>> load(const std::vector<std::string>& issue_ids);
    Result<std::vector<StoredAccess>> load_accesses(const std::vector<AccessKey>& keys);
    Result<DueWork> claim_due(TimePoint now, TimePoint lease_until, std::size_t limit);
    Result<std::vector<std::string>> open_intents();
    Result<std::vector<PastChange>> changes_since(TimePoint since);
    Result<std::vector<Lease>> leases(const std::string& beneficiary_id);
    Result<std::vector<LiveRequest>> live(const std::string& after, std::size_t limit);
    Result<std::optional<TimePoint>> position();
    Result<std::optional<Entitlement>> pinned(const std::string& application, const std::string& name);
    Result<Done> pin(const std::string& application, const Entitlement& entitlement, TimePoint at);
    Result<std::optional<Account>>
    known_account(const std::string& application, const std::string& beneficiary_id);

    /// To be called between transactions: copies the log into the database, sooner when there is time.
    void tidy(bool idle);

    /// Signs the audit rows that no checkpoint covers, if there are any; to be called at an orderly end. What
    /// cannot be signed now will be at the next start.
    void seal();

private:
    enum class Written { yes, stale, held, failed };

    class Before; // what was stored before a save

    Ledger(
        std::unique_ptr<Database> database,
        std::unique_ptr<Reserve> reserve,
        std::shared_ptr<const NoteSigner> signer
    );

    std::optional<Error> try_together(std::span<Save* const> saves);
    bool may_use_reserve(const Save& save, const Error& error) const;
    Written write(Save& save);
    bool look_before(Save& save, Before& before);
    bool write_rows(const Changes& changes, const Before& before, Saved& saved);
    bool write_audit(const Changes& changes, Saved& saved);
    bool write_due_checkpoint();
    void release_claims(const Changes& changes);
    Error fail(); ///< the database's failure, remembered when nothing may be tried after it

    template <class T> bool collect_next(Statement& statement, TimePoint now, T& claims, DueWork& work);

    std::unique_ptr<Database> database_;
    std::unique_ptr<Reserve> reserve_;
    RequestTable requests_;
    AccessTable accesses_;
    OutboxTable outbox_;
    AuditTable audit_;
    CheckpointTable checkpoints_;
    Statement read_mark_;
    Statement write_mark_;
    PinTable pins_;
    Claims<std::string> claimed_requests_;
    Claims<std::string> claimed_tells_;
    Claims<AccessKey> claimed_watches_;
    bool reserve_spent_ = false;
    std::optional<Error> broken_;
};

} // namespace accessd
