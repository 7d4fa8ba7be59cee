#include "core/policy/proof_parts.hpp"
#include "core/support/json.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <utility>

// Evidence by transition: whoever moved the ticket into its approved status approved it by doing so.
namespace accessd::proof {

namespace {

/// Changes of one entry of the changelog stand in no order, so what was changed together with the status
/// counts as changed afterwards. Across entries the order tells, and the clock where it knows better.
const FieldChange* changed_since(const Ticket& ticket, const Portal& portal, const FieldChange& entered) {
    bool since = false;
    for (const FieldChange& change : ticket.changes) {
        since = since || change.history_id == entered.history_id;
        if (is_deciding(change, portal) && (since || latest_moment(change) > entered.at)) {
            return &change;
        }
    }
    return nullptr;
}

std::string evidence_of(const Ticket& ticket, const FieldChange& entered) {
    boost::json::array approvers;
    approvers.emplace_back(entered.author.account_id);
    boost::json::object evidence;
    evidence["source"] = "transition";
    evidence["approvers"] = std::move(approvers);
    evidence["status"] = ticket.status_id;
    evidence["status_from"] = entered.from;
    evidence["status_change"] = entered.history_id;
    evidence["status_changed"] = format_utc(entered.at);
    return canonical_json(evidence);
}

} // namespace

std::variant<Proof, Unproven> prove_transition(
    const Ticket& ticket, const Portal& portal, const AccessRule& rule, const ApproverFacts& facts
) {
    const FieldChange* entered = last_status_change(ticket);
    if (entered == nullptr || entered->to != ticket.status_id) {
        return Unproven(
            "proof.no_transition", "the ticket was created in its approved status; it must be approved there"
        );
    }
    if (auto objection = object_to(entered->author, ticket, rule, facts, Apps::if_listed)) {
        return std::move(*objection);
    }
    if (rule.approvers.minimum > 1) {
        return too_few_approvers(rule.approvers.minimum, 1);
    }
    const auto ending = last_ending(ticket, portal);
    if (ending && *ending >= entered->at) {
        return Unproven(
            "proof.ended_since",
            "the ticket was denied, revoked or declined in the moment of its approval; move it again"
        );
    }
    if (const FieldChange* change = changed_since(ticket, portal, *entered)) {
        return changed_after_approval(*change);
    }
    Proof proof;
    proof.approver = name_of(known_person(entered->author, facts));
    proof.approved_at = entered->at;
    proof.evidence = evidence_of(ticket, *entered);
    return proof;
}

} // namespace accessd::proof
