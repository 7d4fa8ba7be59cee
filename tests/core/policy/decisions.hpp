#pragma once

#include "tests/core/policy/sample.hpp"

#include <array>
#include <string>

// What the tests of decide() ask of a decision.
namespace accessd::policy_test {

inline constexpr std::array all_phases = {
    Phase::resolving,
    Phase::granting,
    Phase::active,
    Phase::ending,
    Phase::ended,
    Phase::unproven,
    Phase::parked};
static_assert(all_phases.size() == phase_count);

inline bool is_at_work(Phase phase) {
    return phase == Phase::resolving || phase == Phase::granting;
}

/// What the ledger holds after the ticket was decided on as it is now.
inline Request handled(const Ticket& ticket, Phase phase) {
    Request request;
    request.issue_id = ticket.issue_id;
    request.status_entry = status_entry_id(ticket);
    request.updated_at = ticket.updated_at;
    request.phase = phase;
    request.approved_at = at(std::chrono::minutes(10));
    request.revision = 1;
    return request;
}

inline std::string park_code(const Decision& decision) {
    const auto* park = std::get_if<Park>(&decision);
    return park != nullptr ? park->code : std::string();
}

inline std::string end_code(const Decision& decision) {
    const auto* end = std::get_if<End>(&decision);
    return end != nullptr ? end->code : std::string();
}

inline bool is_nothing(const Decision& decision) {
    return std::holds_alternative<Nothing>(decision);
}

} // namespace accessd::policy_test
