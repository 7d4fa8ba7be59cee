#include "core/engine/machine.hpp"

#include "core/engine/machine_steps.hpp"
#include "core/engine/records.hpp"
#include "core/support/mutant.hpp"

#include <algorithm>
#include <utility>

namespace accessd {

namespace {

bool any_is(TargetState state, const Request& request) {
    return std::any_of(request.targets.begin(), request.targets.end(), [&](const Target& target) {
        return target.state == state;
    });
}

} // namespace

namespace machine {

void clear_failures(Target& target) {
    target.attempts = 0;
    target.first_failed_at.reset();
    target.wake_at.reset();
    target.error_code.clear();
    target.error_message.clear();
}

const std::string* other_holder(const StoredAccess& stored, const std::string& issue_id) {
    for (const auto& [holder_id, holder_key] : stored.holders) {
        if (holder_id != issue_id && !is_planted(Mutant::lease_union_ignored)) {
            return &holder_key;
        }
    }
    return nullptr;
}

void want(Access& access, bool desired) {
    if (access.desired != desired) {
        access.desired = desired;
        ++access.generation;
    }
}

namespace {

void keep(Step& step, Target& target, const Access& access, std::string because) {
    clear_failures(target);
    target.state = TargetState::kept;
    target.kept_because = std::move(because);
    step.audit.push_back(target_record("lease.kept", step.after.request, target, access, nullptr));
}

} // namespace

void end_claim(Step& step, Target& target, StoredAccess& stored) {
    const Request& request = step.after.request;
    if (target.state == TargetState::gone || target.state == TargetState::kept) {
        return;
    }
    if (target.state != TargetState::ending) {
        clear_failures(target);
    }
    Access& access = stored.access;
    if (target.state == TargetState::leaving) {
        keep(step, target, access, "not_replaced");
        return;
    }
    if (const std::string* holder = other_holder(stored, request.issue_id)) {
        keep(step, target, access, *holder);
        return;
    }
    want(access, false);
    // A removal takes what is there, whoever put it there; so does a change that names what goes.
    const bool removal = target.state == TargetState::ending && access.barred_until && !target.spares;
    if (access.preexisting && !request.revoke_preexisting && !removal) {
        keep(step, target, access, "preexisting");
        return;
    }
    const bool never_touched =
        !removal && !access.owned && !access.preexisting && !access.intent && !access.grant_uncertain;
    if (never_touched && target.state != TargetState::held) {
        clear_failures(target);
        target.state = TargetState::gone;
        step.audit.push_back(target_record("lease.dropped", request, target, access, nullptr));
        return;
    }
    target.state = TargetState::ending;
}

void end_all_claims(Step& step) {
    for (Target& target : step.after.request.targets) {
        if (StoredAccess* stored = step.after.access(target.key)) {
            end_claim(step, target, *stored);
        }
    }
}

void tell(Step& step, TellKind kind) {
    const Request& request = step.after.request;
    Tell message;
    message.issue_id = request.issue_id;
    message.issue_key = request.issue_key;
    message.status_entry = request.status_entry;
    message.kind = kind;
    message.lines = comment_lines(kind, request);
    step.tells.push_back(std::move(message));
}

bool judged_by_targets(const Request& request) {
    switch (request.phase) {
    case Phase::granting:
    case Phase::active:
    case Phase::ending:
        return true;
    case Phase::parked:
        // Without an account it was parked before there were targets; a vanished ticket's request stays with
        // a human until the ticket is seen again or revoked.
        return !request.account.id.empty() && !request.vanished_at;
    case Phase::resolving:
    case Phase::unproven:
    case Phase::ended:
        break;
    }
    return false;
}

void take_away(Target& target, StoredAccess& stored, const Request& request) {
    target.state = TargetState::ending;
    stored.access.barred_until = std::max(stored.access.barred_until, request.approved_at);
    if (other_holder(stored, request.issue_id) == nullptr) {
        want(stored.access, false);
    }
}

namespace {

/// What a change replaces goes when all that comes is held, never before: there must be no gap. When nothing
/// comes any more it stays.
void release_leaving(Step& step) {
    Request& request = step.after.request;
    if (!any_is(TargetState::leaving, request) || any_is(TargetState::wanted, request) ||
        any_is(TargetState::refused, request)) {
        return;
    }
    const bool replaced = any_is(TargetState::held, request);
    for (Target& target : request.targets) {
        StoredAccess* stored = step.after.access(target.key);
        if (target.state != TargetState::leaving || stored == nullptr) {
            continue;
        }
        if (replaced) {
            take_away(target, *stored, request);
        } else {
            end_claim(step, target, *stored);
        }
    }
}

} // namespace

void settle(Step& step, Phase before) {
    Request& request = step.after.request;
    if (!judged_by_targets(request)) {
        return;
    }
    release_leaving(step);
    request.phase = phase_of(request);
    if (request.phase == before) {
        return;
    }
    if (request.phase == Phase::active) {
        tell(step, TellKind::granted);
    } else if (request.phase == Phase::ended) {
        step.audit.push_back(request_record("request.ended", request));
        tell(step, TellKind::removed);
    } else if (request.phase == Phase::parked) {
        const auto refused =
            std::find_if(request.targets.begin(), request.targets.end(), [](const Target& target) {
                return target.state == TargetState::refused;
            });
        request.reason_code = refused->error_code;
        request.reason = refused->error_message;
        step.audit.push_back(request_record("request.parked", request));
        tell(step, TellKind::parked);
    }
}

bool may_begin(const Event& event) {
    return std::holds_alternative<Approved>(event) || std::holds_alternative<Doubted>(event) ||
           std::holds_alternative<Ended>(event);
}

void wake_revokes(Request& request, TimePoint at) {
    if (request.phase != Phase::unproven && request.phase != Phase::parked) {
        return;
    }
    for (Target& target : request.targets) {
        if (target.state == TargetState::ending && !target.wake_at) {
            target.wake_at = at;
        }
    }
}

Step ignored(Situation before) {
    Step step;
    step.after = std::move(before);
    step.ignored = true;
    return step;
}

Step begin(Situation before) {
    Step step;
    step.after = std::move(before);
    return step;
}

} // namespace machine

StoredAccess* Situation::access(const AccessKey& key) {
    const auto found = std::find_if(accesses.begin(), accesses.end(), [&](const StoredAccess& stored) {
        return stored.access.key == key;
    });
    return found != accesses.end() ? &*found : nullptr;
}

Phase phase_of(const Request& request) {
    if (any_is(TargetState::wanted, request)) {
        return Phase::granting;
    }
    if (any_is(TargetState::ending, request)) {
        return Phase::ending;
    }
    if (any_is(TargetState::refused, request)) {
        return Phase::parked;
    }
    return any_is(TargetState::held, request) ? Phase::active : Phase::ended;
}

std::vector<std::size_t> due_targets(const Request& request, TimePoint now, bool hold_grants) {
    std::vector<std::size_t> due;
    for (std::size_t i = 0; i < request.targets.size(); ++i) {
        const Target& target = request.targets[i];
        const bool grant = target.state == TargetState::wanted && may_be_granted(request) && !hold_grants;
        const bool revoke = target.state == TargetState::ending;
        if ((grant || revoke) && (!target.wake_at || *target.wake_at <= now)) {
            due.push_back(i);
        }
    }
    return due;
}

AuditEntry give_up_on_call(Access& access) {
    const bool grant = access.intent->operation == Operation::grant;
    AuditEntry record = access_record(grant ? "grant.unknown" : "revoke.unknown", access);
    access.grant_uncertain = access.grant_uncertain || grant;
    access.intent.reset();
    return record;
}

Step next(Situation before, const Event& event, TimePoint at, const StepRules& rules, std::uint64_t dice) {
    const machine::Moment moment(at, rules, dice);
    if (before.request.issue_id.empty() && !machine::may_begin(event)) {
        return machine::ignored(std::move(before));
    }
    Step step = std::visit(
        [&](const auto& happened) { return machine::on(std::move(before), happened, moment); }, event
    );
    if (!step.ignored) {
        machine::wake_revokes(step.after.request, at);
    }
    return step;
}

} // namespace accessd
