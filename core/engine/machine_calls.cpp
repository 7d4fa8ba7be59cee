#include "core/engine/machine_steps.hpp"
#include "core/engine/records.hpp"
#include "core/support/mutant.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace accessd::machine {

namespace {

using namespace std::chrono_literals;

// How long a vendor's replicas may lag behind its own answer before we ask again.
constexpr Duration settle_time = 5s;
// Looks after a revoke: one, eleven and seventy-one minutes later.
constexpr Duration first_watch = 1min;

Target* find_target(Request& request, const AccessKey& key) {
    const auto found =
        std::find_if(request.targets.begin(), request.targets.end(), [&](const Target& target) {
            return target.key == key;
        });
    return found != request.targets.end() ? &*found : nullptr;
}

void note_failure(
    Step& step, Target& target, const Access& access, const Error& error, const Moment& moment
) {
    const std::string_view what = target.state == TargetState::wanted ? "grant.failed" : "revoke.failed";
    // One row per kind of trouble, not per try.
    const bool news = target.error_code != error.code();
    if (error.fault() != Fault::throttled) {
        ++target.attempts;
    }
    target.first_failed_at = target.first_failed_at.value_or(moment.at);
    target.error_code = error.code();
    target.error_message = error.message();
    target.wake_at = retry_at(moment.rules.retry, error, target.attempts, moment.at, moment.dice);
    if (news) {
        step.audit.push_back(target_record(what, step.after.request, target, access, &error));
    }
}

void grant_failed(
    Step& step, Target& target, const Access& access, const Error& error, const Moment& moment
) {
    note_failure(step, target, access, error, moment);
    const bool worn_out = moment.at - *target.first_failed_at >= moment.rules.retry.park_after;
    if (error.fault() == Fault::permanent || worn_out) {
        target.state = TargetState::refused;
        target.wake_at.reset();
        step.audit.push_back(target_record("grant.refused", step.after.request, target, access, &error));
    }
}

Error not_settled(std::string code, std::string message) {
    return Error(Fault::transient, std::move(code), std::move(message));
}

/// `target` is null when the outcome does not concern it: then only the facts about the key count.
void granted(Step& step, Target* target, Access& access, const Written& written, const Moment& moment) {
    if (written.applied == Applied::changed || access.grant_uncertain) {
        access.owned = true;
        // Whatever was there before accessd is not what is there now.
        access.preexisting = access.preexisting && written.applied != Applied::changed;
    } else if (!access.owned) {
        access.preexisting = true;
    }
    if (target == nullptr || target->state != TargetState::wanted) {
        return; // the claim ended meanwhile: the revoke follows
    }
    if (written.seen != Holding::present) {
        const Error error =
            not_settled("grant.not_visible", "the vendor took the grant but does not show it yet");
        grant_failed(step, *target, access, error, moment);
        if (target->wake_at) {
            target->wake_at = std::max(*target->wake_at, moment.at + settle_time);
        }
        return;
    }
    clear_failures(*target);
    target->state = TargetState::held;
    if (step.after.request.duration) {
        const Duration lasts = *step.after.request.duration;
        target->expires_at = moment.at + lasts;
        // Whoever has just been told "until" need not be reminded of it.
        const bool long_enough =
            moment.rules.remind_before > Duration(0) && lasts > moment.rules.remind_before * 2;
        if (long_enough) {
            target->remind_at = *target->expires_at - moment.rules.remind_before;
        }
    }
    step.audit.push_back(target_record("grant.done", step.after.request, *target, access, nullptr));
}

void revoked(Step& step, Target* target, Access& access, const Written& written, const Moment& moment) {
    if (written.seen != Holding::absent) {
        if (target != nullptr && target->state == TargetState::ending) {
            const Error error = not_settled(
                "revoke.still_there", "the vendor took the revoke but still shows the membership"
            );
            note_failure(step, *target, access, error, moment);
            target->wake_at = std::max(*target->wake_at, moment.at + settle_time);
        }
        return;
    }
    access.owned = false;
    access.preexisting = false;
    // A grant may still land: one whose outcome was unknown, or a second carrying out of one that was
    // answered. What is found while that is watched for is not somebody else's.
    access.grant_uncertain = true;
    access.watch_stage = 1;
    access.watch_at = moment.at + first_watch;
    if (target == nullptr || target->state != TargetState::ending) {
        return; // approved again meanwhile: the grant follows
    }
    clear_failures(*target);
    target->state = TargetState::gone;
    step.audit.push_back(target_record("revoke.done", step.after.request, *target, access, nullptr));
}

void failed(Step& step, Target* target, Access& access, const CallEnd& call, const Moment& moment) {
    const Error& error = call.result.error();
    if (call.operation == Operation::grant && error.effect() == Effect::unknown) {
        access.grant_uncertain = true;
    }
    if (target == nullptr) {
        return;
    }
    if (call.operation == Operation::grant && target->state == TargetState::wanted) {
        grant_failed(step, *target, access, error, moment);
    } else if (call.operation == Operation::revoke && target->state == TargetState::ending) {
        note_failure(step, *target, access, error, moment);
        if (is_planted(Mutant::revoke_gives_up) && target->attempts >= 6) {
            target->state = TargetState::gone;
        }
    }
}

/// A refused grant justifies nothing. What may be there all the same - held before, or a call whose effect is
/// not known - is looked for, and taken away, by the watch.
void abandon(StoredAccess& stored, const Request& request, const Moment& moment) {
    Access& access = stored.access;
    if (other_holder(stored, request.issue_id) != nullptr) {
        return;
    }
    want(access, false);
    const bool keeps = access.preexisting && !request.revoke_preexisting;
    if ((access.owned || access.grant_uncertain) && !keeps) {
        access.grant_uncertain = true;
        access.watch_stage = 1;
        access.watch_at = moment.at + first_watch;
    }
}

void apply(Step& step, const CallEnd& call, const Moment& moment) {
    StoredAccess* stored = step.after.access(call.key);
    if (stored == nullptr) {
        return;
    }
    Access& access = stored->access;
    if (access.intent && access.intent->operation == call.operation) {
        access.intent.reset();
    }
    // What came of an operation that is not wanted any more must neither complete nor delay the one that is.
    const bool current = call.generation == access.generation || is_planted(Mutant::no_generation_fence);
    Target* target = current ? find_target(step.after.request, call.key) : nullptr;
    if (call.result) {
        if (call.operation == Operation::grant) {
            granted(step, target, access, *call.result, moment);
        } else if (current) {
            revoked(step, target, access, *call.result, moment);
        }
    } else {
        failed(step, target, access, call, moment);
    }
    if (target != nullptr && target->state == TargetState::refused) {
        abandon(*stored, step.after.request, moment);
    }
}

} // namespace

