#pragma once

#include "core/model/time.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace accessd {

/// People in Jira. Users are Jira account ids or e-mail addresses, groups are Jira group names.
class PersonSet {
public:
    PersonSet() = default;

    std::vector<std::string> users;
    std::vector<std::string> groups;

    bool empty() const { return users.empty() && groups.empty(); }
};

/// Who may approve under a rule.
class ApproverSet : public PersonSet {
public:
    ApproverSet() = default;

    std::size_t minimum = 1; ///< how many different people must approve; at least 1
};

/// One access rule: (application, access type) -> entitlements and who may approve them.
class AccessRule {
public:
    AccessRule() = default;

    std::string application;
    std::string access_type;
    std::vector<std::string> groups; ///< entitlement names in the application, at least one
    ApproverSet approvers;
    std::optional<PersonSet> requesters;  ///< who may ask for it: the reporter; empty: everybody
    bool require_reason = false;          ///< the ticket's reason field must not be blank
    std::optional<Duration> max_duration; ///< without it access has no expiry
    bool revoke_preexisting = false;      ///< also remove membership that existed before accessd granted it
    std::string hash;                     ///< 16 hex digits over the rule's meaning; frozen into each request
};

/// What nobody may approve. It matches when everything that it names does; it names at least one thing.
class DenyRule {
public:
    DenyRule() = default;

    std::string application; ///< empty: every application
    std::string access_type; ///< empty: every access type
    PersonSet people;        ///< the beneficiary is one of them; empty: everybody
    std::string reason;      ///< for the ticket; may be empty
};

/// Entitlements that a person may have together, by application: names as rules use them.
class ConflictSide {
public:
    ConflictSide() = default;

    std::map<std::string, std::vector<std::string>> groups;
};

/// Separation of duties: nobody may have something of two of its sides.
class ConflictRule {
public:
    ConflictRule() = default;

    std::string name;                ///< for the ticket
    std::vector<ConflictSide> sides; ///< at least two; no entitlement lies on two of them
    PersonSet exceptions;            ///< users who may have both all the same; never groups
};

/// What proves an approval.
enum class EvidenceSource : std::uint8_t {
    approval,  ///< the records of JSM's approval step
    transition ///< who moved the ticket into its approved status
};

/// What a Jira status means to us.
enum class AppStatus : std::uint8_t { approved, denied, revoked, declined };

std::string_view to_string(AppStatus status);

enum class RequestKind : std::uint8_t { grant, remove, change };

std::string_view to_string(RequestKind kind);
std::optional<RequestKind> parse_request_kind(std::string_view text);

enum class Comments : std::uint8_t { public_, internal, none };

enum class OnVanished : std::uint8_t { park, revoke };

/// The portal as configured, with every name resolved to Jira's id.
class Portal {
public:
    Portal() = default;

    std::string project_id;
    std::string project_key;
    EvidenceSource evidence = EvidenceSource::approval;
    std::map<std::string, RequestKind> request_types; ///< by request type id
    std::map<std::string, AppStatus> statuses;        ///< by status id
    std::string granted_status; ///< where to move the ticket afterwards; empty: leave it
    std::string removed_status;
    std::string failed_status;
    Comments comments = Comments::public_;
    /// Ids of the fields that decide who gets what ("customfield_10010", "reporter", "project", ...). A
    /// change of one of them after the approval voids it.
    std::vector<std::string> deciding_fields;
    std::string own_account_id; ///< accessd's own Jira account

    const AppStatus* status(const std::string& status_id) const;
    const RequestKind* request_kind(const std::string& request_type_id) const;
};

} // namespace accessd
