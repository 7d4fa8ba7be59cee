#include "core/support/digest.hpp"
#include "core/support/json.hpp"
#include "core/support/text.hpp"
#include "daemon/config/sections.hpp"

#include <boost/json/array.hpp>

#include <algorithm>

namespace accessd {

namespace {

namespace json = boost::json;

/// Order means nothing in any list of ours.
json::array as_set(std::vector<std::string> names) {
    std::sort(names.begin(), names.end());
    json::array set;
    for (const std::string& name : names)
        set.emplace_back(name);
    return set;
}

std::string short_hash(const json::value& meaning) {
    return sha256_hex(canonical_json(meaning)).substr(0, 16);
}

json::object meaning_of(const AccessRule& rule) {
    json::object object;
    object["application"] = rule.application;
    object["access_type"] = rule.access_type;
    object["groups"] = as_set(rule.groups);
    object["approver_users"] = as_set(rule.approvers.users);
    object["approver_groups"] = as_set(rule.approvers.groups);
    if (rule.approvers.minimum > 1)
        object["approver_minimum"] = rule.approvers.minimum;
    if (rule.requesters) {
        object["requester_users"] = as_set(rule.requesters->users);
        object["requester_groups"] = as_set(rule.requesters->groups);
    }
    if (rule.require_reason)
        object["require_reason"] = true;
    if (rule.max_duration)
        object["max_duration_ms"] = rule.max_duration->count();
    object["revoke_preexisting"] = rule.revoke_preexisting;
    return object;
}

json::object meaning_of(const DenyRule& deny) {
    json::object object;
    object["application"] = deny.application;
    object["access_type"] = deny.access_type;
    object["users"] = as_set(deny.people.users);
    object["groups"] = as_set(deny.people.groups);
    object["reason"] = deny.reason;
    return object;
}

json::object meaning_of(const ConflictRule& conflict) {
    json::object object;
    object["name"] = conflict.name;
    object["exceptions"] = as_set(conflict.exceptions.users);
    json::array sides;
    for (const ConflictSide& side : conflict.sides) {
        json::object groups;
        for (const auto& [application, names] : side.groups)
            groups[application] = as_set(names);
        sides.emplace_back(std::move(groups));
    }
    object["sides"] = std::move(sides);
    return object;
}

json::object meaning_of(const DaemonSettings& daemon) {
    json::object object;
    object["state_dir"] = daemon.state_dir.string();
    object["mode"] = static_cast<int>(daemon.mode);
    object["log_level"] = static_cast<int>(daemon.log_level);
    object["log_format"] = static_cast<int>(daemon.log_format);
    object["park_after_ms"] = daemon.park_after.count();
    return object;
}

json::object meaning_of(const JiraSettings& jira) {
    json::object object;
    object["url"] = jira.url;
    object["email"] = jira.email;
    object["poll_interval_ms"] = jira.poll_interval.count();
    object["sweep_interval_ms"] = jira.sweep_interval.count();
    object["ca_file"] = jira.ca_file;
    return object;
}

json::object meaning_of(const PortalNames& portal) {
    json::object object;
    object["project"] = portal.project;
    object["grant_types"] = as_set(portal.grant_types);
    object["remove_types"] = as_set(portal.remove_types);
    object["change_types"] = as_set(portal.change_types);
    object["application_field"] = portal.application_field;
    object["access_type_field"] = portal.access_type_field;
    object["old_access_type_field"] = portal.old_access_type_field;
    object["approver_field"] = portal.approver_field;
    object["beneficiary_field"] = portal.beneficiary_field;
    object["duration_field"] = portal.duration_field;
    object["reason_field"] = portal.reason_field;
    object["evidence"] = static_cast<int>(portal.evidence);
    object["approved_statuses"] = as_set(portal.approved_statuses);
    object["denied_statuses"] = as_set(portal.denied_statuses);
    object["revoked_statuses"] = as_set(portal.revoked_statuses);
    object["declined_statuses"] = as_set(portal.declined_statuses);
    object["granted_outcome"] = portal.granted_outcome;
    object["removed_outcome"] = portal.removed_outcome;
    object["failed_outcome"] = portal.failed_outcome;
    object["comments"] = static_cast<int>(portal.comments);
    return object;
}

json::object meaning_of(const ApplicationSettings& application) {
    json::object object;
    object["name"] = application.name;
    object["owner"] = application.owner;
    object["provider"] = std::string(application.provider->system);
    object["ca_file"] = application.ca_file;
    json::object settings;
    for (const auto& [key, value] : application.settings.texts)
        settings[key] = value;
    object["settings"] = std::move(settings);
    object["match"] = static_cast<int>(application.identity.match);
    object["allowed_domains"] = as_set(application.identity.allowed_domains);
    if (application.identity.portal_customers)
        object["portal_customers"] = true;
    // As one text: there may be hundreds of thousands, and a running daemon waits for this.
    std::string accounts;
    for (const auto& [id, account] : application.identity.account)
        accounts += id + "," + account + "\n";
    object["accounts"] = sha256_hex(accounts);
    return object;
}

} // namespace

void set_hashes(Config& config) {
    std::vector<std::string> rules;
    for (AccessRule& rule : config.rules) {
        rule.hash = short_hash(meaning_of(rule));
        rules.push_back(rule.hash);
    }
    json::object object;
    object["daemon"] = meaning_of(config.daemon);
    object["jira"] = meaning_of(config.jira);
    object["portal"] = meaning_of(config.portal);
    object["grants_per_hour"] = config.brake.grants_per_hour;
    object["revokes_per_hour"] = config.brake.revokes_per_hour;
    object["remind_before_ms"] = config.remind_before.count();
    object["on_vanished"] = static_cast<int>(config.on_vanished);
    object["vanished_grace_ms"] = config.vanished_grace.count();
    json::array applications;
    for (const ApplicationSettings& application : config.applications)
        applications.emplace_back(meaning_of(application));
    object["applications"] = std::move(applications);
    object["rules"] = as_set(std::move(rules));
    std::vector<std::string> denies;
    for (const DenyRule& deny : config.denies)
        denies.push_back(short_hash(meaning_of(deny)));
    object["denies"] = as_set(std::move(denies));
    std::vector<std::string> conflicts;
    for (const ConflictRule& conflict : config.conflicts)
        conflicts.push_back(short_hash(meaning_of(conflict)));
    object["conflicts"] = as_set(std::move(conflicts));
    config.hash = short_hash(object);
}

} // namespace accessd
