#pragma once

#include "core/model/time.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace accessd {

/// Who may approve under a rule. Users are Jira account ids or e-mail addresses, groups are Jira group names.
class ApproverSet {
public:
    ApproverSet() = default;

    std::vector<std::string> users;
    std::vector<std::string> groups;
};

/// One access rule: (application, access type) -> entitlements and who may approve them.
class AccessRule {
public:
    AccessRule() = default;

    std::string application;
    std::string access_type;
    std::vector<std::string> groups; ///< entitlement names in the application, at least one
    ApproverSet approvers;
    std::optional<Duration> max_duration; ///< without it access has no expiry
    bool revoke_preexisting = false;      ///< also remove membership that existed before accessd granted it
    std::string hash;                     ///< 16 hex digits over the rule's meaning; frozen into each request
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
