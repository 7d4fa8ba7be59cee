#pragma once

#include "core/policy/facts.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace accessd {

/// Why a request may not be granted, however well it was approved.
class Restriction {
public:
    Restriction(std::string why_code, std::string why) : code(std::move(why_code)), reason(std::move(why)) {}

    std::string code;
    std::string reason; ///< one sentence for the ticket, without an end mark
};

/// Whether a deny rule matches somebody's request for such an access; `unknown` when it depends on an address
/// or on groups that `facts` does not tell. Without a beneficiary only a rule for everybody matches.
Membership matches(
    const DenyRule& deny,
    const std::string& application,
    const std::string& access_type,
    const std::optional<Person>& beneficiary,
    const ApproverFacts& facts
);

/// "rule.denied" when a deny rule matches. One that would match if Jira told an address or the groups of the
/// beneficiary matches: it must not be slipped past by hiding them.
std::optional<Restriction>
denied(const Ticket& ticket, const std::vector<DenyRule>& denies, const ApproverFacts& facts);

/// "request.not_allowed" when the rule says who may ask and the reporter is none of them.
std::optional<Restriction>
not_allowed_to_ask(const Ticket& ticket, const AccessRule& rule, const ApproverFacts& facts);

/// "request.reason_missing" when the rule asks for a reason and the ticket's is blank.
std::optional<Restriction> lacks_reason(const Ticket& ticket, const AccessRule& rule);

/// The beneficiary when a deny rule cannot be judged by the ticket alone.
std::optional<Inquiry> beneficiary_to_look_up(const Ticket& ticket, const std::vector<DenyRule>& denies);

/// The reporter when the ticket alone does not say whether they may ask.
std::optional<Inquiry> reporter_to_look_up(const Ticket& ticket, const AccessRule& rule);

} // namespace accessd
