#include "tests/core/engine/machine_laws.hpp"

#include <optional>
#include <sstream>

namespace accessd::engine_test {

namespace {

void describe_time(std::ostringstream& out, const char* name, const std::optional<TimePoint>& at) {
    if (at) {
        out << ' ' << name << '=' << format_utc(*at);
    }
}

void describe_target(std::ostringstream& out, const Target& target) {
    out << "\n  target " << target.key.entitlement << '/' << target.key.account << ' '
        << to_string(target.state) << " attempts=" << target.attempts << " kept=" << target.kept_because
        << " error=" << target.error_code << ':' << target.error_message;
    describe_time(out, "expires", target.expires_at);
    describe_time(out, "failed", target.first_failed_at);
    describe_time(out, "wake", target.wake_at);
}

void describe_access(std::ostringstream& out, const StoredAccess& stored) {
    const Access& access = stored.access;
    out << "\n  access " << access.key.entitlement << '/' << access.key.account
        << " desired=" << access.desired << " generation=" << access.generation << " owned=" << access.owned
        << " preexisting=" << access.preexisting << " uncertain=" << access.grant_uncertain
        << " watch=" << access.watch_stage;
    describe_time(out, "at", access.watch_at);
    if (access.intent) {
        out << " intent=" << to_string(access.intent->operation) << " by " << access.intent->issue_id;
        describe_time(out, "since", access.intent->at);
    }
    for (const auto& [issue, key] : stored.holders) {
        out << " holder=" << issue;
    }
}

} // namespace

std::string describe(const Situation& situation) {
    const Request& r = situation.request;
    std::ostringstream out;
    out << r.issue_id << ' ' << r.issue_key << ' ' << r.status_entry << ' ' << to_string(r.phase) << ' '
        << r.application << '/' << r.access_type << " for " << r.beneficiary_id << '/' << r.beneficiary_email
        << " account=" << r.account.id << '/' << r.account.name << " rule=" << r.rule_hash
        << " approver=" << r.approver << " evidence=" << r.evidence << " reason=" << r.reason_code << ':'
        << r.reason << " attempts=" << r.attempts << " preexisting=" << r.revoke_preexisting
        << " duration=" << (r.duration ? format_duration(*r.duration) : "none");
    describe_time(out, "approved", r.approved_at);
    describe_time(out, "failed", r.first_failed_at);
    describe_time(out, "wake", r.wake_at);
    describe_time(out, "vanished", r.vanished_at);
    describe_time(out, "seen", r.seen_at);
    describe_time(out, "updated", r.updated_at);
    for (const Target& target : r.targets) {
        describe_target(out, target);
    }
    for (const StoredAccess& stored : situation.accesses) {
        describe_access(out, stored);
    }
    return out.str();
}

} // namespace accessd::engine_test
