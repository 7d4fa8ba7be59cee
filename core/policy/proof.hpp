#pragma once

#include "core/model/result.hpp"
#include "core/model/rule.hpp"
#include "core/model/ticket.hpp"

#include <map>
#include <string>
#include <variant>
#include <vector>

namespace accessd {

/// What Jira says about the people who approved, beyond the approval record itself.
class ApproverFacts {
public:
    ApproverFacts() = default;

    std::map<std::string, Person> people;                   ///< by account id
    std::map<std::string, std::vector<std::string>> groups; ///< names of Jira groups, by account id
    std::map<std::string, Error>
        unanswered; ///< by account id, why Jira could not be asked; nothing to judge by
};

/// An approval that holds.
class Proof {
public:
    Proof() = default;

    std::string approver; ///< e-mail or account id of the first approver, for people
    TimePoint approved_at{};
    std::string evidence; ///< canonical JSON: approval records, approvers, times, the status change
};

/// Why an approval does not hold, and what to do about it.
class Unproven {
public:
    Unproven(std::string why_code, std::string why) : code(std::move(why_code)), reason(std::move(why)) {}

    std::string code;   ///< "proof.no_approval", "proof.self_approval", ...; stable
    std::string reason; ///< one sentence for the ticket, without an end mark
};

/// Account ids of those who said yes in the approvals that count and about whom the record does not say
/// enough for prove(): whether the rule allows them, or what kind of account they are.
std::vector<std::string>
approvers_to_look_up(const Ticket& ticket, const Portal& portal, const AccessRule& rule);

/// Judges a ticket in an approved status by its approval records (`evidence = "approval"`). It holds when
/// - there are approval records since the ticket last entered a denied, revoked or declined status, and the
///   newest of every step says "approved";
/// - everybody who said yes in them is active, allowed by the rule, and neither beneficiary nor reporter;
/// - the ticket's last status change came at or after the last decision (Jira's own clock; five seconds are
///   forgiven, since JSM writes the two apart);
/// - no deciding field changed after the first of those decisions.
std::variant<Proof, Unproven>
prove(const Ticket& ticket, const Portal& portal, const AccessRule& rule, const ApproverFacts& facts);

} // namespace accessd