Step on(Situation before, const Started&, const Moment& moment) {
    const auto due = due_targets(before.request, moment.at, moment.rules.hold_grants);
    if (due.empty()) {
        return ignored(std::move(before));
    }
    Step step = begin(std::move(before));
    Request& request = step.after.request;
    const Phase phase = request.phase;
    for (const std::size_t index : due) {
        Target& target = request.targets[index];
        StoredAccess* stored = step.after.access(target.key);
        if (stored == nullptr) {
            continue;
        }
        // Another ticket may have been approved for the same access since.
        if (target.state == TargetState::ending) {
            end_claim(step, target, *stored);
        }
        if (target.state != TargetState::wanted && target.state != TargetState::ending) {
            continue;
        }
        const Operation operation =
            target.state == TargetState::wanted ? Operation::grant : Operation::revoke;
        Access& access = stored->access;
        if (access.intent) {
            step.audit.push_back(give_up_on_call(access));
        }
        access.intent = Intent(operation, request.issue_id, moment.at);
        step.started.push_back(access.key);
        const std::string_view code = operation == Operation::grant ? "grant.intent" : "revoke.intent";
        step.audit.push_back(target_record(code, request, target, access, nullptr));
    }
    settle(step, phase);
    return step;
}

Step on(Situation before, const Withheld& event, const Moment& moment) {
    const auto due = due_targets(before.request, moment.at, moment.rules.hold_grants);
    Step step = begin(std::move(before));
    Request& request = step.after.request;
    const Phase phase = request.phase;
    bool any = false;
    for (const std::size_t index : due) {
        Target& target = request.targets[index];
        StoredAccess* stored = step.after.access(target.key);
        if (target.state != TargetState::wanted || stored == nullptr) {
            continue;
        }
        any = true;
        if (stored->access.intent) {
            step.audit.push_back(give_up_on_call(stored->access));
        }
        grant_failed(step, target, stored->access, event.why, moment);
        if (target.state == TargetState::refused) {
            abandon(*stored, request, moment);
        }
    }
    if (!any) {
        return ignored(std::move(step.after));
    }
    settle(step, phase);
    return step;
}

