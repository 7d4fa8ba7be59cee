#include "tests/core/engine/machine_laws.hpp"

#include "core/support/json.hpp"

#include <algorithm>
#include <array>

namespace accessd::engine_test {

namespace {

/// One step, and the questions that the laws ask of it.
class Trial {
public:
    Trial(
        const Situation& earlier,
        const Event& happened,
        TimePoint when,
        const StepRules& step_rules,
        const Step& made
    )
        : before(earlier), event(happened), at(when), rules(step_rules), step(made) {}

    const Situation& before;
    const Event& event;
    TimePoint at;
    const StepRules& rules;
    const Step& step;

    const Request& old() const { return before.request; }

    const Request& now() const { return step.after.request; }

    template <class E> bool is() const { return std::holds_alternative<E>(event); }

    bool audited(std::string_view code) const {
        return std::any_of(step.audit.begin(), step.audit.end(), [&](const AuditEntry& entry) {
            return entry.code == code;
        });
    }
};

bool claims(const Target& target) {
    return target.state == TargetState::wanted || target.state == TargetState::held;
}

bool is_over(const Target& target) {
    return target.state == TargetState::gone || target.state == TargetState::kept;
}

const Target* target_of(const Request& request, const AccessKey& key) {
    for (const Target& target : request.targets) {
        if (target.key == key) {
            return &target;
        }
    }
    return nullptr;
}

const StoredAccess* access_of(const Situation& situation, const AccessKey& key) {
    for (const StoredAccess& stored : situation.accesses) {
        if (stored.access.key == key) {
            return &stored;
        }
    }
    return nullptr;
}

bool held_by_another(const StoredAccess& stored, const std::string& issue_id) {
    return std::any_of(stored.holders.begin(), stored.holders.end(), [&](const auto& holder) {
        return holder.first != issue_id;
    });
}

const CallEnd* end_of_call(const Trial& trial, const AccessKey& key, Operation operation) {
    const auto* finished = std::get_if<Finished>(&trial.event);
    if (finished == nullptr) {
        return nullptr;
    }
    for (const CallEnd& call : finished->calls) {
        if (call.key == key && call.operation == operation) {
            return &call;
        }
    }
    return nullptr;
}

/// The step wrote an intent for this operation.
bool begins(const Trial& t, const StoredAccess& stored, Operation operation) {
    const auto& intent = stored.access.intent;
    if (!intent || intent->operation != operation) {
        return false;
    }
    const StoredAccess* earlier = access_of(t.before, stored.access.key);
    const bool had_it = earlier != nullptr && earlier->access.intent &&
                        earlier->access.intent->at == intent->at &&
                        earlier->access.intent->operation == operation;
    return !had_it;
}

bool ignored_writes_nothing(const Trial& t) {
    const bool silent = t.step.tells.empty() && t.step.audit.empty();
    return !t.step.ignored || (silent && describe(t.before) == describe(t.step.after));
}

bool one_voice(const Trial& t) {
    if (t.step.tells.empty()) {
        return true;
    }
    const Tell& tell = t.step.tells.front();
    return t.step.tells.size() == 1 && tell.issue_id == t.now().issue_id && !tell.lines.empty() &&
           tell.status_entry == t.now().status_entry;
}

bool identity_stays(const Trial& t) {
    return t.old().issue_id.empty() || t.old().issue_id == t.now().issue_id;
}

bool generations_follow_the_wish(const Trial& t) {
    return std::all_of(t.step.after.accesses.begin(), t.step.after.accesses.end(), [&](const auto& stored) {
        const StoredAccess* earlier = access_of(t.before, stored.access.key);
        const Access was = earlier != nullptr ? earlier->access : Access(stored.access.key);
        const std::int64_t grown = stored.access.generation - was.generation;
        return stored.access.desired == was.desired ? grown == 0 || grown == 2 : grown == 1;
    });
}

bool claims_are_desired(const Trial& t) {
    return std::all_of(t.now().targets.begin(), t.now().targets.end(), [&](const Target& target) {
        const StoredAccess* stored = access_of(t.step.after, target.key);
        return stored != nullptr && (!claims(target) || stored->access.desired);
    });
}

bool ended_claims_are_not_desired(const Trial& t) {
    return std::all_of(t.now().targets.begin(), t.now().targets.end(), [&](const Target& target) {
        const StoredAccess* stored = access_of(t.step.after, target.key);
        const bool ended = target.state == TargetState::ending || is_over(target);
        return !ended || held_by_another(*stored, t.now().issue_id) || !stored->access.desired;
    });
}

bool one_target_a_key(const Trial& t) {
    return std::all_of(t.now().targets.begin(), t.now().targets.end(), [&](const Target& target) {
        return target_of(t.now(), target.key) == &target;
    });
}

/// I1: a grant is begun only for a request in `granting` whose proof is at hand, and never unwritten.
bool grants_have_proof(const Trial& t) {
    for (const StoredAccess& stored : t.step.after.accesses) {
        if (!begins(t, stored, Operation::grant)) {
            continue;
        }
        const Target* target = target_of(t.now(), stored.access.key);
        const bool proven = t.old().phase == Phase::granting && !t.now().evidence.empty() &&
                            t.now().approved_at && !t.now().approver.empty() && !t.now().vanished_at;
        const bool wished = target != nullptr && target->state == TargetState::wanted;
        if (!t.is<Started>() || !proven || !wished || t.rules.hold_grants || !t.audited("grant.intent")) {
            return false;
        }
    }
    return true;
}

/// I8: a revoke is begun only for what nobody else claims and what accessd brought.
bool revokes_are_justified(const Trial& t) {
    if (!t.is<Started>()) {
        return true;
    }
    return std::all_of(t.step.after.accesses.begin(), t.step.after.accesses.end(), [&](const auto& stored) {
        const Target* target = target_of(t.now(), stored.access.key);
        if (!begins(t, stored, Operation::revoke)) {
            return true;
        }
        const bool removal = stored.access.barred_until && target != nullptr && !target->spares;
        const bool spared = stored.access.preexisting && !t.now().revoke_preexisting && !removal;
        return target != nullptr && target->state == TargetState::ending && !spared &&
               !held_by_another(stored, t.now().issue_id) && t.audited("revoke.intent");
    });
}

/// I3: what must go stays on the list until it was seen to be gone, is kept for a reason, or is approved
/// anew.
bool revokes_are_never_lost(const Trial& t) {
    for (const Target& was : t.old().targets) {
        if (was.state != TargetState::ending) {
            continue;
        }
        const Target* is = target_of(t.now(), was.key);
        if (is == nullptr || claims(*is)) {
            if (is == nullptr || !t.is<Resolved>()) {
                return false;
            }
            continue;
        }
        const CallEnd* end = end_of_call(t, was.key, Operation::revoke);
        const bool seen_gone = end != nullptr && end->result && end->result->seen == Holding::absent;
        const StoredAccess* stored = access_of(t.before, was.key);
        const bool nothing_there = !stored->access.owned && !stored->access.intent &&
                                   !stored->access.preexisting && !stored->access.grant_uncertain;
        if (is->state == TargetState::gone && !seen_gone && !nothing_there) {
            return false;
        }
        if (is->state == TargetState::refused) {
            return false;
        }
    }
    return true;
}

bool is_offered_by_phase(Phase phase) {
    return phase == Phase::resolving || phase == Phase::granting || phase == Phase::active ||
           phase == Phase::ending;
}

/// The store offers untried work of live requests, and of others only what has a time.
bool revokes_come_again(const Trial& t) {
    return std::all_of(t.now().targets.begin(), t.now().targets.end(), [&](const Target& target) {
        return target.state != TargetState::ending || target.wake_at || is_offered_by_phase(t.now().phase);
    });
}

/// What was claimed leaves the list only when something else took its place.
bool targets_are_not_forgotten(const Trial& t) {
    return std::all_of(t.old().targets.begin(), t.old().targets.end(), [&](const Target& target) {
        const bool said_anew = t.is<Resolved>() && target.state == TargetState::leaving;
        return target_of(t.now(), target.key) != nullptr || (t.is<Approved>() && is_over(target)) ||
               said_anew;
    });
}

/// I3: after the end of a claim nothing is wanted or held.
bool a_revoke_wins(const Trial& t) {
    if (!t.is<Ended>() && !t.is<Doubted>()) {
        return true;
    }
    const bool none = std::none_of(t.now().targets.begin(), t.now().targets.end(), [](const Target& target) {
        return claims(target) || target.state == TargetState::refused;
    });
    const bool phase_fits =
        t.now().phase == Phase::ending || t.now().phase == Phase::ended || t.is<Doubted>();
    return none && phase_fits;
}

bool held_is_seen(const Trial& t) {
    for (const Target& target : t.now().targets) {
        const Target* was = target_of(t.old(), target.key);
        if (target.state != TargetState::held || (was != nullptr && was->state == TargetState::held)) {
            continue;
        }
        const CallEnd* end = end_of_call(t, target.key, Operation::grant);
        const StoredAccess* stored = access_of(t.before, target.key);
        if (end == nullptr || !end->result || end->result->seen != Holding::present ||
            end->generation != stored->access.generation) {
            return false;
        }
        const bool ends = !t.now().duration || target.expires_at == t.at + *t.now().duration;
        if (!ends) {
            return false;
        }
    }
    return true;
}

/// A lease that has an end keeps it for as long as it is held.
bool leases_keep_their_end(const Trial& t) {
    return std::all_of(t.old().targets.begin(), t.old().targets.end(), [&](const Target& was) {
        const Target* is = target_of(t.now(), was.key);
        const bool still = was.state == TargetState::held && is != nullptr && is->state == TargetState::held;
        return !still || was.expires_at == is->expires_at;
    });
}

bool phases_follow_targets(const Trial& t) {
    const Request& request = t.now();
    if (request.issue_id.empty()) {
        return t.step.ignored; // nothing has made a request of it yet
    }
    const Phase made = phase_of(request);
    switch (request.phase) {
    case Phase::granting:
    case Phase::active:
    case Phase::ending:
    case Phase::ended:
        return request.phase == made;
    case Phase::parked:
        return request.account.id.empty() || request.vanished_at || made == Phase::parked;
    case Phase::unproven:
        return std::none_of(request.targets.begin(), request.targets.end(), claims);
    case Phase::resolving:
        return request.account.id.empty() && !request.account.name.empty();
    }
    return false;
}

bool access_needs_evidence(const Trial& t) {
    const bool claiming = std::any_of(t.now().targets.begin(), t.now().targets.end(), claims);
    return !claiming || (!t.now().evidence.empty() && !t.now().rule_hash.empty());
}

bool doubt_has_no_evidence(const Trial& t) {
    return t.now().phase != Phase::unproven || t.now().evidence.empty();
}

bool trouble_has_a_reason(const Trial& t) {
    const Phase phase = t.now().phase;
    const bool needs = phase == Phase::unproven || phase == Phase::parked || phase == Phase::ended;
    return !needs || !t.now().reason_code.empty();
}

/// I2: a new state is told, unless the ticket cannot be reached.
bool states_are_told(const Trial& t) {
    const Phase phase = t.now().phase;
    if (phase == t.old().phase || t.now().vanished_at) {
        return true;
    }
    const auto told = [&](TellKind kind) {
        return !t.step.tells.empty() && t.step.tells.front().kind == kind;
    };
    return (phase != Phase::active || told(TellKind::granted)) &&
           (phase != Phase::parked || told(TellKind::parked)) &&
           (phase != Phase::unproven || told(TellKind::unproven));
}

bool refusals_have_a_reason(const Trial& t) {
    return std::all_of(t.now().targets.begin(), t.now().targets.end(), [](const Target& target) {
        const bool refused = target.state == TargetState::refused;
        return (!refused || (!target.error_code.empty() && !target.wake_at)) &&
               (target.state != TargetState::kept || !target.kept_because.empty());
    });
}

bool what_is_over_rests(const Trial& t) {
    return std::all_of(t.now().targets.begin(), t.now().targets.end(), [](const Target& target) {
        return !is_over(target) || !target.wake_at;
    });
}

/// I5: whatever changed can be read in the audit. (What Resolved does is in the intents that follow it.)
bool changes_are_audited(const Trial& t) {
    bool changed = t.old().phase != t.now().phase;
    for (const Target& target : t.now().targets) {
        const Target* was = target_of(t.old(), target.key);
        changed = changed || was == nullptr || was->state != target.state;
    }
    return !changed || t.is<Resolved>() || !t.step.audit.empty();
}

bool audit_is_json(const Trial& t) {
    return std::all_of(t.step.audit.begin(), t.step.audit.end(), [](const AuditEntry& entry) {
        return !entry.code.empty() && parse_json(entry.body).has_value();
    });
}

/// A grant whose effect may still come stays in doubt until a watch has ended.
bool doubt_stays(const Trial& t) {
    return std::all_of(t.before.accesses.begin(), t.before.accesses.end(), [&](const StoredAccess& stored) {
        const StoredAccess* is = access_of(t.step.after, stored.access.key);
        return !stored.access.grant_uncertain || (is != nullptr && is->access.grant_uncertain);
    });
}

/// A grant may come late or be carried out twice: the end of a revoke begins the watch.
bool revokes_are_watched(const Trial& t) {
    return std::all_of(t.now().targets.begin(), t.now().targets.end(), [&](const Target& target) {
        const Target* was = target_of(t.old(), target.key);
        const StoredAccess* stored = access_of(t.step.after, target.key);
        const bool just_gone = target.state == TargetState::gone && was != nullptr &&
                               was->state == TargetState::ending && t.is<Finished>();
        return !just_gone || stored->access.watch_at > t.at;
    });
}

/// A change leaves no gap: what it replaces is touched when all that comes is held, and not before.
bool a_change_has_no_gap(const Trial& t) {
    const auto any = [&](TargetState state) {
        return std::any_of(t.now().targets.begin(), t.now().targets.end(), [&](const Target& target) {
            return target.state == state;
        });
    };
    return std::all_of(t.now().targets.begin(), t.now().targets.end(), [&](const Target& target) {
        const Target* was = target_of(t.old(), target.key);
        const bool was_leaving = was != nullptr && was->state == TargetState::leaving && !t.is<Resolved>();
        const bool waits = target.state == TargetState::leaving && !target.wake_at &&
                           t.now().phase != Phase::active && t.now().phase != Phase::ended;
        const bool goes = target.state == TargetState::ending && any(TargetState::held) &&
                          !any(TargetState::wanted) && !any(TargetState::refused);
        return (target.state != TargetState::leaving || waits) &&
               (!was_leaving || waits || goes || target.state == TargetState::kept);
    });
}

class Law {
public:
    const char* name;
    bool (*holds)(const Trial&);
};

constexpr std::array laws = {
    Law{"an ignored event writes nothing", ignored_writes_nothing},
    Law{"at most one message, about this status entry", one_voice},
    Law{"a request stays the same ticket's", identity_stays},
    Law{"a generation begins when the wish changes, and only then", generations_follow_the_wish},
    Law{"what is wanted or held is desired", claims_are_desired},
    Law{"what nobody claims is not desired", ended_claims_are_not_desired},
    Law{"one target for each key", one_target_a_key},
    Law{"I1: no grant is begun without proof", grants_have_proof},
    Law{"I8: no revoke of what another claims or what was there before", revokes_are_justified},
    Law{"I3: no revoke is lost", revokes_are_never_lost},
    Law{"I3: every revoke comes again", revokes_come_again},
    Law{"no target is forgotten", targets_are_not_forgotten},
    Law{"I3: a revoke wins", a_revoke_wins},
    Law{"held means seen, by this generation", held_is_seen},
    Law{"a change has no gap", a_change_has_no_gap},
    Law{"a lease keeps its end", leases_keep_their_end},
    Law{"phases follow from targets", phases_follow_targets},
    Law{"claims rest on evidence", access_needs_evidence},
    Law{"what is not believed has no evidence", doubt_has_no_evidence},
    Law{"I2: trouble says why", trouble_has_a_reason},
    Law{"I2: new states are told", states_are_told},
    Law{"I2: refusals and exceptions say why", refusals_have_a_reason},
    Law{"I10: what is over does not come up again", what_is_over_rests},
    Law{"I5: changes are audited", changes_are_audited},
    Law{"I5: the audit is JSON", audit_is_json},
    Law{"a grant of unknown outcome stays in doubt", doubt_stays},
    Law{"I3: what a revoke took is watched for", revokes_are_watched},
};

} // namespace

std::string broken_law(
    const Situation& before, const Event& event, TimePoint at, const StepRules& rules, const Step& step
) {
    const Trial trial(before, event, at, rules, step);
    for (const Law& law : laws) {
        if (!law.holds(trial)) {
            return std::string(law.name) + ", but event " + std::to_string(event.index()) + " at " +
                   format_utc(at) + " made of " + describe(before) + "\nthis: " + describe(step.after);
        }
    }
    return std::string();
}

} // namespace accessd::engine_test
