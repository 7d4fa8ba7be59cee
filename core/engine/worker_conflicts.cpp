#include "core/engine/worker_desk.hpp"
#include "core/policy/conflicts.hpp"

#include <algorithm>
#include <utility>

// How a worker sees to it that nobody gets both sides of a conflict.
namespace accessd {

namespace {

bool is_among(const std::vector<Possession>& possessions, const EntitlementName& what) {
    return std::any_of(possessions.begin(), possessions.end(), [&](const Possession& one) {
        return one.what == what;
    });
}

} // namespace

std::vector<AccessKey>
Worker::with_person(std::vector<AccessKey> keys, const Request& request, const Wanted& wanted) const {
    const auto& conflicts = context_.policy.conflicts;
    if (!opposites(conflicts, beneficiary_of(request), wanted).empty()) {
        keys.emplace_back(std::string(), std::string(), request.beneficiary_id);
    }
    return keys;
}

Task<Result<Done>>
Worker::expect_no_conflict(Desk& desk, Application& application, Account account, Wanted wanted) {
    const Person beneficiary = beneficiary_of(desk.request());
    const auto& conflicts = context_.policy.conflicts;
    const std::vector<EntitlementName> opposed = opposites(conflicts, beneficiary, wanted);
    if (opposed.empty()) {
        co_return Done();
    }
    auto leases = co_await context_.store.leases(beneficiary.account_id);
    if (!leases) {
        context_.note(leases.error());
        co_return leases.error();
    }
    std::vector<Possession> possessions;
    for (const Lease& lease : *leases) {
        if (lease.issue_id != desk.request().issue_id) {
            EntitlementName name(lease.key.application, lease.entitlement_name);
            possessions.emplace_back(std::move(name), lease.issue_key);
        }
    }
    for (const EntitlementName& what : opposed) {
        // In another application we do not know their account; what accessd granted there is in the leases.
        if (what.application != application.name || is_among(possessions, what)) {
            continue;
        }
        auto found = co_await entitlement(application, what.name);
        if (!found) {
            co_return found.error();
        }
        AccessKey key(application.name, found->id, account.id);
        auto seen =
            co_await application.provider->look(std::move(key), Depth::effective, context_.deadline());
        if (!seen) {
            co_return seen.error();
        }
        if (*seen == Holding::present) {
            possessions.emplace_back(what, std::string());
        }
    }
    auto conflict = conflicting(conflicts, beneficiary, wanted, possessions);
    if (conflict) {
        co_return Error(Fault::permanent, std::move(conflict->code), std::move(conflict->reason));
    }
    co_return Done();
}

Worker::Wanted Worker::due_grants(const Desk& desk) const {
    Wanted wanted;
    for (const std::size_t at : due_targets(desk.request(), context_.clock.now(), false)) {
        const Target& target = desk.request().targets[at];
        if (target.state == TargetState::wanted) {
            wanted.emplace_back(target.key.application, target.entitlement_name);
        }
    }
    return wanted;
}

/// Once more right before the call: what was free of conflict when it was planned need not be so any more.
/// False: nothing may be called now.
Task<bool> Worker::recheck_conflicts(Desk& desk) {
    Wanted wanted = due_grants(desk);
    Application* const application = context_.application(desk.request().application);
    if (wanted.empty() || application == nullptr) {
        co_return true;
    }
    auto free = co_await expect_no_conflict(desk, *application, desk.request().account, std::move(wanted));
    if (free) {
        co_return true;
    }
    if (!context_.fatal && !is_cancelled(free.error())) {
        std::vector<Event> events(1, Event(Withheld(free.error())));
        co_await commit(desk, std::move(events));
    }
    co_return false;
}

} // namespace accessd
