#include "core/policy/proof.hpp"

#include "core/policy/proof_parts.hpp"
#include "core/support/json.hpp"
#include "core/support/mutant.hpp"
#include "core/support/text.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

namespace accessd {

namespace {

using namespace std::chrono_literals;

// JSM completes the approval and moves the ticket in two writes of its own.
constexpr Duration clock_grace = 5s;

/// The newest record of each step among those that are not spent, oldest first.
std::vector<const Approval*> counting_approvals(const Ticket& ticket, const Portal& portal) {
    const auto ending = proof::last_ending(ticket, portal);
    std::vector<const Approval*> counting;
    for (const Approval& approval : ticket.approvals) {
        if (ending && approval.completed_at.value_or(approval.created_at) <= *ending) {
            continue;
        }
        std::erase_if(counting, [&](const Approval* earlier) { return earlier->name == approval.name; });
        counting.push_back(&approval);
    }
    return counting;
}

bool said_yes(const ApproverAnswer& answer) {
    return answer.decision == ApprovalDecision::approved;
}

/// From when on the deciding fields must not have changed. With several answers in one record the moment of
/// the first is not known, so its whole life counts.
TimePoint fence_of(const Approval& approval) {
    const auto yes = std::count_if(approval.answers.begin(), approval.answers.end(), said_yes);
    return yes > 1 ? approval.created_at : *approval.completed_at;
}

const FieldChange* changed_after(const Ticket& ticket, const Portal& portal, TimePoint fence) {
    for (const FieldChange& change : ticket.changes) {
        if (proof::is_deciding(change, portal) && proof::latest_moment(change) > fence) {
            return &change;
        }
    }
    return nullptr;
}

std::optional<Unproven> object_to_records(const std::vector<const Approval*>& counting) {
    if (counting.empty()) {
        return Unproven(
            "proof.no_approval",
            "the status says approved, but there is no approval behind it; use the approval step"
        );
    }
    for (const Approval* approval : counting) {
        if (approval->final_decision != ApprovalDecision::approved || !approval->completed_at) {
            return Unproven(
                "proof.not_approved",
                "the approval step \"" + escape_text(approval->name, 80) +
                    "\" is not approved; approve it there"
            );
        }
        if (std::none_of(approval->answers.begin(), approval->answers.end(), said_yes)) {
            return Unproven(
                "proof.no_approver",
                "the approval step \"" + escape_text(approval->name, 80) + "\" names nobody who approved"
            );
        }
    }
    return std::nullopt;
}

std::optional<Unproven>
object_to_times(const Ticket& ticket, const Portal& portal, const std::vector<const Approval*>& counting) {
    const FieldChange* entered = last_status_change(ticket);
    if (entered == nullptr) {
        return Unproven(
            "proof.no_transition", "the ticket was created in its approved status; it must be approved there"
        );
    }
    for (const Approval* approval : counting) {
        if (entered->at + clock_grace < *approval->completed_at) {
            return Unproven(
                "proof.status_before_approval",
                "the ticket was moved to its status before the approval was given; move it again"
            );
        }
        if (const FieldChange* change = changed_after(ticket, portal, fence_of(*approval))) {
            return proof::changed_after_approval(*change);
        }
    }
    return std::nullopt;
}

std::string evidence_of(const Ticket& ticket, const std::vector<const Approval*>& counting) {
    boost::json::array approvals;
    for (const Approval* approval : counting) {
        boost::json::array approvers;
        for (const ApproverAnswer& answer : approval->answers) {
            if (said_yes(answer)) {
                approvers.emplace_back(answer.approver.account_id);
            }
        }
        boost::json::object record;
        record["id"] = approval->id;
        record["approvers"] = std::move(approvers);
        record["completed"] = format_utc(*approval->completed_at);
        approvals.emplace_back(std::move(record));
    }
    const FieldChange* entered = last_status_change(ticket);
    boost::json::object evidence;
    evidence["source"] = "approval";
    evidence["approvals"] = std::move(approvals);
    evidence["status"] = ticket.status_id;
    evidence["status_change"] = entered->history_id;
    evidence["status_changed"] = format_utc(entered->at);
    evidence["status_author"] = entered->author.account_id;
    return canonical_json(evidence);
}

/// How many people said yes. Accounts are one person where they share an address, also by way of a third.
std::size_t count_humans(const std::vector<const Approval*>& counting, const ApproverFacts& facts) {
    std::vector<std::vector<Person>> humans;
    for (const Approval* approval : counting) {
        for (const ApproverAnswer& answer : approval->answers) {
            if (!said_yes(answer)) {
                continue;
            }
            std::vector<Person> human = {known_person(answer.approver, facts)};
            std::erase_if(humans, [&](const std::vector<Person>& other) {
                const bool same = std::any_of(other.begin(), other.end(), [&](const Person& one) {
                    return same_human(one, human.front());
                });
                if (same) {
                    human.insert(human.end(), other.begin(), other.end());
                }
                return same;
            });
            humans.push_back(std::move(human));
        }
    }
    return humans.size();
}

std::optional<Unproven> object_to_people(
    const Ticket& ticket,
    const AccessRule& rule,
    const ApproverFacts& facts,
    const std::vector<const Approval*>& counting
) {
    for (const Approval* approval : counting) {
        for (const ApproverAnswer& answer : approval->answers) {
            if (!said_yes(answer)) {
                continue;
            }
            if (auto objection = proof::object_to(answer.approver, ticket, rule, facts, proof::Apps::never)) {
                return objection;
            }
        }
    }
    const std::size_t found = count_humans(counting, facts);
    if (found < rule.approvers.minimum) {
        return proof::too_few_approvers(rule.approvers.minimum, found);
    }
    return std::nullopt;
}

std::string first_approver(const std::vector<const Approval*>& counting, const ApproverFacts& facts) {
    const auto& answers = counting.front()->answers;
    return name_of(known_person(std::find_if(answers.begin(), answers.end(), said_yes)->approver, facts));
}

std::variant<Proof, Unproven> prove_approval(
    const Ticket& ticket, const Portal& portal, const AccessRule& rule, const ApproverFacts& facts
) {
    const auto counting = counting_approvals(ticket, portal);
    if (auto objection = object_to_records(counting)) {
        return std::move(*objection);
    }
    if (auto objection = object_to_people(ticket, rule, facts, counting)) {
        return std::move(*objection);
    }
    if (auto objection = object_to_times(ticket, portal, counting)) {
        return std::move(*objection);
    }
    Proof proof;
    proof.approver = first_approver(counting, facts);
    for (const Approval* approval : counting) {
        proof.approved_at = std::max(proof.approved_at, *approval->completed_at);
    }
    proof.evidence = evidence_of(ticket, counting);
    return proof;
}

void add_unknown(std::vector<std::string>& wanted, const Person& approver, const AccessRule& rule) {
    const bool listed = std::find(wanted.begin(), wanted.end(), approver.account_id) != wanted.end();
    if (!listed && proof::must_look_up(approver, rule)) {
        wanted.push_back(approver.account_id);
    }
}

} // namespace

std::vector<std::string>
approvers_to_look_up(const Ticket& ticket, const Portal& portal, const AccessRule& rule) {
    std::vector<std::string> wanted;
    if (portal.evidence == EvidenceSource::transition) {
        if (const FieldChange* entered = last_status_change(ticket)) {
            add_unknown(wanted, entered->author, rule);
        }
        return wanted;
    }
    for (const Approval* approval : counting_approvals(ticket, portal)) {
        for (const ApproverAnswer& answer : approval->answers) {
            if (said_yes(answer)) {
                add_unknown(wanted, answer.approver, rule);
            }
        }
    }
    return wanted;
}

std::variant<Proof, Unproven>
prove(const Ticket& ticket, const Portal& portal, const AccessRule& rule, const ApproverFacts& facts) {
    if (is_planted(Mutant::approval_not_checked)) {
        Proof proof;
        proof.approver = "nobody";
        proof.evidence = "{}";
        return proof;
    }
    if (portal.evidence == EvidenceSource::transition) {
        return proof::prove_transition(ticket, portal, rule, facts);
    }
    return prove_approval(ticket, portal, rule, facts);
}

} // namespace accessd
