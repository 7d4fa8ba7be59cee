#pragma once

#include "core/model/request.hpp"
#include "core/model/rule.hpp"
#include "core/model/ticket.hpp"
#include "core/policy/proof.hpp"
#include "core/policy/rule_set.hpp"

#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace accessd {

/// The rules in force and what they were made from.
class Policy {
public:
    Policy() = default;

    Portal portal;
    RuleSet rules;
    std::vector<DenyRule> denies; ///< each beats every rule
    std::string config_hash;

    /// The one rule for this application and access type (compared exactly), or null.
    const AccessRule* rule(const std::string& application, const std::string& access_type) const;
};

/// Nothing to do: not a ticket of ours, or this status entry was handled.
class Nothing {
public:
    Nothing() = default;
};

/// Issue and changelog do not fit together: read between two writes. Read it again at the next poll.
class ReadAgain {
public:
    ReadAgain() = default;
};

/// An approval that holds, for a rule that exists.
class Approve {
public:
    Approve(const AccessRule* approved_rule, std::optional<Duration> how_long, Proof approved_proof)
        : rule(approved_rule), duration(how_long), proof(std::move(approved_proof)) {}

    const AccessRule* rule;                ///< the policy's
    RequestKind kind = RequestKind::grant; ///< what was asked for
    /// With a change: the policy's rule for what goes; null when the ticket does not name it.
    const AccessRule* replaced = nullptr;
    std::optional<Duration> duration; ///< of the lease: the ticket's wish, capped by the rule; empty: no end
    Proof proof;
};

/// In an approved status that cannot be believed, or that lacks what the requester can add.
class Distrust {
public:
    explicit Distrust(Unproven refusal) : why(std::move(refusal)) {}

    Unproven why;
};

/// Approved, but nothing that accessd can carry out: needs a human.
class Park {
public:
    Park(std::string why_code, std::string why) : code(std::move(why_code)), reason(std::move(why)) {}

    std::string code; ///< "rule.none", "rule.denied", "request.not_allowed", "ticket.overtaken", ...
    std::string reason;
};

/// The claim on access ends: denied, revoked, declined, or moved out of the approved status, the project or
/// the request type before it was granted.
class End {
public:
    End(std::string why_code, std::string why_actor)
        : code(std::move(why_code)), actor(std::move(why_actor)) {}

    std::string code;  ///< "revoked", "denied", "declined", "withdrawn"
    std::string actor; ///< who moved the ticket: e-mail or account id; empty when unknown
};

using Decision = std::variant<Nothing, ReadAgain, Approve, Distrust, Park, End>;

/// Whom decide() must know more about than the ticket says; nobody twice. Empty for a ticket whose approval
/// is not to be judged.
std::vector<Inquiry> facts_needed(const Ticket& ticket, const Policy& policy);

/// What a freshly read ticket asks for, in the light of what was made of it before (`stored` may be null).
/// Pure. `facts` must cover facts_needed(); what it does not cover counts against the request.
Decision
decide(const Ticket& ticket, const Policy& policy, const ApproverFacts& facts, const Request* stored);

} // namespace accessd
