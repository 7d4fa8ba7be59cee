#include "core/engine/machine_steps.hpp"
#include "core/engine/records.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace accessd::machine {

namespace {

/// What every reading of the ticket brings up to date.
void take_ticket(Request& request, const Ticket& ticket) {
    request.issue_id = ticket.issue_id;
    request.issue_key = ticket.issue_key;
    request.status_entry = status_entry_id(ticket);
    request.updated_at = ticket.updated_at;
    request.vanished_at.reset();
}

void take_wish(Request& request, const Ticket& ticket) {
    request.application = ticket.application;
    request.access_type = ticket.access_type;
    if (ticket.beneficiary) {
        request.beneficiary_id = ticket.beneficiary->account_id;
        request.beneficiary_email = ticket.beneficiary->email.value_or("");
    }
}

void clear_work(Request& request) {
    request.account = Account();
    request.attempts = 0;
    request.first_failed_at.reset();
    request.wake_at.reset();
    request.reason_code.clear();
    request.reason.clear();
}

/// One approval is worth one lease. Where it is acted on again - the ticket was moved out of its status and
/// back - what it still justifies is what is left of that lease.
std::optional<Duration> lease_left(const Request& request, const Approve& decision, TimePoint at) {
    std::optional<Duration> left = decision.duration;
    const bool same_approval = request.approved_at == decision.proof.approved_at && !request.evidence.empty();
    if (left && same_approval && request.duration) {
        left = std::min(*left, *request.duration);
    }
    for (const Target& target : request.targets) {
        if (left && same_approval && target.state == TargetState::held && target.expires_at) {
            left = std::min(*left, std::max(*target.expires_at - at, Duration(0)));
        }
    }
    return left;
}

bool has_claims(const Request& request) {
    for (const Target& target : request.targets) {
        if (target.state != TargetState::gone && target.state != TargetState::kept) {
            return true;
        }
    }
    return false;
}

} // namespace

Step on(Situation before, const Approved& event, const Moment& moment) {
    Step step = begin(std::move(before));
    Request& request = step.after.request;
    const AccessRule& rule = *event.decision->rule;
    const Proof& proof = event.decision->proof;
    request.duration = lease_left(request, *event.decision, moment.at);
    take_ticket(request, *event.ticket);
    take_wish(request, *event.ticket);
    clear_work(request);
    request.account.name = event.address;
    // Targets of an earlier approval stay until the new ones are known; see Resolved. Those with a call under
    // way stay for its outcome.
    std::erase_if(request.targets, [&](const Target& target) {
        const StoredAccess* stored = step.after.access(target.key);
        const bool over = target.state == TargetState::gone || target.state == TargetState::kept;
        return over && (stored == nullptr || !stored->access.intent);
    });
    request.phase = Phase::resolving;
    request.kind = event.decision->kind;
    request.entitlement_names = rule.groups;
    const AccessRule* replaced = event.decision->replaced;
    request.replaced_type = replaced != nullptr ? replaced->access_type : std::string();
    request.replaced_names = replaced != nullptr ? replaced->groups : std::vector<std::string>();
    request.rule_hash = rule.hash;
    request.config_hash = event.config_hash;
    request.revoke_preexisting = rule.revoke_preexisting || request.kind == RequestKind::remove;
    request.approver = proof.approver;
    request.approved_at = proof.approved_at;
    request.evidence = proof.evidence;
    request.seen_at = moment.at;
    step.audit.push_back(request_record("request.approved", request));
    return step;
}

Step on(Situation before, const Doubted& event, const Moment& moment) {
    Step step = begin(std::move(before));
    Request& request = step.after.request;
    const bool said_before = request.status_entry == status_entry_id(*event.ticket) &&
                             request.phase == event.phase && request.reason_code == event.code;
    take_ticket(request, *event.ticket);
    if (said_before) {
        return step; // only the ticket's `updated` moved
    }
    take_wish(request, *event.ticket);
    // An approval that does not hold justifies nothing, whatever was granted through this ticket before.
    end_all_claims(step);
    clear_work(request);
    request.evidence.clear();
    request.approver.clear();
    request.phase = event.phase;
    request.reason_code = event.code;
    request.reason = event.reason;
    request.seen_at = moment.at;
    const bool parked = event.phase == Phase::parked;
    step.audit.push_back(request_record(parked ? "request.parked" : "request.unproven", request));
    tell(step, parked ? TellKind::parked : TellKind::unproven);
    return step;
}

Step on(Situation before, const Ended& event, const Moment& moment) {
    Step step = begin(std::move(before));
    Request& request = step.after.request;
    const Phase phase = request.phase;
    const bool had_claims = has_claims(request);
    const bool is_new = request.issue_id.empty();
    take_ticket(request, *event.ticket);
    if (is_new) {
        take_wish(request, *event.ticket);
        request.seen_at = moment.at;
    }
    request.reason_code = event.why.code;
    request.reason = event.why.actor.empty() ? std::string() : "by " + event.why.actor;
    request.wake_at.reset();
    end_all_claims(step);
    step.audit.push_back(request_record("request." + event.why.code, request));
    if (had_claims) {
        request.phase = Phase::ending;
        settle(step, phase);
        return step;
    }
    request.phase = Phase::ended;
    return step;
}

Step on(Situation before, const Vanished& event, const Moment& moment) {
    const Phase phase = before.request.phase;
    // Ending needs no ticket: the revokes go on without it.
    const bool over = phase == Phase::ending || phase == Phase::ended || phase == Phase::unproven;
    const bool parked_for_it = phase == Phase::parked && before.request.vanished_at;
    if (over || parked_for_it) {
        return ignored(std::move(before));
    }
    Step step = begin(std::move(before));
    Request& request = step.after.request;
    if (!request.vanished_at) {
        request.vanished_at = moment.at;
        step.audit.push_back(request_record("ticket.vanished", request));
        return step;
    }
    if (moment.at - *request.vanished_at < event.grace) {
        return ignored(std::move(step.after));
    }
    request.reason_code = "ticket.vanished";
    request.reason = "the ticket cannot be read any more: deleted, moved, or hidden from accessd";
    request.wake_at.reset();
    if (event.then == OnVanished::park) {
        request.phase = Phase::parked;
        step.audit.push_back(request_record("request.parked", request));
        return step;
    }
    end_all_claims(step);
    request.phase = phase_of(request);
    step.audit.push_back(request_record("request.vanished", request));
    return step;
}

Step on(Situation before, const Reappeared&, const Moment&) {
    if (!before.request.vanished_at) {
        return ignored(std::move(before));
    }
    Step step = begin(std::move(before));
    Request& request = step.after.request;
    request.vanished_at.reset();
    step.audit.push_back(request_record("ticket.reappeared", request));
    if (request.phase != Phase::parked) {
        return step;
    }
    const bool parked_for_it = request.reason_code == "ticket.vanished";
    if (parked_for_it) {
        request.reason_code.clear();
        request.reason.clear();
    }
    if (!request.account.id.empty()) {
        // Its targets went on meanwhile, and what came of them is still to be told.
        request.phase = Phase::granting;
        settle(step, Phase::resolving);
    } else if (parked_for_it) {
        request.phase = Phase::resolving;
    }
    return step;
}

} // namespace accessd::machine
