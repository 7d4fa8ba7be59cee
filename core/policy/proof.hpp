#pragma once

#include "core/model/rule.hpp"
#include "core/model/ticket.hpp"
#include "core/policy/facts.hpp"

#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace accessd {

/// An approval that holds.
class Proof {
public:
    Proof() = default;

    std::string approver; ///< e-mail or account id of the first approver, for people
    TimePoint approved_at{};
    std::string evidence; ///< canonical JSON: its source, who, the records and times, the status change
};

/// Why an approval does not hold, and what to do about it.
class Unproven {
public:
    Unproven(std::string why_code, std::string why) : code(std::move(why_code)), reason(std::move(why)) {}

    std::string code;   ///< "proof.no_approval", "proof.self_approval", ...; stable
    std::string reason; ///< one sentence for the ticket, without an end mark
};

/// Account ids of those whose yes counts and about whom the ticket does not say enough for prove(): whether
/// the rule allows them, or what kind of account they are.
std::vector<std::string>
approvers_to_look_up(const Ticket& ticket, const Portal& portal, const AccessRule& rule);

/// Judges a ticket in an approved status.
///
/// By its approval records (`evidence = "approval"`) it holds when
/// - there are approval records since the ticket last entered a denied, revoked or declined status, and the
///   newest of every step says "approved";
/// - everybody who said yes in them is active, allowed by the rule, and none of beneficiary, reporter and the
///   one who raised the ticket on the reporter's behalf;
/// - they are at least as many different people as the rule asks for;
/// - the ticket's last status change came at or after the last decision (Jira's own clock; five seconds are
///   forgiven, since JSM writes the two apart);
/// - no deciding field changed after the first of those decisions.
///
/// By its last change of status (`evidence = "transition"`) it holds when
/// - who made it is one whose yes would count as above; an app only where the rule lists its account id;
/// - the rule asks for one approver: a transition has one actor;
/// - no deciding field changed with it or after it, neither by the order of the changelog nor by the clock;
/// - it came after the ticket last entered a denied, revoked or declined status, by both as well.
std::variant<Proof, Unproven>
prove(const Ticket& ticket, const Portal& portal, const AccessRule& rule, const ApproverFacts& facts);

} // namespace accessd
