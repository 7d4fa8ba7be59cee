#pragma once

#include "core/policy/proof.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

// What both kinds of evidence are judged by; of no use outside core/policy/proof*.cpp.
namespace accessd::proof {

/// Some sites cut a change's time to the second, and say nothing about it. A whole second stands for all of
/// it: of an edit that may have come after the approval it is not assumed that it came before.
TimePoint latest_moment(const FieldChange& change);

/// When the ticket last entered a status that ends access, at the latest; an approval from before it is
/// spent.
std::optional<TimePoint> last_ending(const Ticket& ticket, const Portal& portal);

/// A field that decides who gets what.
bool is_deciding(const FieldChange& change, const Portal& portal);

Unproven changed_after_approval(const FieldChange& change);

Unproven too_few_approvers(std::size_t wanted, std::size_t found);

enum class Apps : std::uint8_t {
    never,
    if_listed, ///< an app approves where the rule lists its account id
};

/// Why the yes of this person does not count; nothing when it does.
std::optional<Unproven> object_to(
    const Person& recorded,
    const Ticket& ticket,
    const AccessRule& rule,
    const ApproverFacts& facts,
    Apps apps
);

/// The ticket alone does not say what kind of account it is, or whether the rule allows it.
bool must_look_up(const Person& approver, const AccessRule& rule);

/// For `evidence = "transition"`, see prove().
std::variant<Proof, Unproven> prove_transition(
    const Ticket& ticket, const Portal& portal, const AccessRule& rule, const ApproverFacts& facts
);

} // namespace accessd::proof
