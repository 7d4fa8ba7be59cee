#include "core/engine/backoff.hpp"
#include "core/engine/machine_steps.hpp"
#include "core/engine/records.hpp"

#include <algorithm>
#include <utility>

// What a request turns out to ask for, and what a later removal takes back of it.
namespace accessd::machine {

namespace {

Target new_target(const Request& request, const Entitlement& entitlement, const Account& account) {
    Target target;
    target.key = AccessKey(request.application, entitlement.id, account.id);
    target.entitlement_name = entitlement.name;
    return target;
}

StoredAccess& stored_access(Step& step, const AccessKey& key) {
    if (StoredAccess* stored = step.after.access(key)) {
        return *stored;
    }
    step.after.accesses.emplace_back();
    step.after.accesses.back().access = Access(key);
    return step.after.accesses.back();
}

/// A removal was approved after this request, whichever of the two was seen first.
bool is_barred(const Request& request, const Access& access) {
    return access.barred_until && request.approved_at && *request.approved_at <= *access.barred_until;
}

void add_wanted(Step& step, Target target) {
    StoredAccess& stored = stored_access(step, target.key);
    Request& request = step.after.request;
    if (is_barred(request, stored.access)) {
        const bool is_going =
            std::any_of(request.targets.begin(), request.targets.end(), [&](const Target& one) {
                return one.key == target.key;
            });
        if (is_going) {
            return; // by this very ticket, which asked for a removal before
        }
        target.state = TargetState::refused;
        target.error_code = "request.removed_since";
        target.error_message = "its removal was approved later than this request; ask for it again";
        step.audit.push_back(target_record("grant.refused", request, target, stored.access, nullptr));
        request.targets.push_back(std::move(target));
        return;
    }
    if (!stored.access.desired) {
        stored.access.preexisting = false; // may be outdated; the grant tells
    }
    want(stored.access, true);
    request.targets.push_back(std::move(target));
}

void add_unwanted(Step& step, Target target) {
    take_away(target, stored_access(step, target.key), step.after.request);
    step.after.request.targets.push_back(std::move(target));
}

/// Not what comes, and not what is on its way out because this very ticket brought it before.
void add_leaving(Step& step, Target target) {
    std::vector<Target>& targets = step.after.request.targets;
    for (const Target& one : targets) {
        if (one.key == target.key && (is_holding(one.state) || one.state == TargetState::ending)) {
            return;
        }
    }
    std::erase_if(targets, [&](const Target& one) { return one.key == target.key; });
    stored_access(step, target.key);
    target.state = TargetState::leaving;
    target.spares = step.after.request.replaced_type.empty();
    targets.push_back(std::move(target));
}

} // namespace

Step on(Situation before, const Resolved& event, const Moment&) {
    if (before.request.phase != Phase::resolving) {
        return ignored(std::move(before));
    }
    Step step = begin(std::move(before));
    Request& request = step.after.request;
    request.account = event.account;
    request.attempts = 0;
    request.first_failed_at.reset();
    request.wake_at.reset();
    request.reason_code.clear();
    request.reason.clear();
    std::vector<Target> wanted;
    const auto is_wanted = [&](const Target& target) {
        return std::any_of(wanted.begin(), wanted.end(), [&](const Target& one) {
            return one.key == target.key;
        });
    };
    for (const Entitlement& entitlement : event.entitlements) {
        Target target = new_target(request, entitlement, event.account);
        if (!is_wanted(target)) { // two names may mean one entitlement
            wanted.push_back(std::move(target));
        }
    }
    const bool removal = request.kind == RequestKind::remove;
    // What an earlier approval brought and this one does not ask for any more goes.
    std::erase_if(request.targets, [&](const Target& target) {
        if (target.state == TargetState::leaving) {
            return true; // an earlier approval's; this one says anew what goes
        }
        return is_wanted(target) && (removal || !is_barred(request, stored_access(step, target.key).access));
    });
    end_all_claims(step);
    request.reason_code = removal ? "removal" : "";
    for (Target& target : wanted) {
        removal ? add_unwanted(step, std::move(target)) : add_wanted(step, std::move(target));
    }
    for (const Entitlement& entitlement : event.replaced) {
        add_leaving(step, new_target(request, entitlement, event.account));
    }
    request.phase = Phase::granting;
    settle(step, Phase::resolving);
    return step;
}

Step on(Situation before, const Unresolved& event, const Moment& moment) {
    if (before.request.phase != Phase::resolving) {
        return ignored(std::move(before));
    }
    Step step = begin(std::move(before));
    Request& request = step.after.request;
    const Error& error = event.error;
    if (error.fault() != Fault::throttled) {
        ++request.attempts;
    }
    const bool news = request.reason_code != error.code();
    request.first_failed_at = request.first_failed_at.value_or(moment.at);
    request.reason_code = error.code();
    request.reason = error.message();
    request.wake_at = retry_at(moment.rules.retry, error, request.attempts, moment.at, moment.dice);
    const bool worn_out = moment.at - *request.first_failed_at >= moment.rules.retry.park_after;
    if (error.fault() != Fault::permanent && !worn_out) {
        if (news) {
            step.audit.push_back(request_record("request.waiting", request));
        }
        return step;
    }
    request.wake_at.reset();
    request.phase = Phase::parked;
    // What an earlier approval still wanted must not pass for a justification of somebody's access.
    for (Target& target : request.targets) {
        StoredAccess* stored = step.after.access(target.key);
        if (target.state == TargetState::wanted && stored != nullptr) {
            end_claim(step, target, *stored);
        }
    }
    step.audit.push_back(request_record("request.parked", request));
    tell(step, TellKind::parked);
    return step;
}

Step on(Situation before, const Superseded& event, const Moment&) {
    const auto taken = [&](Situation& situation, const Target& target) {
        const bool named = std::find(event.keys.begin(), event.keys.end(), target.key) != event.keys.end();
        const StoredAccess* stored = situation.access(target.key);
        return is_holding(target.state) && named && stored != nullptr &&
               is_barred(situation.request, stored->access);
    };
    const bool any =
        std::any_of(before.request.targets.begin(), before.request.targets.end(), [&](const Target& target) {
            return taken(before, target);
        });
    if (!any) {
        return ignored(std::move(before));
    }
    Step step = begin(std::move(before));
    Request& request = step.after.request;
    const Phase phase = request.phase;
    request.reason_code = "removed";
    request.reason = "by " + event.by;
    for (Target& target : request.targets) {
        if (taken(step.after, target)) {
            end_claim(step, target, *step.after.access(target.key));
        }
    }
    step.audit.push_back(request_record("request.superseded", request));
    settle(step, phase);
    return step;
}

} // namespace accessd::machine
