#pragma once

#include "core/engine/backoff.hpp"
#include "core/engine/provider.hpp"
#include "core/model/request.hpp"
#include "core/policy/decide.hpp"
#include "core/store/store.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace accessd {

/// Everything that a step reads and writes: one request and the keys of its targets.
class Situation {
public:
    Situation() = default;

    Request request;
    std::vector<StoredAccess> accesses; ///< one for every key in request.targets, in any order

    StoredAccess* access(const AccessKey& key);
};

// What can happen to a request. next() has an answer for every pair of phase and event.

/// The ticket is in an approved status and the approval holds. What it points to must outlive the call of
/// next().
class Approved {
public:
    Approved(
        const Ticket& read_ticket,
        const Approve& approval,
        std::string account_address,
        std::string_view policy_hash
    )
        : ticket(&read_ticket), decision(&approval), address(std::move(account_address)),
          config_hash(policy_hash) {}

    const Ticket* ticket;
    const Approve* decision;
    std::string address; ///< what the beneficiary's account is found by; kept as account.name until then
    std::string_view config_hash;
};

/// The ticket is in an approved status that is not believed, or that nothing can be made of.
class Doubted {
public:
    Doubted(const Ticket& read_ticket, Phase new_phase, std::string why_code, std::string why)
        : ticket(&read_ticket), phase(new_phase), code(std::move(why_code)), reason(std::move(why)) {}

    const Ticket* ticket;
    Phase phase; ///< unproven or parked
    std::string code;
    std::string reason;
};

/// The claim ends: revoked, denied, declined, withdrawn.
class Ended {
public:
    Ended(const Ticket& read_ticket, End decision) : ticket(&read_ticket), why(std::move(decision)) {}

    const Ticket* ticket;
    End why;
};

/// Account and entitlements were found. `Situation::accesses` holds the keys that they make.
class Resolved {
public:
    Resolved(Account found_account, std::vector<Entitlement> found_entitlements)
        : account(std::move(found_account)), entitlements(std::move(found_entitlements)) {}

    Account account;
    std::vector<Entitlement> entitlements;
    std::vector<Entitlement> replaced; ///< with a change: what goes once the others are held
};

/// A removal that was approved later than this request takes back what it holds of these keys.
class Superseded {
public:
    Superseded(std::vector<AccessKey> taken, std::string removal_key)
        : keys(std::move(taken)), by(std::move(removal_key)) {}

    std::vector<AccessKey> keys;
    std::string by; ///< the removal's issue key
};

/// Finding them failed.
class Unresolved {
public:
    explicit Unresolved(Error failure) : error(std::move(failure)) {}

    Error error;
};

/// Calls for the targets that are due are about to be made.
class Started {
public:
    Started() = default;
};

/// The grants that are due must not be made, or not now.
class Withheld {
public:
    explicit Withheld(Error obstacle) : why(std::move(obstacle)) {}

    Error why; ///< permanent: they are refused; else they come again
};

/// The first revokes of an application's access must wait: too many were begun.
class Delayed {
public:
    Delayed(std::string which_application, TimePoint to_when, Error obstacle)
        : application(std::move(which_application)), until(to_when), why(std::move(obstacle)) {}

    std::string application;
    TimePoint until;
    Error why;
};

/// How one call ended.
class CallEnd {
public:
    CallEnd(AccessKey call_key, Operation what, std::int64_t at_generation, Result<Written> outcome)
        : key(std::move(call_key)), operation(what), generation(at_generation), result(std::move(outcome)) {}

    AccessKey key;
    Operation operation;
    std::int64_t generation; ///< of the key when the call was started
    Result<Written> result;  ///< `seen` is set on success
};

/// The calls that Started announced have ended, some or all.
class Finished {
public:
    explicit Finished(std::vector<CallEnd> ends) : calls(std::move(ends)) {}

    std::vector<CallEnd> calls;
};

/// The clock says that something may have run out.
class Woke {
public:
    Woke() = default;
};

/// A sweep could not see the ticket any more: deleted, moved or hidden.
class Vanished {
public:
    Vanished(OnVanished what, Duration how_long) : then(what), grace(how_long) {}

    OnVanished then;
    Duration grace;
};

/// A sweep saw it again.
class Reappeared {
public:
    Reappeared() = default;
};

using Event = std::variant<
    Approved,
    Doubted,
    Ended,
    Resolved,
    Unresolved,
    Superseded,
    Started,
    Withheld,
    Delayed,
    Finished,
    Woke,
    Vanished,
    Reappeared>;

/// What a step decides by, beside state and event.
class StepRules {
public:
    StepRules() = default;

    RetryRule retry;
    Duration remind_before{}; ///< how long before the end of a lease its ticket is told; zero: never
    bool hold_grants = false; ///< the disk is full: only revokes are started
};

/// What a step made of it.
class Step {
public:
    Step() = default;

    Situation after;
    std::vector<Tell> tells;
    std::vector<AuditEntry> audit;
    std::vector<AccessKey> started; ///< keys whose intent this step wrote: a call must follow
    bool ignored = false;           ///< the event means nothing in this phase; nothing is to be saved
};

/// The one transition function. Pure: time and a random word are arguments.
Step next(Situation before, const Event& event, TimePoint at, const StepRules& rules, std::uint64_t dice);

/// Indices of the targets that a call is due for at `now`; without grants when `hold_grants`. Grants are due
/// in phase `granting` only: in every other one it is open whether the present approval covers them.
std::vector<std::size_t> due_targets(const Request& request, TimePoint now, bool hold_grants);

/// Closes the intent of a call whose outcome nobody recorded: the process died, or the store took no more.
/// The row that says so is to be saved with it.
AuditEntry give_up_on_call(Access& access);

/// What the phase must be, by the states of the targets.
Phase phase_of(const Request& request);

} // namespace accessd
