#include "core/engine/records.hpp"

#include "core/policy/facts.hpp"
#include "core/support/json.hpp"
#include "core/support/text.hpp"

#include <boost/json/object.hpp>

#include <algorithm>
#include <string_view>
#include <utility>

namespace accessd {

namespace {

boost::json::object request_body(const Request& request) {
    boost::json::object body;
    body["ticket"] = request.issue_key;
    body["issue"] = request.issue_id;
    body["status_entry"] = request.status_entry;
    body["application"] = request.application;
    body["access_type"] = request.access_type;
    body["beneficiary"] = request.beneficiary_id;
    body["kind"] = to_string(request.kind);
    if (!request.replaced_type.empty()) {
        body["replaced_type"] = request.replaced_type;
    }
    return body;
}

std::string person_of(const Request& request) {
    return request.account.name.empty() ? name_of(beneficiary_of(request)) : request.account.name;
}

/// A message without the vendor's own words, which providers put behind it in brackets: they are for the log
/// and the audit trail, not for everybody who can read the ticket.
std::string for_ticket(const std::string& message) {
    for (const std::string_view method : {" [GET https://", " [POST https://", " [DELETE https://"}) {
        const std::size_t vendor = message.find(method);
        if (vendor != std::string::npos) {
            return message.substr(0, vendor);
        }
    }
    return message;
}

bool told_by_a_target(const Request& request) {
    return std::any_of(request.targets.begin(), request.targets.end(), [&](const Target& target) {
        return target.state == TargetState::refused && target.error_code == request.reason_code;
    });
}

std::string target_line(const Request& request, const Target& target) {
    const std::string name =
        escape_text(target.key.application, 80) + ": " + escape_text(target.entitlement_name, 120);
    switch (target.state) {
    case TargetState::wanted:
        return name + " - waiting: " + for_ticket(target.error_message);
    case TargetState::held:
        return name + " - granted" +
               (target.expires_at ? ", until " + format_utc(*target.expires_at) : std::string());
    case TargetState::ending:
        return name + " - being removed";
    case TargetState::leaving:
        return name + " - stays until its replacement is granted";
    case TargetState::gone:
        return name + " - removed";
    case TargetState::kept:
        return name + " - kept: " +
               (target.kept_because == "preexisting"    ? "it was there before accessd granted it"
                : target.kept_because == "not_replaced" ? "its replacement was not granted"
                                                        : "still justified by " + target.kept_because);
    case TargetState::refused:
        return name + " - not granted: " + for_ticket(target.error_message) + " [" + target.error_code + "]";
    }
    return name + " - " + escape_text(person_of(request));
}

std::string headline(TellKind kind, const Request& request) {
    const std::string who = escape_text(person_of(request));
    switch (kind) {
    case TellKind::granted:
        if (request.kind == RequestKind::change) {
            return "Access of " + who + " changed, approved by " + escape_text(request.approver) + ".";
        }
        return "Access granted to " + who + ", approved by " + escape_text(request.approver) + ".";
    case TellKind::removed:
        if (request.kind == RequestKind::remove) {
            return "Access of " + who + " removed, approved by " + escape_text(request.approver) + ".";
        }
        return "Access of " + who + " removed (" + escape_text(request.reason_code) +
               (request.reason_code == "removed" ? " " + escape_text(request.reason) : "") + ").";
    case TellKind::expiring:
        return "Access of " + who + " ends soon; whoever still needs it asks for it in a new request.";
    case TellKind::unproven:
        return "No access was given: " + request.reason + ". [" + request.reason_code + "]";
    case TellKind::parked:
        if (told_by_a_target(request)) {
            return "accessd cannot go on by itself.";
        }
        return "accessd cannot go on by itself: " + for_ticket(request.reason) + ". [" + request.reason_code +
               "]";
    }
    return who;
}

} // namespace

AuditEntry request_record(std::string_view code, const Request& request) {
    boost::json::object body = request_body(request);
    if (!request.reason_code.empty()) {
        body["reason_code"] = request.reason_code;
        body["reason"] = request.reason;
    }
    if (!request.evidence.empty()) {
        body["evidence"] = request.evidence;
        body["approver"] = request.approver;
        body["rule"] = request.rule_hash;
        body["config"] = request.config_hash;
    }
    return AuditEntry(std::string(code), canonical_json(body));
}

AuditEntry target_record(
    std::string_view code,
    const Request& request,
    const Target& target,
    const Access& access,
    const Error* error
) {
    boost::json::object body = request_body(request);
    body["application"] = target.key.application; // an earlier wish's target may lie elsewhere
    body["entitlement"] = target.key.entitlement;
    body["entitlement_name"] = target.entitlement_name;
    body["account"] = target.key.account;
    body["account_name"] = request.account.name;
    body["generation"] = access.generation;
    if (access.preexisting) {
        body["preexisting"] = true;
    }
    if (target.expires_at) {
        body["expires"] = format_utc(*target.expires_at);
    }
    if (!target.kept_because.empty()) {
        body["kept_because"] = target.kept_because;
    }
    if (error != nullptr) {
        body["error"] = error->code();
        body["message"] = error->message();
    }
    return AuditEntry(std::string(code), canonical_json(body));
}

AuditEntry access_record(std::string_view code, const Access& access) {
    boost::json::object body;
    body["application"] = access.key.application;
    body["entitlement"] = access.key.entitlement;
    body["account"] = access.key.account;
    body["generation"] = access.generation;
    if (access.intent && !access.intent->issue_id.empty()) {
        body["issue"] = access.intent->issue_id;
    }
    return AuditEntry(std::string(code), canonical_json(body));
}

AuditEntry told_record(const Tell& tell, const std::string& moved_to) {
    boost::json::object body;
    body["ticket"] = tell.issue_key;
    body["issue"] = tell.issue_id;
    body["tell"] = tell.id();
    body["moved_to"] = moved_to;
    return AuditEntry("ticket.told", canonical_json(body));
}

std::vector<std::string> comment_lines(TellKind kind, const Request& request) {
    std::vector<std::string> lines = {headline(kind, request)};
    for (const Target& target : request.targets) {
        lines.push_back(target_line(request, target));
    }
    return lines;
}

std::string tell_marker(const Tell& tell) {
    return "accessd:" + tell.id();
}

std::string closing_line(const Tell& tell) {
    return "audit #" + std::to_string(tell.audit_seq) + " head:" + tell.audit_head.substr(0, 16) + " " +
           tell_marker(tell);
}

} // namespace accessd
