#pragma once

#include "core/model/access.hpp"
#include "core/model/identity.hpp"
#include "core/model/request.hpp"
#include "core/model/result.hpp"
#include "core/support/task.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace accessd {

/// One audit row before it has a place in the chain. `body` is canonical JSON: an object with sorted keys,
/// integers and strings only.
class AuditEntry {
public:
    AuditEntry(std::string event_code, std::string json_body)
        : code(std::move(event_code)), body(std::move(json_body)) {}

    std::string code; ///< stable: "grant.intent", "grant.done", ...
    std::string body;
};

/// What one step writes, all of it or nothing. Rows with revision 0 are new; others must still have that
/// revision.
class Changes {
public:
    Changes() = default;

    std::optional<Request> request;
    std::vector<Access> accesses;
    std::vector<Tell> tells;       ///< inserted, or updated when the id exists
    std::vector<std::string> told; ///< ids of outbox rows that are done
    std::vector<Tell> withdrawn;   ///< not true any more; unlike the told ones they may be told again
    /// Written over what is stored, which must be the same account or the one that is replaced.
    std::vector<KnownIdentity> identities;
    std::vector<AuditEntry> audit;
    std::optional<TimePoint> position; ///< how far polling has come
    TimePoint at{};                    ///< time of the audit rows
};

/// What a save gave back: the rows as they are stored now.
class Saved {
public:
    Saved() = default;

    std::int64_t request_revision = 0;
    std::vector<std::int64_t> access_revisions; ///< in the order of Changes::accesses
    std::int64_t audit_seq = 0;                 ///< of the last audit row written
    std::string audit_head;                     ///< its hash, 64 hex digits
    bool inserted_tell = false;                 ///< false: such rows existed (also when already delivered)
};

/// A request with what is on its way to its ticket.
class StoredRequest {
public:
    StoredRequest() = default;

    Request request;
    std::vector<Tell> tells;
};

/// One key and the live leases on it.
class StoredAccess {
public:
    StoredAccess() = default;

    Access access;
    std::vector<std::pair<std::string, std::string>>
        holders; ///< (issue id, issue key) of requests with a live lease
};

/// Work that is due, or when the next will be.
class DueWork {
public:
    DueWork() = default;

    std::vector<std::string>
        requests;                   ///< issue ids: next_wake() has come, or a target waits for its first try
    std::vector<std::string> tells; ///< issue ids with an outbox row that is due
    /// Keys whose absence must be verified again, or whose intent is five minutes old and has no outcome.
    std::vector<AccessKey> watches;
    std::optional<TimePoint> next; ///< the earliest wake-up after `now`, ends of claims included
};

/// A live lease as the sweep needs it.
class LiveRequest {
public:
    LiveRequest() = default;

    std::string issue_id;
    std::optional<TimePoint> vanished_at;
};

/// A live lease of one person, as other requests of the same person need it.
class Lease {
public:
    Lease() = default;

    std::string issue_id;
    std::string issue_key;
    AccessKey key;
    std::string entitlement_name;
};

/// A grant or revoke that was done.
class PastChange {
public:
    PastChange() = default;

    TimePoint at{};
    Operation operation = Operation::grant;
    std::string application;
    std::string access_type;
};

/// The durable memory. Only whole transactions cross into it; whatever save() acknowledged survives power
/// loss.
///
/// Errors: "store.stale" (transient: a row changed meanwhile, load again), "store.busy" (transient),
/// "store.full" (transient: nothing was written; grants must be held), "store.io" and "store.corrupt"
/// (permanent: the process must end, no call may be made whose outcome cannot be recorded).
class Store {
public:
    virtual ~Store() = default;

    virtual Task<Result<Saved>> save(Changes changes) = 0;

    /// Those of the requests that exist, in no order.
    virtual Task<Result<std::vector<StoredRequest>>> load(std::vector<std::string> issue_ids) = 0;

    /// Keys with their live leases; a key that is not stored comes back as a new Access.
    virtual Task<Result<std::vector<StoredAccess>>> load_accesses(std::vector<AccessKey> keys) = 0;

    /// Claims up to `limit` of each kind of due work for `owner` until `lease_until`, so that several daemons
    /// could share a database one day.
    virtual Task<Result<DueWork>>
    claim_due(std::string owner, TimePoint now, TimePoint lease_until, std::size_t limit) = 0;

    /// Issue ids of requests that own an intent without an outcome.
    virtual Task<Result<std::vector<std::string>>> open_intents() = 0;

    /// Live requests (phases resolving to ending) with an issue id above `after`, in order of issue id as
    /// text.
    virtual Task<Result<std::vector<LiveRequest>>> live(std::string after, std::size_t limit) = 0;

    /// All live leases of a beneficiary, in every application.
    virtual Task<Result<std::vector<Lease>>> leases(std::string beneficiary_id) = 0;

    /// What the audit says was granted and revoked since then, oldest first; of the newest 100,000 rows.
    virtual Task<Result<std::vector<PastChange>>> changes_since(TimePoint since) = 0;

    virtual Task<Result<std::optional<TimePoint>>> position() = 0;

    /// The immutable id pinned for an entitlement's name, if any; pin() records it (first writer wins).
    virtual Task<Result<std::optional<Entitlement>>> pinned(std::string application, std::string name) = 0;
    virtual Task<Result<Done>> pin(std::string application, Entitlement entitlement, TimePoint at) = 0;

    /// The account that a Jira account was last resolved to in an application, if any; see
    /// Changes::identities.
    virtual Task<Result<std::optional<Account>>>
    known_account(std::string application, std::string beneficiary_id) = 0;
};

} // namespace accessd
