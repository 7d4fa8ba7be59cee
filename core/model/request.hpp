#pragma once

#include "core/model/access.hpp"
#include "core/model/result.hpp"
#include "core/model/rule.hpp"
#include "core/model/ticket.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace accessd {

/// Where a request stands.
enum class Phase : std::uint8_t {
    resolving, ///< proven; the account and the entitlements are being looked up
    granting,  ///< at least one target is still wanted and not held
    active,    ///< every target is held: the lease lives
    ending,    ///< at least one target must still go
    ended,     ///< nothing is held through this request any more
    unproven,  ///< the approval did not hold; waits for the ticket to change
    parked,    ///< needs a human; shown in the ticket, the log and the store
};

inline constexpr std::size_t phase_count = 7;

std::string_view to_string(Phase phase);
std::optional<Phase> parse_phase(std::string_view text);

enum class TargetState : std::uint8_t {
    wanted,  ///< to be granted
    held,    ///< granted and seen
    ending,  ///< to be revoked
    leaving, ///< to be revoked as soon as what replaces it is held
    gone,    ///< revoked and seen to be absent
    kept,    ///< this request's claim ended, the membership stays: another lease or older than accessd
    refused, ///< cannot be granted; `error_*` says why
};

std::string_view to_string(TargetState state);
std::optional<TargetState> parse_target_state(std::string_view text);

/// A live lease: the target justifies the membership.
constexpr bool is_holding(TargetState state) {
    return state == TargetState::wanted || state == TargetState::held;
}

/// One entitlement of one request: its lease and how far it has come.
class Target {
public:
    Target() = default;

    AccessKey key;
    std::string entitlement_name;
    TargetState state = TargetState::wanted;
    bool spares = false;      ///< with `leaving` and `ending`: only what accessd granted goes
    std::string kept_because; ///< with `kept`: the other ticket's key, "preexisting" or "not_replaced"
    std::optional<TimePoint> expires_at;      ///< of the lease, counted from the confirmed grant
    std::optional<TimePoint> remind_at;       ///< when the ticket is told that it will end; empty: it is not
    std::uint32_t attempts = 0;               ///< failed attempts of the present operation
    std::optional<TimePoint> first_failed_at; ///< of the present operation
    std::optional<TimePoint> wake_at; ///< when to try next; empty: at once if wanted or ending, else never
    std::string error_code;
    std::string error_message;
};

/// One ticket that we act on. A value: machines take one and give the next one.
class Request {
public:
    Request() = default;

    std::string issue_id; ///< the identity
    std::string issue_key;
    std::string status_entry; ///< status_entry_id() that this state answers to
    Phase phase = Phase::resolving;
    RequestKind kind = RequestKind::grant; ///< what was approved
    std::string application;
    std::string access_type;
    std::vector<std::string> entitlement_names; ///< the rule's, frozen at the decision
    /// With a change: the access type that goes, and its entitlements; empty when the ticket names none.
    std::string replaced_type;
    std::vector<std::string> replaced_names;
    std::string rule_hash;
    std::string config_hash;
    bool revoke_preexisting = false;  ///< membership goes that was there before accessd, too
    std::optional<Duration> duration; ///< of the lease, already capped by the rule
    std::string beneficiary_id;       ///< Jira account id
    std::string beneficiary_email;
    std::string approver; ///< e-mail or account id of the (first) approver, for people
    std::optional<TimePoint> approved_at;
    std::string evidence; ///< canonical JSON of the proof; empty while unproven
    Account account;      ///< empty id: not resolved yet
    std::vector<Target> targets;
    std::string reason_code; ///< with `unproven`, `parked` and `ended`: why
    std::string reason;
    std::uint32_t attempts = 0; ///< failed attempts to resolve
    std::optional<TimePoint> first_failed_at;
    std::optional<TimePoint> wake_at; ///< of the request itself (resolving); targets have their own
    std::optional<TimePoint> vanished_at;
    TimePoint seen_at{};       ///< when accessd first saw it approved
    TimePoint updated_at{};    ///< Jira's `updated` of the ticket when it was last decided on
    std::int64_t revision = 0; ///< of the stored row; 0: not stored yet
};

/// The beneficiary, as far as the request knows them.
Person beneficiary_of(const Request& request);

/// Whether what the request wants may be granted now: it is at that, and its ticket can be read.
bool may_be_granted(const Request& request);

/// The earliest moment at which something about the request is due, expiry of a lease included.
std::optional<TimePoint> next_wake(const Request& request);

/// What a comment is about. Each is told at most once per status entry.
enum class TellKind : std::uint8_t { granted, removed, unproven, parked, expiring };

std::string_view to_string(TellKind kind);
std::optional<TellKind> parse_tell_kind(std::string_view text);

/// A message to the ticket that is still to be delivered: an outbox row.
class Tell {
public:
    Tell() = default;

    std::string issue_id;
    std::string issue_key;
    std::string status_entry;
    TellKind kind = TellKind::granted;
    std::vector<std::string> lines; ///< the comment's paragraphs, plain text, without the closing audit line
    std::int64_t audit_seq = 0;     ///< filled in by the store: the newest audit row of the same save
    std::string audit_head;         ///< its hash, 64 hex digits
    bool may_be_sent = false;       ///< an attempt had an unknown outcome: look for the marker first
    std::uint32_t attempts = 0;
    std::optional<TimePoint> wake_at;

    /// "1042/10077/granted": issue, status entry and kind; the identity of the row.
    std::string id() const;
};

} // namespace accessd
