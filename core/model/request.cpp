#include "core/model/request.hpp"

#include <algorithm>
#include <array>

namespace accessd {

namespace {

// Enumerators in order; their texts are stored, so they never change.
constexpr std::array<std::string_view, phase_count> phase_names = {
    "resolving", "granting", "active", "ending", "ended", "unproven", "parked"};
constexpr std::array<std::string_view, 7> target_state_names = {
    "wanted", "held", "ending", "leaving", "gone", "kept", "refused"};
constexpr std::array<std::string_view, 5> tell_kind_names = {
    "granted", "removed", "unproven", "parked", "expiring"};

template <class Enum, std::size_t N>
std::optional<Enum> parse_name(const std::array<std::string_view, N>& names, std::string_view text) {
    const auto found = std::find(names.begin(), names.end(), text);
    if (found == names.end()) {
        return std::nullopt;
    }
    return static_cast<Enum>(found - names.begin());
}

void keep_earlier(std::optional<TimePoint>& earliest, const std::optional<TimePoint>& when) {
    if (when && (!earliest || *when < *earliest)) {
        earliest = when;
    }
}

} // namespace

std::string_view to_string(Phase phase) {
    return phase_names[static_cast<std::size_t>(phase)];
}

std::optional<Phase> parse_phase(std::string_view text) {
    return parse_name<Phase>(phase_names, text);
}

std::string_view to_string(TargetState state) {
    return target_state_names[static_cast<std::size_t>(state)];
}

std::optional<TargetState> parse_target_state(std::string_view text) {
    return parse_name<TargetState>(target_state_names, text);
}

std::string_view to_string(TellKind kind) {
    return tell_kind_names[static_cast<std::size_t>(kind)];
}

std::optional<TellKind> parse_tell_kind(std::string_view text) {
    return parse_name<TellKind>(tell_kind_names, text);
}

Person beneficiary_of(const Request& request) {
    Person person;
    person.account_id = request.beneficiary_id;
    if (!request.beneficiary_email.empty()) {
        person.email = request.beneficiary_email;
    }
    return person;
}

bool may_be_granted(const Request& request) {
    return request.phase == Phase::granting && !request.vanished_at;
}

std::optional<TimePoint> next_wake(const Request& request) {
    std::optional<TimePoint> earliest;
    if (!request.vanished_at) {
        earliest = request.wake_at;
    }
    // What was to be granted waits for a ticket that is approved and can be read, however often it is woken.
    const bool grants = may_be_granted(request);
    for (const Target& target : request.targets) {
        if (grants || target.state != TargetState::wanted) {
            keep_earlier(earliest, target.wake_at);
        }
        if (target.state == TargetState::held) {
            keep_earlier(earliest, target.expires_at);
            keep_earlier(earliest, target.remind_at);
        }
    }
    return earliest;
}

std::string Tell::id() const {
    return issue_id + "/" + status_entry + "/" + std::string(to_string(kind));
}

} // namespace accessd
