#pragma once

#include "core/model/time.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace accessd {

/// Jira's kinds of account. A portal-only `customer` and an `app` are never beneficiaries or approvers.
enum class AccountType : std::uint8_t { atlassian, app, customer, unknown };

/// Somebody in Jira. Identity is the account id; names and e-mails are for people and for matching only.
class Person {
public:
    Person() = default;

    std::string account_id;
    std::string display_name;
    std::optional<std::string> email; ///< absent when Jira hides it from our account
    bool active = false;
    AccountType type = AccountType::unknown;
};

/// One field changed in one history entry. Values are Jira's ids (`from`/`to`), empty when Jira gave null.
class FieldChange {
public:
    FieldChange() = default;

    std::string history_id; ///< id of the history entry; numeric text, grows with time within an issue
    TimePoint at{};
    Person author;
    std::string field_id; ///< "status", "customfield_10010", ...; the field's name where Jira gives no id
    std::string from;
    std::string to;
};

enum class ApprovalDecision : std::uint8_t { pending, approved, declined };

class ApproverAnswer {
public:
    ApproverAnswer() = default;

    Person approver;
    ApprovalDecision decision = ApprovalDecision::pending;
};

/// One pass through a JSM approval step.
class Approval {
public:
    Approval() = default;

    std::string id;
    std::string name;
    ApprovalDecision final_decision = ApprovalDecision::pending;
    std::vector<ApproverAnswer> answers;
    TimePoint created_at{};
    std::optional<TimePoint> completed_at; ///< absent while pending
};

/// A ticket as it was read fresh: issue, changelog and approvals together. Search results are never one.
class Ticket {
public:
    Ticket() = default;

    std::string issue_id; ///< numeric text; the identity. The key changes when an issue is moved.
    std::string issue_key;
    std::string project_id;
    std::string issue_type_id;
    std::string request_type_id; ///< empty: not raised through the portal
    std::string status_id;
    std::string status_name;
    TimePoint created_at{};
    TimePoint updated_at{};
    Person reporter;
    std::optional<Person> creator;     ///< who raised it, maybe on behalf of the reporter; empty: not told
    std::optional<Person> beneficiary; ///< empty: the field is empty
    std::optional<Person> asked;       ///< who was asked to approve, where the portal records it
    std::string application;           ///< the option's text, empty when the field is empty
    std::string access_type;
    std::string replaced_type; ///< with a change: the access type that goes; empty: not told
    std::string reason;        ///< why access is asked for; its first 255 bytes
    std::string duration;      ///< text of the duration field; empty when there is none
    std::string malformed; ///< why a field that says what is wished for could not be read; empty: all were
    std::vector<FieldChange> changes; ///< whole history, oldest first
    std::vector<Approval> approvals;  ///< oldest first; read only for tickets in an approved status
    bool has_approvals = false;       ///< true when `approvals` was read (it may still be empty)
};

/// The id of the ticket's last change of status, or "created" when it never changed. One status entry is
/// handled once: the ledger is keyed by issue and this id.
std::string status_entry_id(const Ticket& ticket);

/// The change that brought the ticket into its present status; null when it was created in it.
const FieldChange* last_status_change(const Ticket& ticket);

} // namespace accessd
