#include "daemon/explain/write_story.hpp"

#include "core/support/json.hpp"
#include "daemon/explain/checks.hpp"
#include "daemon/explain/next_steps.hpp"
#include "daemon/explain/page.hpp"

#include <ostream>
#include <string>

namespace accessd {

namespace {

constexpr std::size_t fields = 16;
constexpr std::size_t details = 12;

std::string with(std::string_view before, const std::string& text, std::string_view after = "") {
    return text.empty() ? std::string() : std::string(before) + text + std::string(after);
}

std::string person(const Request& request) {
    return request.beneficiary_email +
           with(request.beneficiary_email.empty() ? "" : ", ", request.beneficiary_id);
}

void write_request(const Request& request, Page& page) {
    page.heading(
        request.issue_key + ": " + std::string(describe(request.phase)) + with(" [", request.reason_code, "]")
    );
    if (!request.reason.empty()) {
        page.entry("why", fields, request.reason);
    }
    page.entry(
        "request",
        fields,
        std::string(to_string(request.kind)) + " of " + request.access_type + " in " + request.application +
            with(", in place of ", request.replaced_type)
    );
    page.entry("for", fields, person(request));
    page.entry("account", fields, request.account.name + with(" (", request.account.id, ")"));
    if (!request.approver.empty()) {
        page.entry("approver", fields, request.approver);
    }
    page.entry(
        "seen",
        fields,
        format_utc(request.seen_at) + ", last change of the ticket " + format_utc(request.updated_at)
    );
    if (request.vanished_at) {
        page.entry("cannot be read", fields, "since " + format_utc(*request.vanished_at));
    }
    page.entry("in Jira", fields, "issue " + request.issue_id + ", status entry " + request.status_entry);
}

void write_checks(const Request& request, Page& page) {
    page.heading("proof");
    for (const JudgedCheck& check : judge_checks(request)) {
        page.entry(to_string(check.verdict), 8, std::string(check.title) + with(": ", check.evidence));
    }
}

std::string kept(const std::string& because) {
    return because == "preexisting"    ? "it was there before accessd granted it"
           : because == "not_replaced" ? "its replacement was not granted"
                                       : "justified by " + because;
}

std::string others(const StoredAccess& stored, const Request& request) {
    std::string keys;
    for (const auto& [issue_id, key] : stored.holders) {
        if (issue_id != request.issue_id) {
            keys += (keys.empty() ? "" : ", ") + key;
        }
    }
    return keys;
}

void write_targets(const Story& story, Page& page) {
    if (story.request.targets.empty()) {
        return;
    }
    page.heading("targets");
    for (std::size_t i = 0; i < story.request.targets.size(); ++i) {
        const Target& target = story.request.targets[i];
        page.entry(
            to_string(target.state),
            details,
            target.key.application + ": " + target.entitlement_name +
                (target.expires_at ? ", until " + format_utc(*target.expires_at) : "")
        );
        page.entry("", details, "entitlement " + target.key.entitlement);
        page.entry("", details, "account " + target.key.account);
        const StoredAccess& stored = story.accesses[i];
        const std::string also = others(stored, story.request);
        for (const std::string& line :
             {with("", target.error_message, " [" + target.error_code + "]"),
              target.kept_because.empty() ? std::string() : "kept: " + kept(target.kept_because),
              with("also held by ", also),
              std::string(stored.access.intent ? "a call is under way" : "")}) {
            if (!line.empty()) {
                page.entry("", details, line);
            }
        }
    }
}

/// What the body of an audit row says, without what the head of the page says already.
std::string describe(const StoryEvent& event) {
    const auto text = [&](std::string_view name) { return string_or_empty(event.body, name); };
    if (event.code.starts_with("ticket.") && !text("tell").empty()) {
        const std::string tell = text("tell");
        return tell.substr(tell.rfind('/') + 1) + with(", moved to status ", text("moved_to"));
    }
    std::string entitlement = text("entitlement_name");
    if (entitlement.empty()) {
        entitlement = text("entitlement");
    }
    const std::string account = text("account_name").empty() ? text("account") : text("account_name");
    std::string line;
    if (!entitlement.empty()) {
        line = text("application") + ": " + entitlement + " for " + account +
               with(", until ", text("expires")) +
               (text("kept_because").empty() ? "" : ", " + kept(text("kept_because")));
    } else {
        line = text("reason") + with(" [", text("reason_code"), "]");
        line += event.code == "request.approved" ? with("by ", text("approver")) : "";
    }
    line += with(": ", text("message"), with(" [", text("error"), "]"));
    return line + (event.took ? ", took " + format_duration(*event.took) : "");
}

void write_events(const Story& story, Page& page) {
    page.heading("time line");
    const std::size_t digits = story.events.empty() ? 0 : std::to_string(story.events.back().seq).size();
    for (const StoryEvent& event : story.events) {
        const std::string label = format_utc(event.at) + " #" + std::to_string(event.seq);
        page.entry(label, 30 + digits, event.code + with("  ", describe(event)));
    }
}

void write_tells(const Story& story, Page& page) {
    if (story.tells.empty()) {
        return;
    }
    page.heading("comments");
    for (const StoredTell& stored : story.tells) {
        const StoryEvent* event = told(story, stored.tell);
        page.entry(
            outcome(stored, event),
            details,
            std::string(to_string(stored.tell.kind)) +
                (event != nullptr ? ", " + format_utc(event->at) : "") + ", audit #" +
                std::to_string(stored.tell.audit_seq)
        );
        for (const std::string& line : stored.tell.lines) {
            page.entry("", details, "| " + line);
        }
    }
}

void write_next(const Story& story, Page& page) {
    page.heading("next");
    for (const NextStep& step : next_steps(story)) {
        page.entry(step.at ? format_utc(*step.at) : "-", 28, step.text);
    }
}

} // namespace

void write_story(const Story& story, std::ostream& out) {
    Page page(out);
    write_request(story.request, page);
    write_checks(story.request, page);
    write_targets(story, page);
    write_events(story, page);
    write_tells(story, page);
    write_next(story, page);
}

} // namespace accessd
