#pragma once

#include "core/engine/context.hpp"
#include "core/engine/teller.hpp"
#include "core/policy/conflicts.hpp"

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace accessd {

/// A request that something is to be done about.
class Work {
public:
    Work() = default;

    explicit Work(std::string issue) : issue_id(std::move(issue)) {}

    std::string issue_id;
    /// When the ticket was last read and judged. Grants need a reading of the last minute; without one only
    /// what takes access away, or is to be told, is done.
    std::optional<SteadyPoint> read_at;
    bool urgent = false;            ///< a revoke: goes before the grants of its lane
    std::optional<Situation> fresh; ///< as just saved, when the finder has it at hand; else it is loaded
    std::vector<Tell> tells;        ///< with `fresh`: messages that the same save put into the outbox
};

/// Carries out what one request asks for: intent, call, read-back, outcome, message. Each turn starts from
/// what is stored, and everything it learns is stored before the next.
class Worker {
public:
    explicit Worker(EngineContext& context) : context_(context), teller_(context) {}

    /// Brings the request as far as it goes now. What remains has a wake-up time in the store. True: it came
    /// to something that may be told only on a fresher reading of the ticket.
    Task<bool> work(Work work);

private:
    class Desk;
    enum class Turn : std::uint8_t { rest, expire, resolve, call, tell };

    Turn next_turn(const Desk& desk) const;
    Task<bool> open(Desk& desk, Work work);
    Task<bool> load(Desk& desk);
    Task<bool> commit(Desk& desk, std::vector<Event> events);
    Task<bool> take_turn(Desk& desk, Turn turn);

    Task<bool> resolve(Desk& desk);
    Task<bool> supersede(Desk& desk);
    Task<Result<Account>> account(Desk& desk, Application& application);
    Task<Result<Entitlement>> entitlement(Application& application, std::string name);
    Task<Result<std::vector<Entitlement>>>
    entitlements(Application& application, std::vector<std::string> names);
    Task<Result<Resolved>> look_up(Desk& desk, Application& application);
    Task<Result<std::vector<Entitlement>>>
    replaced(Desk& desk, Application& application, std::string account_id);
    /// The entitlements that a request wants.
    using Wanted = std::vector<EntitlementName>;

    /// The keys, and one that stands for the beneficiary where a conflict rule is concerned: two requests of
    /// one person must not both be found free of conflict.
    std::vector<AccessKey>
    with_person(std::vector<AccessKey> keys, const Request& request, const Wanted& wanted) const;
    Task<Result<Done>>
    expect_no_conflict(Desk& desk, Application& application, Account account, Wanted wanted);
    Wanted due_grants(const Desk& desk) const;
    Task<bool> recheck_conflicts(Desk& desk);

    bool may_grant_now(const Request& request, std::size_t how_many);
    Task<bool> brake(Desk& desk);

    Task<bool> unresolved(Desk& desk, Application& application, Error error);
    Task<bool> call_due(Desk& desk);
    Task<bool> start_and_call(Desk& desk, std::vector<Event> events);
    Task<Result<Written>> call(Provider& provider, AccessKey key, Operation operation);
    Task<Result<Written>> write(Provider& provider, AccessKey key, Operation operation);
    Task<bool> deliver(Desk& desk);

    EngineContext& context_;
    Teller teller_;
    KeyLocks pinning_;                                                  ///< by application and name
    std::map<std::pair<std::string, std::string>, Entitlement> pinned_; ///< by application and name
};

} // namespace accessd
