#include "core/engine/worker_desk.hpp"
#include "core/support/log.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

// How a worker holds back when more is changed than anybody expects.
namespace accessd {

namespace {

/// The targets that are due for the first time: what is tried again was let pass before.
std::vector<const Target*> first_tries(const Request& request, TimePoint now, bool hold_grants) {
    std::vector<const Target*> first;
    for (const std::size_t at : due_targets(request, now, hold_grants)) {
        if (request.targets[at].attempts == 0) {
            first.push_back(&request.targets[at]);
        }
    }
    return first;
}

void announce(
    const BrakeAnswer& answer,
    std::string_view what,
    const std::string& application,
    const std::string& access_type,
    std::size_t limit
) {
    if (!answer.is_news) {
        return;
    }
    log(answer.passes ? LogLevel::warning : LogLevel::critical,
        answer.passes ? "brake_released" : "brake",
        {{"operation", what},
         {"application", application},
         {"access_type", access_type},
         {"per_hour", static_cast<std::int64_t>(limit)},
         {"advice", answer.passes ? "look through what was held back" : "find out who asks for so much"}});
}

std::string too_many(std::size_t limit, const std::string& what) {
    return "more than " + std::to_string(limit) + " " + what + " within an hour";
}

} // namespace

bool Worker::may_grant_now(const Request& request, std::size_t how_many) {
    const std::string name = rule_name(request.application, request.access_type);
    const BrakeAnswer answer = context_.grant_brake->ask(name, how_many, context_.clock.steady());
    announce(answer, "grant", request.application, request.access_type, context_.grant_brake->limit());
    return answer.passes;
}

/// Parks the grants that are too many, and puts the revokes off. False: that could not be stored.
Task<bool> Worker::brake(Desk& desk) {
    const TimePoint now = context_.clock.now();
    const bool hold_grants = context_.grants_held() || !desk.may_grant;
    std::size_t grants = 0;
    std::map<std::string, std::size_t> revokes;
    for (const Target* target : first_tries(desk.request(), now, hold_grants)) {
        if (target->state == TargetState::wanted) {
            ++grants;
        } else {
            ++revokes[target->key.application];
        }
    }
    std::vector<Event> events;
    if (grants != 0 && !may_grant_now(desk.request(), grants)) {
        const std::string what = too_many(context_.grant_brake->limit(), "grants under one rule");
        events.emplace_back(Withheld(Error(
            Fault::permanent, "brake.grants", what + "; an admin must look, then this is approved again"
        )));
    }
    for (const auto& [application, how_many] : revokes) {
        const BrakeAnswer answer = context_.revoke_brake->ask(application, how_many, context_.clock.steady());
        const std::size_t limit = context_.revoke_brake->limit();
        announce(answer, "revoke", application, std::string(), limit);
        if (!answer.passes) {
            const std::string what = too_many(limit, "revokes in one application");
            Error why(Fault::permanent, "brake.revokes", what + "; this one comes later");
            events.emplace_back(Delayed(application, now + answer.wait, std::move(why)));
        }
    }
    if (events.empty()) {
        co_return true;
    }
    const bool saved = co_await commit(desk, std::move(events));
    co_return saved;
}

} // namespace accessd
