#include "core/engine/context.hpp"

#include "core/support/log.hpp"

#include <utility>

namespace accessd {

namespace {

// A refused credential is tried again by one request at this pace: an admin may have repaired it over there.
constexpr Duration credential_pause = std::chrono::minutes(2);
// How long to wait for room on a full disk before a save finds out whether there is some.
constexpr Duration hold_time = std::chrono::seconds(30);

} // namespace

void Alarm::set(TimePoint at) {
    if (!planned_ || at < *planned_) {
        planned_ = at;
        wakeup_.notify();
    }
}

Task<> Alarm::wait(Clock& clock, TimePoint latest) {
    const TimePoint until = std::min(planned_.value_or(latest), latest);
    planned_ = until;
    co_await wakeup_.wait_until(clock, until);
    if (planned_ && *planned_ <= clock.now()) {
        planned_.reset();
    }
}

void EngineContext::stop() {
    stopping = true;
    alarm.ring();
    poll_now.notify();
    begun_or_stopped.notify();
}

Application* EngineContext::application(const std::string& name) {
    const auto found = applications.find(name);
    return found != applications.end() ? &found->second : nullptr;
}

Step EngineContext::step(Situation before, const Event& event, bool may_grant) {
    StepRules rules;
    rules.retry = settings.retry;
    rules.remind_before = settings.remind_before;
    rules.hold_grants = grants_held() || !may_grant;
    return next(std::move(before), event, clock.now(), rules, random.next());
}

void EngineContext::note_trouble(Application& application, const Error& error) {
    if (error.fault() == Fault::permanent) {
        return; // about this request, not about the application
    }
    if (error.fault() == Fault::credential) {
        application.paused_until = clock.now() + credential_pause;
    } else if (error.retry_at()) {
        application.paused_until = error.retry_at();
    }
    if (application.trouble == error.code()) {
        return;
    }
    application.trouble = error.code();
    log(error.fault() == Fault::credential ? LogLevel::error : LogLevel::warning,
        "application_failing",
        {{"application", application.name},
         {"owner", application.owner},
         {"code", error.code()},
         {"error", error.message()}});
}

void EngineContext::note_success(Application& application) {
    application.paused_until.reset();
    if (!application.trouble.empty()) {
        log(LogLevel::info, "application_recovered", {{"application", application.name}});
        application.trouble.clear();
    }
}

void EngineContext::note_saved() {
    if (grants_held_until && !grants_held()) {
        grants_held_until.reset();
        log(LogLevel::info, "granting_again", {});
    }
}

void EngineContext::note(const Error& store_error) {
    if (store_error.code() == "store.full") {
        if (!grants_held_until) {
            log(LogLevel::critical,
                "holding_grants",
                {{"code", store_error.code()}, {"error", store_error.message()}});
        }
        grants_held_until = clock.now() + hold_time;
    }
    if (store_error.fault() == Fault::permanent && !fatal) {
        fatal = store_error;
        stop();
    }
}

std::string rule_name(const std::string& application, const std::string& access_type) {
    return application + '\n' + access_type; // a name has no line breaks
}

Changes changes_of(const Step& step, TimePoint at) {
    Changes changes;
    changes.request = step.after.request;
    for (const StoredAccess& stored : step.after.accesses) {
        changes.accesses.push_back(stored.access);
    }
    changes.tells = step.tells;
    changes.audit = step.audit;
    changes.at = at;
    return changes;
}

std::optional<TimePoint> alarm_of(const Step& step, TimePoint now) {
    std::optional<TimePoint> earliest;
    const auto consider = [&](const std::optional<TimePoint>& at) {
        if (at && *at > now) {
            earliest = std::min(earliest.value_or(*at), *at);
        }
    };
    consider(next_wake(step.after.request));
    for (const StoredAccess& stored : step.after.accesses) {
        consider(stored.access.watch_at);
    }
    return earliest;
}

void take_saved(Step& step, const Saved& saved) {
    step.after.request.revision = saved.request_revision;
    for (std::size_t i = 0; i < step.after.accesses.size() && i < saved.access_revisions.size(); ++i) {
        step.after.accesses[i].access.revision = saved.access_revisions[i];
    }
    for (Tell& tell : step.tells) {
        tell.audit_seq = saved.audit_seq;
        tell.audit_head = saved.audit_head;
    }
    if (!saved.inserted_tell) {
        step.tells.clear(); // delivered before: one voice per ticket and state
    }
}

} // namespace accessd
