#include "core/support/json.hpp"
#include "daemon/explain/checks.hpp"
#include "daemon/explain/next_steps.hpp"
#include "daemon/explain/page.hpp"
#include "daemon/explain/write_story.hpp"

#include <optional>
#include <ostream>
#include <string>
#include <utility>

namespace accessd {

namespace {

boost::json::value moment(const std::optional<TimePoint>& at) {
    return at ? boost::json::value(format_utc(*at)) : boost::json::value(nullptr);
}

boost::json::object request_json(const Request& request) {
    boost::json::object json;
    json["ticket"] = request.issue_key;
    json["issue"] = request.issue_id;
    json["status_entry"] = request.status_entry;
    json["phase"] = to_string(request.phase);
    json["kind"] = to_string(request.kind);
    json["application"] = request.application;
    json["access_type"] = request.access_type;
    json["replaced_type"] = request.replaced_type;
    json["rule"] = request.rule_hash;
    json["config"] = request.config_hash;
    json["beneficiary"] = request.beneficiary_id;
    json["beneficiary_email"] = request.beneficiary_email;
    json["account"] = request.account.id;
    json["account_name"] = request.account.name;
    json["approver"] = request.approver;
    json["approved"] = moment(request.approved_at);
    json["duration"] = request.duration ? boost::json::value(format_duration(*request.duration)) : nullptr;
    json["reason_code"] = request.reason_code;
    json["reason"] = request.reason;
    json["seen"] = moment(request.seen_at);
    json["updated"] = moment(request.updated_at);
    json["vanished"] = moment(request.vanished_at);
    const auto evidence = parse_json(request.evidence);
    json["evidence"] = evidence ? *evidence : boost::json::value(nullptr);
    return json;
}

boost::json::array checks_json(const Request& request) {
    boost::json::array list;
    for (const JudgedCheck& check : judge_checks(request)) {
        boost::json::object json;
        json["check"] = check.name;
        json["verdict"] = check.verdict == Verdict::pass   ? "pass"
                          : check.verdict == Verdict::fail ? "fail"
                                                           : "open";
        json["evidence"] = check.evidence;
        list.push_back(std::move(json));
    }
    return list;
}

boost::json::array targets_json(const Story& story) {
    boost::json::array list;
    for (std::size_t i = 0; i < story.request.targets.size(); ++i) {
        const Target& target = story.request.targets[i];
        boost::json::object json;
        json["application"] = target.key.application;
        json["entitlement"] = target.key.entitlement;
        json["entitlement_name"] = target.entitlement_name;
        json["account"] = target.key.account;
        json["state"] = to_string(target.state);
        json["kept_because"] = target.kept_because;
        json["expires"] = moment(target.expires_at);
        json["attempts"] = target.attempts;
        json["wake"] = moment(target.wake_at);
        json["error"] = target.error_code;
        json["message"] = target.error_message;
        boost::json::array holders;
        for (const auto& [issue_id, key] : story.accesses[i].holders) {
            holders.emplace_back(key);
        }
        json["holders"] = std::move(holders);
        list.push_back(std::move(json));
    }
    return list;
}

boost::json::array events_json(const Story& story) {
    boost::json::array list;
    for (const StoryEvent& event : story.events) {
        boost::json::object json;
        json["seq"] = event.seq;
        json["at"] = moment(event.at);
        json["code"] = event.code;
        json["body"] = event.body;
        list.push_back(std::move(json));
    }
    return list;
}

boost::json::array tells_json(const Story& story) {
    boost::json::array list;
    for (const StoredTell& stored : story.tells) {
        const StoryEvent* event = told(story, stored.tell);
        boost::json::object json;
        json["kind"] = to_string(stored.tell.kind);
        json["outcome"] = outcome(stored, event);
        json["at"] = moment(event != nullptr ? std::optional(event->at) : std::nullopt);
        json["audit"] = stored.tell.audit_seq;
        boost::json::array lines;
        for (const std::string& line : stored.tell.lines) {
            lines.emplace_back(line);
        }
        json["lines"] = std::move(lines);
        list.push_back(std::move(json));
    }
    return list;
}

boost::json::array next_json(const Story& story) {
    boost::json::array list;
    for (const NextStep& step : next_steps(story)) {
        boost::json::object json;
        json["at"] = moment(step.at);
        json["what"] = step.text;
        list.push_back(std::move(json));
    }
    return list;
}

} // namespace

void write_story_json(const Story& story, std::ostream& out) {
    boost::json::object json = request_json(story.request);
    json["checks"] = checks_json(story.request);
    json["targets"] = targets_json(story);
    json["events"] = events_json(story);
    json["comments"] = tells_json(story);
    json["next"] = next_json(story);
    out << ascii_json(json) << "\n";
}

} // namespace accessd
