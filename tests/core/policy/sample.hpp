#pragma once

#include "core/policy/decide.hpp"
#include "core/policy/proof.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <utility>

// The request that the tests of the policy and of the engine's pure parts begin with: Jane asks for "User" in
// "Entra ID", Bob approves at minute 10, Jira moves the ticket in the same second.
namespace accessd::policy_test {

inline TimePoint at(std::chrono::milliseconds since_start) {
    const TimePoint start = std::chrono::sys_days(std::chrono::January / 1 / 2026);
    return start + since_start;
}

inline Person person(std::string id, std::string email) {
    Person person;
    person.account_id = std::move(id);
    if (!email.empty()) {
        person.email = std::move(email);
    }
    person.active = true;
    person.type = AccountType::atlassian;
    return person;
}

inline Person jane() {
    return person("id-jane", "jane@acme.example");
}

inline Person bob() {
    return person("id-bob", "bob@acme.example");
}

inline Person carol() {
    return person("id-carol", "carol@acme.example");
}

inline FieldChange
change(std::string history_id, TimePoint when, std::string field, std::string to, Person author = jane()) {
    FieldChange change;
    change.history_id = std::move(history_id);
    change.at = when;
    change.author = std::move(author);
    change.field_id = std::move(field);
    change.to = std::move(to);
    return change;
}

inline ApproverAnswer answer(Person approver, ApprovalDecision decision = ApprovalDecision::approved) {
    ApproverAnswer answer;
    answer.approver = std::move(approver);
    answer.decision = decision;
    return answer;
}

inline Approval approval(std::string id, TimePoint created, TimePoint completed, Person approver = bob()) {
    Approval approval;
    approval.id = std::move(id);
    approval.name = "Manager";
    approval.final_decision = ApprovalDecision::approved;
    approval.answers.push_back(answer(std::move(approver)));
    approval.created_at = created;
    approval.completed_at = completed;
    return approval;
}

namespace status {
inline const std::string waiting = "1";
inline const std::string approved = "2";
inline const std::string denied = "3";
inline const std::string revoked = "4";
inline const std::string declined = "5";
inline const std::string granted = "8"; ///< an outcome: means nothing to us
inline const std::string removed = "9"; ///< likewise
} // namespace status

inline Portal portal() {
    Portal portal;
    portal.project_id = "100";
    portal.project_key = "ACC";
    portal.request_types["7"] = RequestKind::grant;
    portal.request_types["8"] = RequestKind::remove;
    portal.request_types["9"] = RequestKind::change;
    portal.statuses[status::approved] = AppStatus::approved;
    portal.statuses[status::denied] = AppStatus::denied;
    portal.statuses[status::revoked] = AppStatus::revoked;
    portal.statuses[status::declined] = AppStatus::declined;
    portal.granted_status = status::granted;
    portal.removed_status = status::removed;
    portal.deciding_fields = {"cf_application", "cf_type", "cf_duration", "reporter", "project"};
    portal.own_account_id = "id-accessd";
    return portal;
}

inline AccessRule rule() {
    AccessRule rule;
    rule.application = "Entra ID";
    rule.access_type = "User";
    rule.groups = {"users"};
    rule.approvers.users = {"id-bob"};
    rule.hash = "0123456789abcdef";
    return rule;
}

inline Policy policy() {
    Policy policy;
    policy.portal = portal();
    policy.rules.push_back(rule());
    policy.config_hash = "config";
    return policy;
}

inline Ticket ticket() {
    using namespace std::chrono_literals;
    Ticket ticket;
    ticket.issue_id = "1042";
    ticket.issue_key = "ACC-42";
    ticket.project_id = "100";
    ticket.request_type_id = "7";
    ticket.status_id = status::approved;
    ticket.created_at = at(0min);
    ticket.updated_at = at(10min);
    ticket.reporter = jane();
    ticket.beneficiary = jane();
    ticket.application = "Entra ID";
    ticket.access_type = "User";
    ticket.changes.push_back(change("501", at(1min), "status", status::waiting));
    ticket.changes.push_back(change("502", at(10min), "status", status::approved, bob()));
    ticket.approvals.push_back(approval("31", at(1min), at(10min)));
    ticket.has_approvals = true;
    return ticket;
}

/// Moves the ticket to another status, the way Jira's history tells it.
inline void
move(Ticket& ticket, std::string history_id, TimePoint when, const std::string& to, Person author = bob()) {
    ticket.changes.push_back(change(std::move(history_id), when, "status", to, std::move(author)));
    ticket.status_id = to;
    ticket.updated_at = when;
}

/// The code of the objection; empty when the approval holds.
inline std::string objection(
    const Ticket& ticket, const AccessRule& rule = policy_test::rule(), const ApproverFacts& facts = {}
) {
    const auto judged = prove(ticket, portal(), rule, facts);
    const auto* unproven = std::get_if<Unproven>(&judged);
    return unproven != nullptr ? unproven->code : std::string();
}

} // namespace accessd::policy_test
