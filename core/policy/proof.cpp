#include "core/policy/proof.hpp"

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

bool ends_access(const Portal& portal, const std::string& status_id) {
    const AppStatus* status = portal.status(status_id);
    return status != nullptr && *status != AppStatus::approved;
}

/// Some sites cut a change's time to the second, and say nothing about it. A whole second stands for all of
/// it: of an edit that may have come after the approval it is not assumed that it came before.
TimePoint latest_moment(const FieldChange& change) {
    const bool may_be_cut = change.at == std::chrono::floor<std::chrono::seconds>(change.at);
    return may_be_cut ? change.at + 999ms : change.at;
}

/// When the ticket last entered a status that ends access; an approval from before it is spent.
std::optional<TimePoint> last_ending(const Ticket& ticket, const Portal& portal) {
    std::optional<TimePoint> last;
    for (const FieldChange& change : ticket.changes) {
        if (change.field_id == "status" && ends_access(portal, change.to)) {
            last = std::max(last.value_or(TimePoint::min()), latest_moment(change));
        }
    }
    return last;
}

/// The newest record of each step among those that are not spent, oldest first.
std::vector<const Approval*> counting_approvals(const Ticket& ticket, const Portal& portal) {
    const auto ending = last_ending(ticket, portal);
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

bool listed(const std::vector<std::string>& users, const Person& person) {
    return std::any_of(users.begin(), users.end(), [&](const std::string& user) {
        if (user == person.account_id) {
            return true;
        }
        return person.email && is_plain_email(user) && is_plain_email(*person.email) &&
               fold_email(user) == fold_email(*person.email);
    });
}

bool shares_group(const std::vector<std::string>& allowed, const std::vector<std::string>& groups) {
    return std::any_of(allowed.begin(), allowed.end(), [&](const std::string& group) {
        return std::find(groups.begin(), groups.end(), group) != groups.end();
    });
}

std::string shown(const Person& person) {
    return escape_text(person.email.value_or(person.account_id));
}

/// The record knows who it was; the user resource knows what they are today. Missing facts never help.
Person known_person(const Person& recorded, const ApproverFacts& facts) {
    const auto found = facts.people.find(recorded.account_id);
    if (found == facts.people.end()) {
        return recorded;
    }
    Person person = found->second;
    person.active = person.active && recorded.active;
    if (!person.email) {
        person.email = recorded.email;
    }
    return person;
}

/// Accounts differ where one human has a portal-only and a full account; the address gives them away.
bool same_human(const Person& left, const Person& right) {
    const bool same_address = left.email && right.email && is_plain_email(*left.email) &&
                              fold_email(*left.email) == fold_email(*right.email);
    return left.account_id == right.account_id || same_address;
}

std::optional<Unproven>
object_to(const Person& recorded, const Ticket& ticket, const AccessRule& rule, const ApproverFacts& facts) {
    const Person person = known_person(recorded, facts);
    if (person.account_id.empty()) {
        return Unproven(
            "proof.unknown_approver", "the approval names an approver who no longer exists in Jira"
        );
    }
    const bool is_beneficiary = ticket.beneficiary && same_human(*ticket.beneficiary, person);
    const bool is_own = is_beneficiary || same_human(ticket.reporter, person);
    if (is_own && !is_planted(Mutant::self_approval)) {
        return Unproven(
            "proof.self_approval",
            shown(person) + " approved a request that they raised or benefit from; somebody else must approve"
        );
    }
    if (!person.active || person.type != AccountType::atlassian) {
        return Unproven(
            "proof.approver_inactive",
            "approver " + shown(person) + " is not an active user; an allowed approver must approve"
        );
    }
    const auto groups = facts.groups.find(person.account_id);
    const bool by_group = groups != facts.groups.end() && shares_group(rule.approvers.groups, groups->second);
    if (!listed(rule.approvers.users, person) && !by_group) {
        return Unproven(
            "proof.approver_not_allowed",
            shown(person) + " is not an approver of \"" + escape_text(rule.application) + "\" / \"" +
                escape_text(rule.access_type) + "\"; an approver that the access rule names must approve"
        );
    }
    return std::nullopt;
}

/// From when on the deciding fields must not have changed. With several answers in one record the moment of
/// the first is not known, so its whole life counts.
TimePoint fence_of(const Approval& approval) {
    const auto yes = std::count_if(approval.answers.begin(), approval.answers.end(), said_yes);
    return yes > 1 ? approval.created_at : *approval.completed_at;
}

const FieldChange* changed_after(const Ticket& ticket, const Portal& portal, TimePoint fence) {
    for (const FieldChange& change : ticket.changes) {
        const bool deciding =
            std::find(portal.deciding_fields.begin(), portal.deciding_fields.end(), change.field_id) !=
            portal.deciding_fields.end();
        if (deciding && latest_moment(change) > fence) {
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
            return Unproven(
                "proof.changed_after_approval",
                "field " + escape_text(change->field_id, 80) + " was changed after the approval, by " +
                    shown(change->author) + "; the request must be approved again"
            );
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
    evidence["kind"] = "approval";
    evidence["approvals"] = std::move(approvals);
    evidence["status"] = ticket.status_id;
    evidence["status_change"] = entered->history_id;
    evidence["status_changed"] = format_utc(entered->at);
    evidence["status_author"] = entered->author.account_id;
    return canonical_json(evidence);
}

} // namespace

std::vector<std::string>
approvers_to_look_up(const Ticket& ticket, const Portal& portal, const AccessRule& rule) {
    std::vector<std::string> wanted;
    for (const Approval* approval : counting_approvals(ticket, portal)) {
        for (const ApproverAnswer& answer : approval->answers) {
            const std::string& id = answer.approver.account_id;
            // The service desk often does not say what kind of account it is.
            const bool sure = id.empty() || (answer.approver.type != AccountType::unknown &&
                                             listed(rule.approvers.users, answer.approver));
            if (said_yes(answer) && !sure && std::find(wanted.begin(), wanted.end(), id) == wanted.end()) {
                wanted.push_back(id);
            }
        }
    }
    return wanted;
}

std::variant<Proof, Unproven>
prove(const Ticket& ticket, const Portal& portal, const AccessRule& rule, const ApproverFacts& facts) {
    const auto counting = counting_approvals(ticket, portal);
    Proof proof;
    if (is_planted(Mutant::approval_not_checked)) {
        proof.approver = "nobody";
        proof.evidence = "{}";
        return proof;
    }
    if (auto objection = object_to_records(counting)) {
        return std::move(*objection);
    }
    for (const Approval* approval : counting) {
        for (const ApproverAnswer& answer : approval->answers) {
            if (!said_yes(answer)) {
                continue;
            }
            if (auto objection = object_to(answer.approver, ticket, rule, facts)) {
                return std::move(*objection);
            }
            if (proof.approver.empty()) {
                const Person person = known_person(answer.approver, facts);
                proof.approver = person.email.value_or(person.account_id);
            }
        }
        proof.approved_at = std::max(proof.approved_at, *approval->completed_at);
    }
    if (auto objection = object_to_times(ticket, portal, counting)) {
        return std::move(*objection);
    }
    proof.evidence = evidence_of(ticket, counting);
    return proof;
}

} // namespace accessd
