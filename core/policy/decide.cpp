#include "core/policy/decide.hpp"

#include "core/policy/duration.hpp"
#include "core/policy/restrictions.hpp"
#include "core/support/text.hpp"

#include <algorithm>
#include <utility>

namespace accessd {

namespace {

/// The status entry was handled, and nothing about the ticket can have changed what was made of it. While
/// access is not granted yet (and when the approval was not believed) every change of the ticket counts.
bool already_handled(const Ticket& ticket, const Request* stored) {
    if (stored == nullptr || stored->status_entry != status_entry_id(ticket)) {
        return false;
    }
    const bool open = stored->phase == Phase::unproven || stored->phase == Phase::resolving ||
                      stored->phase == Phase::granting;
    return !open || stored->updated_at == ticket.updated_at;
}

/// The approval that is being carried out still holds.
bool still_stands(const Ticket& ticket, const Request* stored, const Decision& decision) {
    return stored != nullptr && stored->status_entry == status_entry_id(ticket) &&
           stored->phase != Phase::unproven && std::holds_alternative<Approve>(decision);
}

/// What was approved is being carried out.
bool is_at_work(const Request& stored) {
    return stored.phase == Phase::resolving || stored.phase == Phase::granting;
}

bool is_unfinished(const Request* stored) {
    return stored != nullptr && (is_at_work(*stored) || stored->phase == Phase::unproven);
}

/// A lease that ran out, or that a later removal ended, has used its approval up: moving the ticket back must
/// not begin another.
bool is_spent(const Proof& proof, const Request* stored) {
    if (stored == nullptr || !stored->approved_at || proof.approved_at > *stored->approved_at) {
        return false;
    }
    const bool over = stored->reason_code == "expired" || stored->reason_code == "removed";
    return (stored->phase == Phase::ended && over) ||
           (stored->phase == Phase::unproven && stored->reason_code == "proof.spent");
}

std::string actor_of(const FieldChange* change) {
    return change != nullptr ? name_of(change->author) : std::string();
}

/// What people did to the ticket's status before accessd moved it, if nothing has been made of it yet. Jira
/// moves a ticket from wherever it is: a message on its way may overtake a revoke that nobody has read.
const FieldChange* overtaken(const Ticket& ticket, const Portal& portal, const Request& stored) {
    for (auto change = ticket.changes.rbegin(); change != ticket.changes.rend(); ++change) {
        if (change->field_id != "status") {
            continue;
        }
        if (change->history_id == stored.status_entry) {
            return nullptr;
        }
        if (change->author.account_id != portal.own_account_id) {
            return &*change;
        }
    }
    return nullptr;
}

Decision park_overtaken() {
    return Park(
        "ticket.overtaken",
        "the ticket was approved again while accessd moved it on; move it back to be approved"
    );
}

/// Moved by people before accessd moved it on.
Decision decide_overtaken(const FieldChange& change, const Portal& portal, bool at_work) {
    const AppStatus* status = portal.status(change.to);
    if (status == nullptr) {
        return at_work ? Decision(End("withdrawn", actor_of(&change))) : Nothing();
    }
    return *status == AppStatus::approved ? Decision(park_overtaken())
                                          : End(std::string(to_string(*status)), actor_of(&change));
}

/// accessd moved the ticket. It does so when its work is done: a move while there is work belongs to what was
/// said about an earlier approval, and took the ticket out of the status that it must be in.
Decision decide_moved_by_us(const Ticket& ticket, const Portal& portal, const Request& stored) {
    const bool at_work = is_at_work(stored);
    if (const FieldChange* missed = overtaken(ticket, portal, stored)) {
        return decide_overtaken(*missed, portal, at_work);
    }
    // "Removed" of access that is held was said about an earlier lease, too.
    const bool undone = stored.phase == Phase::active && portal.removed_status != portal.granted_status &&
                        ticket.status_id == portal.removed_status;
    return at_work || undone ? Decision(park_overtaken()) : Nothing();
}

Decision decide_unmapped(const Ticket& ticket, const Policy& policy, const Request* stored) {
    const FieldChange* change = last_status_change(ticket);
    const bool by_us = change != nullptr && !policy.portal.own_account_id.empty() &&
                       change->author.account_id == policy.portal.own_account_id;
    const bool ours = ticket.project_id == policy.portal.project_id;
    if (by_us && ours && stored != nullptr) {
        return decide_moved_by_us(ticket, policy.portal, *stored);
    }
    if (!is_unfinished(stored) || by_us) {
        return Nothing();
    }
    return End("withdrawn", actor_of(change));
}

/// What the ticket's status means to us, or null. In another project it means nothing, but for one that came
/// along: an end that a known request reached here stays an end.
const AppStatus* status_here(const Ticket& ticket, const Portal& portal, const Request* stored) {
    const AppStatus* status = portal.status(ticket.status_id);
    const bool ends = status != nullptr && *status != AppStatus::approved;
    const bool counts = ticket.project_id == portal.project_id || (ends && stored != nullptr);
    return counts ? status : nullptr;
}

Decision no_rule(const std::string& application, const std::string& access_type) {
    return Park(
        "rule.none",
        "no access rule for application \"" + escape_text(application, 80) + "\" and access type \"" +
            escape_text(access_type, 80) + "\"; add a [[rule]] or correct the ticket"
    );
}

Decision decide_removal(
    const Ticket& ticket, const Policy& policy, const ApproverFacts& facts, const AccessRule& rule
) {
    auto judged = prove(ticket, policy.portal, rule, facts);
    if (auto* refusal = std::get_if<Unproven>(&judged)) {
        return Distrust(std::move(*refusal));
    }
    Approve removal(&rule, std::nullopt, std::get<Proof>(std::move(judged)));
    removal.kind = RequestKind::remove;
    return removal;
}

/// A transition stands in the changelog, which is read for every ticket.
bool has_evidence(const Ticket& ticket, const Portal& portal) {
    return portal.evidence == EvidenceSource::transition || ticket.has_approvals;
}

/// Once for each person, about all that anybody wants to know.
void ask(std::vector<Inquiry>& inquiries, Inquiry more) {
    if (more.account_id.empty()) {
        return;
    }
    for (Inquiry& inquiry : inquiries) {
        if (inquiry.account_id == more.account_id) {
            inquiry.with_groups = inquiry.with_groups || more.with_groups;
            return;
        }
    }
    inquiries.push_back(std::move(more));
}

Decision decide_approved(
    const Ticket& ticket,
    const Policy& policy,
    const ApproverFacts& facts,
    const RequestKind kind,
    const Request* stored
) {
    if (!ticket.malformed.empty()) {
        return Park("jira.malformed_ticket", ticket.malformed);
    }
    if (auto why = kind != RequestKind::remove ? denied(ticket, policy.denies, facts) : std::nullopt) {
        return Park(std::move(why->code), std::move(why->reason));
    }
    const AccessRule* rule = policy.rule(ticket.application, ticket.access_type);
    if (rule == nullptr) {
        return no_rule(ticket.application, ticket.access_type);
    }
    if (kind == RequestKind::remove) {
        return decide_removal(ticket, policy, facts, *rule);
    }
    const AccessRule* replaced = nullptr;
    if (kind == RequestKind::change && !ticket.replaced_type.empty()) {
        replaced = policy.rule(ticket.application, ticket.replaced_type);
        if (replaced == nullptr) {
            return no_rule(ticket.application, ticket.replaced_type);
        }
        if (replaced == rule) {
            return Park(
                "request.no_change",
                "the access type that goes is the one that comes, \"" + escape_text(ticket.access_type, 80) +
                    "\"; correct the ticket"
            );
        }
    }
    if (auto why = not_allowed_to_ask(ticket, *rule, facts)) {
        return Park(std::move(why->code), std::move(why->reason));
    }
    // Not parked: the requester fills the field in, and the ticket is looked at again.
    if (auto why = lacks_reason(ticket, *rule)) {
        return Distrust(Unproven(std::move(why->code), std::move(why->reason)));
    }
    std::optional<Duration> duration = rule->max_duration;
    if (!ticket.duration.empty()) {
        const auto wished = parse_lease_duration(ticket.duration);
        if (!wished) {
            return Park(
                "request.bad_duration",
                "the duration \"" + escape_text(ticket.duration, 80) +
                    "\" is not understood; write it like \"30 days\""
            );
        }
        duration = std::min(*wished, duration.value_or(*wished));
    }
    auto judged = prove(ticket, policy.portal, *rule, facts);
    if (auto* refusal = std::get_if<Unproven>(&judged)) {
        return Distrust(std::move(*refusal));
    }
    if (is_spent(std::get<Proof>(judged), stored)) {
        return Distrust(Unproven(
            "proof.spent", "the access that was approved has ended since; the request must be approved again"
        ));
    }
    // Whoever says what is given does not thereby say what is taken.
    auto taken = replaced != nullptr ? prove(ticket, policy.portal, *replaced, facts) : judged;
    if (auto* refusal = std::get_if<Unproven>(&taken)) {
        return Distrust(std::move(*refusal));
    }
    Approve approval(rule, duration, std::get<Proof>(std::move(judged)));
    approval.kind = kind;
    approval.replaced = replaced;
    return approval;
}

} // namespace

const AccessRule* Policy::rule(const std::string& application, const std::string& access_type) const {
    return rules.find(application, access_type);
}

std::vector<Inquiry> facts_needed(const Ticket& ticket, const Policy& policy) {
    std::vector<Inquiry> inquiries;
    const AppStatus* status = status_here(ticket, policy.portal, nullptr);
    const RequestKind* kind = policy.portal.request_kind(ticket.request_type_id);
    const bool judged = status != nullptr && *status == AppStatus::approved && kind != nullptr;
    if (!judged || !has_evidence(ticket, policy.portal)) {
        return inquiries;
    }
    if (auto inquiry = beneficiary_to_look_up(ticket, policy.denies)) {
        ask(inquiries, std::move(*inquiry));
    }
    const AccessRule* rule = policy.rule(ticket.application, ticket.access_type);
    if (rule == nullptr) {
        return inquiries;
    }
    if (auto inquiry = reporter_to_look_up(ticket, *rule)) {
        ask(inquiries, std::move(*inquiry));
    }
    const AccessRule* replaced = nullptr;
    if (*kind == RequestKind::change) {
        replaced = policy.rule(ticket.application, ticket.replaced_type);
    }
    for (const AccessRule* one : {rule, replaced}) {
        for (std::string& id : one != nullptr ? approvers_to_look_up(ticket, policy.portal, *one)
                                              : std::vector<std::string>()) {
            ask(inquiries, Inquiry(std::move(id), !one->approvers.groups.empty()));
        }
    }
    return inquiries;
}

Decision
decide(const Ticket& ticket, const Policy& policy, const ApproverFacts& facts, const Request* stored) {
    const FieldChange* change = last_status_change(ticket);
    if (change != nullptr && change->to != ticket.status_id) {
        return ReadAgain();
    }
    if (already_handled(ticket, stored)) {
        return Nothing();
    }
    const AppStatus* status = status_here(ticket, policy.portal, stored);
    if (status == nullptr) {
        return decide_unmapped(ticket, policy, stored);
    }
    const RequestKind* kind = policy.portal.request_kind(ticket.request_type_id);
    if (kind == nullptr && stored == nullptr) {
        return Nothing();
    }
    if (*status != AppStatus::approved) {
        return End(std::string(to_string(*status)), actor_of(change));
    }
    if (kind == nullptr) {
        // What was approved was another type of request: nothing may be granted any more.
        return is_unfinished(stored) ? Decision(End("withdrawn", std::string())) : Decision(Nothing());
    }
    if (!has_evidence(ticket, policy.portal)) {
        return ReadAgain();
    }
    Decision decision = decide_approved(ticket, policy, facts, *kind, stored);
    if (still_stands(ticket, stored, decision)) {
        return Nothing();
    }
    return decision;
}

} // namespace accessd
