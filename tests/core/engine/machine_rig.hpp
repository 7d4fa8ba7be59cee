#pragma once

#include "core/engine/machine.hpp"
#include "tests/core/engine/machine_laws.hpp"
#include "tests/core/policy/sample.hpp"

#include <doctest/doctest.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace accessd::engine_test {

using policy_test::at;

/// Tickets, decisions and the events made of them. The events point into it.
class Desk {
public:
    Desk();

    Policy policy;
    Ticket approved;       ///< "User": one entitlement, "users"
    Ticket approved_again; ///< by the same approval, after a way through another status
    Ticket reapproved;     ///< by a new approval
    Ticket approved_other; ///< by a new approval, for "Admin": "users" and "admins"
    Ticket removal;        ///< of what `approved` asks for, approved at the same time
    Ticket level_change;   ///< from what `approved` asks for to "Viewer", approved at the same time
    Ticket lease_change;   ///< to "Viewer", from whatever is leased; approved at the same time
    Ticket doubted;        ///< moved there once more, without an approval that counts
    Ticket ended;
    std::map<const Ticket*, Approve> decisions;

    Event approve(const Ticket& ticket) const;
    Event doubt(Phase phase) const;
    Event end(const std::string& code = "revoked") const;
};

const Desk& desk();

inline const Account jane_account("a-jane", "jane@acme.example");
inline const Entitlement users("g-users", "users");
inline const Entitlement admins("g-admins", "admins");
inline const Entitlement viewers("g-viewers", "viewers");

AccessKey key_of(const Entitlement& entitlement, const Account& account = jane_account);

Written written(Applied applied, std::optional<Holding> seen);
Error trouble(Fault fault, Effect effect = Effect::none, const std::string& code = "entra.trouble");

/// One request as the worker and the finder drive it, with the ledger of keys that the store would keep.
/// Every step is held to the laws.
class Rig {
public:
    Rig();

    TimePoint now = at(std::chrono::minutes(11));
    StepRules rules;
    std::uint64_t dice = 0;
    Request request;
    std::map<AccessKey, Access> ledger;
    std::map<AccessKey, std::map<std::string, std::string>> others; ///< other tickets' live leases
    Step last;
    std::string broken; ///< the first law that a step broke

    /// next() on what the store would give, and its outcome stored. Notes a broken law.
    const Step& step(const Event& event);

    /// Like step(), and fails the test when a law is broken.
    const Step& must(const Event& event);

    Situation load(const Event& event) const;

    // The ways that a request goes.
    void approve(const Ticket& ticket = desk().approved);
    void resolve(std::vector<Entitlement> entitlements = {users});
    /// Finds what a change brings and takes.
    void resolve_change(std::vector<Entitlement> comes, std::vector<Entitlement> goes);
    /// Starts what is due and ends every call in the same way, by operation.
    void call(const Result<Written>& grants, const Result<Written>& revokes);
    void call_well();
    void grant(std::vector<Entitlement> entitlements = {users});

    std::vector<CallEnd> open_calls() const;
    CallEnd finish(const Entitlement& entitlement, Operation operation, Result<Written> result) const;

    const Target& target(const Entitlement& entitlement = users) const;

    TargetState state(const Entitlement& entitlement = users) const { return target(entitlement).state; }

    Access& access(const Entitlement& entitlement = users) { return ledger[key_of(entitlement)]; }

    bool told(TellKind kind) const;
    bool audited(std::string_view code) const;
};

} // namespace accessd::engine_test