Step on(Situation before, const Delayed& event, const Moment& moment) {
    const auto due = due_targets(before.request, moment.at, true);
    Step step = begin(std::move(before));
    bool any = false;
    for (const std::size_t index : due) {
        Target& target = step.after.request.targets[index];
        const StoredAccess* stored = step.after.access(target.key);
        if (target.attempts != 0 || target.key.application != event.application || stored == nullptr) {
            continue;
        }
        any = true;
        const bool news = target.error_code != event.why.code();
        target.wake_at = event.until;
        target.error_code = event.why.code();
        target.error_message = event.why.message();
        if (news) {
            step.audit.push_back(
                target_record("revoke.delayed", step.after.request, target, stored->access, &event.why)
            );
        }
    }
    step.ignored = !any;
    return step;
}

Step on(Situation before, const Finished& event, const Moment& moment) {
    Step step = begin(std::move(before));
    const Phase phase = step.after.request.phase;
    for (const CallEnd& call : event.calls) {
        apply(step, call, moment);
    }
    settle(step, phase);
    return step;
}

namespace {

bool is_to_be_reminded(const Target& target, TimePoint at) {
    return target.state == TargetState::held && target.remind_at && *target.remind_at <= at;
}

/// Says that a lease will end; with one that ends now there is more to say.
void remind(Step& step, TimePoint at) {
    Request& request = step.after.request;
    bool any = false;
    for (Target& target : request.targets) {
        if (is_to_be_reminded(target, at)) {
            target.remind_at.reset();
            any = true;
        }
    }
    if (any && request.phase == Phase::active) {
        step.audit.push_back(request_record("lease.expiring", request));
        tell(step, TellKind::expiring);
    }
}

} // namespace

Step on(Situation before, const Woke&, const Moment& moment) {
    const auto expired = [&](const Target& target) {
        return target.state == TargetState::held && target.expires_at && *target.expires_at <= moment.at;
    };
    const std::vector<Target>& targets = before.request.targets;
    const bool any_expired = std::any_of(targets.begin(), targets.end(), expired);
    const bool any_reminded = std::any_of(targets.begin(), targets.end(), [&](const Target& target) {
        return is_to_be_reminded(target, moment.at);
    });
    if (!any_expired && !any_reminded) {
        return ignored(std::move(before));
    }
    Step step = begin(std::move(before));
    Request& request = step.after.request;
    if (!any_expired) {
        remind(step, moment.at);
        return step;
    }
    const Phase phase = request.phase;
    request.reason_code = "expired";
    request.reason.clear();
    for (Target& target : request.targets) {
        StoredAccess* stored = step.after.access(target.key);
        if (expired(target) && stored != nullptr) {
            end_claim(step, target, *stored);
        }
    }
    step.audit.push_back(request_record("request.expired", request));
    settle(step, phase);
    return step;
}

} // namespace accessd::machine
