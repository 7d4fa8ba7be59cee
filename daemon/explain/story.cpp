#include "daemon/explain/story.hpp"

#include "core/support/json.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <string_view>
#include <utility>

namespace accessd {

namespace {

AccessKey key_of(const boost::json::value& body) {
    return AccessKey(
        string_or_empty(body, "application"),
        string_or_empty(body, "entitlement"),
        string_or_empty(body, "account")
    );
}

bool is_about(const StoryEvent& event, const Request& request) {
    const std::string issue = string_or_empty(event.body, "issue");
    if (!issue.empty()) {
        return issue == request.issue_id;
    }
    // What the watch after a revoke did belongs to no ticket, but to the access of this one.
    const AccessKey key = key_of(event.body);
    return std::any_of(request.targets.begin(), request.targets.end(), [&](const Target& target) {
        return target.key == key;
    });
}

/// Gives each end of a call the time since its intent.
class CallClock {
public:
    void tell(StoryEvent& event) {
        const std::string_view operation = ended_call(event.code);
        if (event.code.ends_with(".intent")) {
            begun_.insert_or_assign(
                {event.code.substr(0, event.code.find('.')), key_of(event.body)}, event.at
            );
        } else if (!operation.empty()) {
            const auto begun = begun_.find({std::string(operation), key_of(event.body)});
            if (begun != begun_.end()) {
                event.took = event.at - begun->second;
                begun_.erase(begun);
            }
        }
    }

private:
    std::map<std::pair<std::string, AccessKey>, TimePoint> begun_;
};

using EventsBySeq = std::map<std::int64_t, StoryEvent>;

Result<Done>
read_events(LedgerFile& file, const std::string& part, const Request& request, EventsBySeq& events) {
    return file.audit(part, [&](const AuditRow& row) {
        StoryEvent event;
        event.seq = row.seq;
        event.at = row.at;
        event.code = row.code;
        if (auto body = parse_json(row.body)) {
            event.body = std::move(*body);
        }
        if (is_about(event, request)) {
            events.emplace(row.seq, std::move(event));
        }
    });
}

Result<Done> load_events(LedgerFile& file, Story& story) {
    const auto quoted = [](const std::string& text) { return canonical_json(boost::json::value(text)); };
    const Request& request = story.request;
    EventsBySeq events;
    auto read = read_events(file, "\"issue\":" + quoted(request.issue_id), request, events);
    for (const Target& target : request.targets) {
        const std::string part = "\"account\":" + quoted(target.key.account) +
                                 ",\"application\":" + quoted(target.key.application) +
                                 ",\"entitlement\":" + quoted(target.key.entitlement) + ",\"generation\":";
        read = read ? read_events(file, part, request, events) : read;
    }
    if (!read) {
        return read;
    }
    CallClock clock;
    for (auto& [seq, event] : events) {
        clock.tell(event);
        story.events.push_back(std::move(event));
    }
    return Done();
}

} // namespace

std::string_view ended_call(std::string_view code) {
    constexpr std::array<std::string_view, 8> ends = {
        "grant.done",
        "grant.failed",
        "grant.refused",
        "grant.unknown",
        "revoke.done",
        "revoke.failed",
        "revoke.unknown",
        "revoke.late_grant"};
    const auto found = std::find(ends.begin(), ends.end(), code);
    return found == ends.end() ? std::string_view() : found->substr(0, found->find('.'));
}

const StoryEvent* told(const Story& story, const Tell& tell) {
    const auto found = std::find_if(story.events.rbegin(), story.events.rend(), [&](const StoryEvent& event) {
        return event.code.starts_with("ticket.") && string_or_empty(event.body, "tell") == tell.id();
    });
    return found == story.events.rend() ? nullptr : &*found;
}

std::string_view outcome(const StoredTell& stored, const StoryEvent* event) {
    if (stored.delivery == Delivery::waiting) {
        return "waiting";
    }
    const bool was_told = event != nullptr && event->code == "ticket.told";
    return stored.delivery == Delivery::withdrawn ? "withdrawn" : was_told ? "told" : "not told";
}

Result<std::optional<Story>> load_story(LedgerFile& file, const std::string& key) {
    auto issue_id = file.find(key);
    if (!issue_id || !*issue_id) {
        return issue_id ? Result<std::optional<Story>>(std::nullopt) : std::move(issue_id).error();
    }
    auto request = file.request(**issue_id);
    if (!request || !*request) {
        return request ? Result<std::optional<Story>>(std::nullopt) : std::move(request).error();
    }
    Story story;
    story.request = std::move(**request);
    for (const Target& target : story.request.targets) {
        auto access = file.access(target.key);
        if (!access) {
            return std::move(access).error();
        }
        story.accesses.push_back(std::move(*access));
    }
    auto tells = file.tells(story.request.issue_id);
    if (!tells) {
        return std::move(tells).error();
    }
    story.tells = std::move(*tells);
    auto events = load_events(file, story);
    if (!events) {
        return std::move(events).error();
    }
    return std::optional<Story>(std::move(story));
}

} // namespace accessd
