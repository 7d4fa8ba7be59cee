#include "core/policy/proof_parts.hpp"

#include "core/support/mutant.hpp"
#include "core/support/text.hpp"

#include <algorithm>
#include <chrono>

namespace accessd::proof {

namespace {

using namespace std::chrono_literals;

bool ends_access(const Portal& portal, const std::string& status_id) {
    const AppStatus* status = portal.status(status_id);
    return status != nullptr && *status != AppStatus::approved;
}

/// Reporter, beneficiary, or who raised it on behalf of the reporter. An integration that raises everybody's
/// tickets is no party to them.
bool is_party(const Person& person, const Ticket& ticket, const ApproverFacts& facts) {
    const auto is_same = [&](const Person& party) {
        return same_human(party, person) || same_human(known_person(party, facts), person);
    };
    const bool raised =
        ticket.creator && ticket.creator->type != AccountType::app && is_same(*ticket.creator);
    return raised || is_same(ticket.reporter) || (ticket.beneficiary && is_same(*ticket.beneficiary));
}

bool lists_account(const AccessRule& rule, const std::string& account_id) {
    const auto& users = rule.approvers.users;
    return std::find(users.begin(), users.end(), account_id) != users.end();
}

} // namespace

TimePoint latest_moment(const FieldChange& change) {
    const bool may_be_cut = change.at == std::chrono::floor<std::chrono::seconds>(change.at);
    return may_be_cut ? change.at + 999ms : change.at;
}

std::optional<TimePoint> last_ending(const Ticket& ticket, const Portal& portal) {
    std::optional<TimePoint> last;
    for (const FieldChange& change : ticket.changes) {
        if (change.field_id == "status" && ends_access(portal, change.to)) {
            last = std::max(last.value_or(TimePoint::min()), latest_moment(change));
        }
    }
    return last;
}

bool is_deciding(const FieldChange& change, const Portal& portal) {
    const auto& fields = portal.deciding_fields;
    return std::find(fields.begin(), fields.end(), change.field_id) != fields.end();
}

Unproven changed_after_approval(const FieldChange& change) {
    return Unproven(
        "proof.changed_after_approval",
        "field " + escape_text(change.field_id, 80) + " was changed after the approval, by " +
            shown(change.author) + "; the request must be approved again"
    );
}

Unproven too_few_approvers(std::size_t wanted, std::size_t found) {
    return Unproven(
        "proof.too_few_approvers",
        "this access needs " + std::to_string(wanted) + " different approvers and has " +
            std::to_string(found) + "; somebody else must approve, too"
    );
}

std::optional<Unproven> object_to(
    const Person& recorded,
    const Ticket& ticket,
    const AccessRule& rule,
    const ApproverFacts& facts,
    Apps apps
) {
    const Person person = known_person(recorded, facts);
    if (person.account_id.empty()) {
        return Unproven(
            "proof.unknown_approver", "the approval names an approver who no longer exists in Jira"
        );
    }
    if (is_party(person, ticket, facts) && !is_planted(Mutant::self_approval)) {
        return Unproven(
            "proof.self_approval",
            shown(person) + " approved a request that they raised or benefit from; somebody else must approve"
        );
    }
    const bool is_app =
        apps == Apps::if_listed && person.type == AccountType::app && lists_account(rule, person.account_id);
    if (!person.active || (person.type != AccountType::atlassian && !is_app)) {
        return Unproven(
            "proof.approver_inactive",
            "approver " + shown(person) + " is not an active user; an allowed approver must approve"
        );
    }
    if (membership(rule.approvers, recorded, facts) != Membership::yes) {
        return Unproven(
            "proof.approver_not_allowed",
            shown(person) + " is not an approver of \"" + escape_text(rule.application) + "\" / \"" +
                escape_text(rule.access_type) + "\"; an approver that the access rule names must approve"
        );
    }
    return std::nullopt;
}

bool must_look_up(const Person& approver, const AccessRule& rule) {
    if (approver.account_id.empty()) {
        return false;
    }
    const bool listed = membership(rule.approvers, approver, {}) == Membership::yes;
    return approver.type == AccountType::unknown || !listed;
}

} // namespace accessd::proof
