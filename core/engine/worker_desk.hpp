#pragma once

#include "core/engine/worker.hpp"

#include <set>
#include <string>
#include <vector>

// Shared by the parts of the worker only.
namespace accessd {

/// The request that a worker has before it.
class Worker::Desk {
public:
    Desk() = default;

    Situation situation;
    std::vector<Tell> tells;           ///< outbox rows of this request
    std::set<std::string> own_tells;   ///< ids of those that this process put there and never sent
    std::vector<AccessKey> extra_keys; ///< keys beyond the targets' that a step is about to need
    KeyLocks::Hold hold;
    std::vector<AccessKey> started;     ///< keys that the last commit wrote an intent for
    std::optional<SteadyPoint> read_at; ///< see Work
    bool may_grant = false;             ///< it was read a minute ago at most
    std::vector<KnownIdentity> found;   ///< news of who has which account, for the next commit

    /// The keys of the request's targets.
    std::vector<AccessKey> keys() const;

    /// It answers to the status entry that the request does, and what it says is so.
    bool is_current(const Tell& tell) const;

    /// "Granted" moves the ticket on, which must not overtake what people have done to it since: like a grant
    /// it needs a fresh reading, unless nobody can read the ticket.
    bool may_tell(const Tell& tell) const;

    /// This work made a message that cannot be told on the reading that it began with.
    bool waits_for_reading() const;

    Request& request() { return situation.request; }

    const Request& request() const { return situation.request; }
};

/// Adds what is not among them yet.
void add_key(std::vector<AccessKey>& keys, const AccessKey& key);

/// The rule's application is not configured any more.
Error unknown_application(const std::string& name);

/// A call that was cut short because we stop: its outcome is not known, and not recorded.
bool is_cancelled(const Error& error);

} // namespace accessd
