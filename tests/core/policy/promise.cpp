#include "tests/core/policy/promise.hpp"

#include "core/support/json.hpp"
#include "core/support/text.hpp"
#include "tests/core/policy/sample.hpp"

#include <algorithm>
#include <chrono>
#include <set>
#include <vector>

// The promise in plain words. Slow and simple on purpose; it shares no code with core/policy.
namespace accessd::policy_test {

namespace {

using namespace std::chrono_literals;

std::string address_of(const Person& one) {
    return one.email && is_plain_email(*one.email) ? ascii_lower(*one.email) : std::string();
}

/// As Jira knows them today, if it was asked.
Person today(const Person& recorded, const ApproverFacts& facts) {
    const auto known = facts.people.find(recorded.account_id);
    if (known == facts.people.end()) {
        return recorded;
    }
    Person who = known->second;
    who.email = who.email ? who.email : recorded.email;
    who.active = who.active && recorded.active;
    return who;
}

bool are_one(const Person& left, const Person& right) {
    const bool share_address = !address_of(left).empty() && address_of(left) == address_of(right);
    return left.account_id == right.account_id || share_address;
}

/// Whether the set names somebody; nothing when that depends on what Jira did not tell.
std::optional<bool> names(const PersonSet& set, const Person& recorded, const ApproverFacts& facts) {
    const Person who = today(recorded, facts);
    bool open = false;
    for (const std::string& user : set.users) {
        if (!user.empty() && (user == who.account_id || ascii_lower(user) == address_of(who))) {
            return true;
        }
        const bool has_none = !who.email || who.email->empty();
        open = open || (user.find('@') != std::string::npos && has_none);
    }
    for (const std::string& group : set.groups) {
        const auto groups = facts.groups.find(who.account_id);
        if (groups == facts.groups.end()) {
            open = true;
        } else if (std::count(groups->second.begin(), groups->second.end(), group) > 0) {
            return true;
        }
    }
    return open ? std::nullopt : std::optional(false);
}

/// Reporter, beneficiary, and the human who raised the ticket for the reporter.
bool is_party(const Person& who, const History& history) {
    std::vector<Person> parties = {history.ticket.reporter};
    if (history.ticket.beneficiary) {
        parties.push_back(*history.ticket.beneficiary);
    }
    if (history.ticket.creator && history.ticket.creator->type != AccountType::app) {
        parties.push_back(*history.ticket.creator);
    }
    return std::any_of(parties.begin(), parties.end(), [&](const Person& party) {
        return are_one(party, who) || are_one(today(party, history.facts), who);
    });
}

/// The yes of this person counts.
bool may_approve(const Person& recorded, const History& history, bool apps) {
    const AccessRule& rule = history.policy.rules.front();
    const Person who = today(recorded, history.facts);
    const bool is_listed =
        std::count(rule.approvers.users.begin(), rule.approvers.users.end(), who.account_id) > 0;
    const bool is_app = apps && who.type == AccountType::app && is_listed;
    if (who.account_id.empty() || !who.active || !(who.type == AccountType::atlassian || is_app)) {
        return false;
    }
    return !is_party(who, history) && names(rule.approvers, recorded, history.facts) == true;
}

/// A whole second may be a time that was cut to it.
TimePoint at_latest(const FieldChange& one) {
    const bool whole = one.at.time_since_epoch() % 1s == 0ms;
    return one.at + (whole ? 999ms : 0ms);
}

bool decides(const FieldChange& one) {
    return one.field_id != "status" && one.field_id != "summary" && one.field_id != "cf_reason";
}

bool ends(const FieldChange& one) {
    const bool status = one.to == status::denied || one.to == status::revoked || one.to == status::declined;
    return one.field_id == "status" && status;
}

/// The last time that somebody moved the ticket, as its place in the changelog; nothing when nobody did.
std::optional<std::size_t> last_move(const Ticket& ticket) {
    std::optional<std::size_t> last;
    for (std::size_t i = 0; i < ticket.changes.size(); ++i) {
        last = ticket.changes[i].field_id == "status" ? i : last;
    }
    return last;
}

/// An end came after it.
bool is_spent(const Approval& approval, const Ticket& ticket) {
    const TimePoint given = approval.completed_at.value_or(approval.created_at);
    return std::any_of(ticket.changes.begin(), ticket.changes.end(), [&](const FieldChange& one) {
        return ends(one) && given <= at_latest(one);
    });
}

bool record_holds(const Approval& approval, const History& history, std::vector<Person>& approvers) {
    if (approval.final_decision != ApprovalDecision::approved || !approval.completed_at) {
        return false;
    }
    unsigned yes = 0;
    for (const ApproverAnswer& one : approval.answers) {
        if (one.decision == ApprovalDecision::approved) {
            ++yes;
            approvers.push_back(today(one.approver, history.facts));
            if (!may_approve(one.approver, history, false)) {
                return false;
            }
        }
    }
    const TimePoint fence = yes > 1 ? approval.created_at : *approval.completed_at;
    for (const FieldChange& one : history.ticket.changes) {
        if (decides(one) && at_latest(one) > fence) {
            return false;
        }
    }
    const auto moved = last_move(history.ticket);
    return yes > 0 && moved && history.ticket.changes[*moved].at >= *approval.completed_at - 5s;
}

/// Everybody carries their own number at first; who is one carries the smaller, until nothing changes.
std::size_t count_people(const std::vector<Person>& people) {
    std::vector<std::size_t> number(people.size());
    for (std::size_t i = 0; i < people.size(); ++i) {
        number[i] = i;
    }
    for (std::size_t round = 0; round < people.size(); ++round) {
        for (std::size_t i = 0; i < people.size(); ++i) {
            for (std::size_t j = 0; j < people.size(); ++j) {
                if (are_one(people[i], people[j])) {
                    number[i] = std::min(number[i], number[j]);
                }
            }
        }
    }
    return std::set<std::size_t>(number.begin(), number.end()).size();
}

bool records_hold(const History& history) {
    const Ticket& ticket = history.ticket;
    std::vector<Person> approvers;
    for (std::size_t i = 0; i < ticket.approvals.size(); ++i) {
        const Approval& approval = ticket.approvals[i];
        bool counts = !is_spent(approval, ticket);
        for (std::size_t later = i + 1; later < ticket.approvals.size(); ++later) {
            const Approval& other = ticket.approvals[later];
            counts = counts && (other.name != approval.name || is_spent(other, ticket));
        }
        if (counts && !record_holds(approval, history, approvers)) {
            return false;
        }
    }
    return count_people(approvers) >= history.policy.rules.front().approvers.minimum;
}

bool transition_holds(const History& history) {
    const auto& changes = history.ticket.changes;
    const auto at = last_move(history.ticket);
    if (!at || changes[*at].to != history.ticket.status_id ||
        history.policy.rules.front().approvers.minimum > 1) {
        return false;
    }
    const FieldChange& moved = changes[*at];
    for (std::size_t i = 0; i < changes.size(); ++i) {
        const bool before = i < *at && changes[i].history_id != moved.history_id;
        if (decides(changes[i]) && (!before || at_latest(changes[i]) > moved.at)) {
            return false;
        }
        if (ends(changes[i]) && at_latest(changes[i]) >= moved.at) {
            return false;
        }
    }
    return may_approve(moved.author, history, true);
}

bool is_denied(const DenyRule& deny, const History& history) {
    const Ticket& ticket = history.ticket;
    const bool application = deny.application.empty() || deny.application == ticket.application;
    const bool type = deny.access_type.empty() || deny.access_type == ticket.access_type;
    if (!application || !type) {
        return false;
    }
    if (deny.people.users.empty() && deny.people.groups.empty()) {
        return true;
    }
    return ticket.beneficiary && names(deny.people, *ticket.beneficiary, history.facts) != false;
}

/// Read whole, in an approved status of our project.
bool lies_approved(const History& history) {
    const Ticket& ticket = history.ticket;
    const auto moved = last_move(ticket);
    const bool whole = moved && ticket.changes[*moved].to == ticket.status_id;
    const bool here = ticket.project_id == "100" && ticket.status_id == status::approved;
    const bool read = ticket.has_approvals || history.policy.portal.evidence == EvidenceSource::transition;
    return whole && here && read;
}

/// What the ticket asks for is something that the rule gives, to somebody who may ask.
bool may_ask(const History& history) {
    const Ticket& ticket = history.ticket;
    const AccessRule& rule = history.policy.rules.front();
    const bool known = ticket.application == rule.application && ticket.access_type == rule.access_type;
    const bool reason = !rule.require_reason || ticket.reason.find_first_not_of(" \n") != std::string::npos;
    const bool length = ticket.duration != "for ever" && ticket.duration != "0 days";
    const bool asker = !rule.requesters || names(*rule.requesters, ticket.reporter, history.facts) == true;
    return known && reason && length && asker && ticket.malformed.empty();
}

std::optional<std::string> wrong_approval(const Approve& approve, const History& history) {
    const AccessRule& rule = history.policy.rules.front();
    if (approve.rule != &rule) {
        return "I1: by the rule";
    }
    if (rule.max_duration && (!approve.duration || *approve.duration > *rule.max_duration)) {
        return "a lease is capped by the rule";
    }
    if (approve.duration.value_or(1min) <= 0s) {
        return "a lease is not over at once";
    }
    if (approve.proof.approver.empty() || !parse_json(approve.proof.evidence)) {
        return "I5: with evidence";
    }
    return std::nullopt;
}

/// An approval whose access ran out begins no other lease; a newer one does.
std::optional<std::string> used_again(const Approve& approve, const History& history) {
    Request ended = history.stored;
    ended.status_entry = "before";
    ended.phase = Phase::ended;
    ended.reason_code = "expired";
    ended.approved_at = approve.proof.approved_at;
    const Decision again = decide(history.ticket, history.policy, history.facts, &ended);
    if (!std::holds_alternative<Distrust>(again)) {
        return "an approval whose access ran out is not used again";
    }
    ended.approved_at = approve.proof.approved_at - 1ms;
    const Decision anew = decide(history.ticket, history.policy, history.facts, &ended);
    return std::holds_alternative<Approve>(anew) ? std::nullopt
                                                 : std::optional<std::string>("a newer approval counts");
}

} // namespace

bool approval_holds(const History& history) {
    const bool by_transition = history.policy.portal.evidence == EvidenceSource::transition;
    return by_transition ? transition_holds(history) : records_hold(history);
}

bool may_be_granted(const History& history) {
    const Ticket& ticket = history.ticket;
    const auto& denies = history.policy.denies;
    const bool denied = std::any_of(denies.begin(), denies.end(), [&](const DenyRule& deny) {
        return is_denied(deny, history);
    });
    return lies_approved(history) && ticket.request_type_id == "7" && !denied && may_ask(history) &&
           approval_holds(history);
}

bool may_be_removed(const History& history) {
    const Ticket& ticket = history.ticket;
    const AccessRule& rule = history.policy.rules.front();
    const bool known = ticket.application == rule.application && ticket.access_type == rule.access_type;
    return lies_approved(history) && ticket.request_type_id == "8" && known && ticket.malformed.empty() &&
           approval_holds(history);
}

std::optional<std::string> disagreement(const History& history) {
    const auto judged =
        prove(history.ticket, history.policy.portal, history.policy.rules.front(), history.facts);
    const auto* refusal = std::get_if<Unproven>(&judged);
    if ((refusal == nullptr) != approval_holds(history)) {
        return "prove() does not say what the promise says: " +
               (refusal != nullptr ? refusal->code : "believed");
    }
    const Decision fresh = decide(history.ticket, history.policy, history.facts, nullptr);
    const auto* approve = std::get_if<Approve>(&fresh);
    if ((approve != nullptr) != (may_be_granted(history) || may_be_removed(history))) {
        return std::string("I1: decide() ") + (approve != nullptr ? "approves" : "refuses") +
               " what the promise does not";
    }
    if (approve != nullptr && (approve->kind == RequestKind::remove) != may_be_removed(history)) {
        return "I1: decide() takes one kind of request for another";
    }
    if (approve != nullptr && approve->kind == RequestKind::grant) {
        if (auto wrong = wrong_approval(*approve, history)) {
            return wrong;
        }
        if (auto wrong = used_again(*approve, history)) {
            return wrong;
        }
    }
    const Decision later = decide(history.ticket, history.policy, history.facts, &history.stored);
    if (std::holds_alternative<Approve>(later) && !may_be_granted(history) && !may_be_removed(history)) {
        return "I1: decide() approves for a known ticket what the promise does not";
    }
    return std::nullopt;
}

} // namespace accessd::policy_test
