#include "core/engine/worker.hpp"

#include "core/engine/announce.hpp"
#include "core/engine/worker_desk.hpp"
#include "core/support/mutant.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace accessd {

namespace {

// More than any request needs; a bound against a loop that no test has found.
constexpr int most_turns = 12;
// Lost races against the finder or a worker on the same key.
constexpr int most_conflicts = 5;
// How old the reading of a ticket may be that a grant is made on.
constexpr Duration fresh_for = std::chrono::minutes(1);

/// There is something to revoke that others' older leases do not hold up.
bool takes_away(const Request& request) {
    return request.kind != RequestKind::grant &&
           std::any_of(request.targets.begin(), request.targets.end(), [](const Target& target) {
               return target.state == TargetState::ending;
           });
}

} // namespace

std::vector<AccessKey> Worker::Desk::keys() const {
    std::vector<AccessKey> keys;
    for (const Target& target : request().targets) {
        keys.push_back(target.key);
    }
    return keys;
}

bool Worker::Desk::is_current(const Tell& tell) const {
    const bool about_what_is_held = tell.kind == TellKind::granted || tell.kind == TellKind::expiring;
    const bool still_true = !about_what_is_held || request().phase == Phase::active;
    return still_true && tell.status_entry == request().status_entry;
}

bool Worker::Desk::may_tell(const Tell& tell) const {
    const bool moves_on = tell.kind == TellKind::granted && is_current(tell);
    return !moves_on || may_grant || request().vanished_at;
}

bool Worker::Desk::waits_for_reading() const {
    return std::any_of(tells.begin(), tells.end(), [&](const Tell& tell) {
        return own_tells.contains(tell.id()) && !may_tell(tell);
    });
}

void add_key(std::vector<AccessKey>& keys, const AccessKey& key) {
    if (std::find(keys.begin(), keys.end(), key) == keys.end()) {
        keys.push_back(key);
    }
}

Error unknown_application(const std::string& name) {
    return Error(
        Fault::permanent,
        "application.unknown",
        "application \"" + name + "\" is not in the configuration any more; put it back, or do it by hand"
    );
}

bool is_cancelled(const Error& error) {
    return error.code() == "http.cancelled";
}

Worker::Turn Worker::next_turn(const Desk& desk) const {
    const TimePoint now = context_.clock.now();
    const Request& request = desk.request();
    const bool hold_grants = context_.grants_held() || !desk.may_grant;
    const auto due = [now](const std::optional<TimePoint>& at) { return !at || *at <= now; };
    for (const Target& target : request.targets) {
        const bool ended = target.expires_at && *target.expires_at <= now;
        const bool remind = target.remind_at && *target.remind_at <= now;
        if (target.state == TargetState::held && (ended || remind)) {
            return Turn::expire;
        }
    }
    if (!due_targets(request, now, hold_grants).empty()) {
        return Turn::call;
    }
    const bool may_resolve = !request.vanished_at && (!hold_grants || request.kind == RequestKind::remove);
    if (request.phase == Phase::resolving && may_resolve && due(request.wake_at)) {
        return Turn::resolve;
    }
    const bool tell_due = std::any_of(desk.tells.begin(), desk.tells.end(), [&](const Tell& tell) {
        return due(tell.wake_at) && desk.may_tell(tell);
    });
    return tell_due && context_.connected ? Turn::tell : Turn::rest;
}

Task<bool> Worker::work(Work work) {
    Desk desk;
    const bool opened = co_await open(desk, std::move(work));
    for (int turns = 0; opened && turns < most_turns && !context_.stopping; ++turns) {
        desk.may_grant = desk.read_at && is_recent(*desk.read_at, context_.clock.steady(), fresh_for);
        const Turn turn = next_turn(desk);
        if (turn == Turn::rest) {
            break;
        }
        const bool went_well = co_await take_turn(desk, turn);
        desk.hold = KeyLocks::Hold();
        if (!went_well) {
            break;
        }
    }
    // Not what was found to wait for one: whoever found it has asked for the reading.
    const bool waits = desk.waits_for_reading();
    co_return waits;
}

Task<bool> Worker::take_turn(Desk& desk, Turn turn) {
    switch (turn) {
    case Turn::rest:
        break;
    case Turn::expire: {
        std::vector<Event> events(1, Event(Woke()));
        const bool expired = co_await commit(desk, std::move(events));
        co_return expired;
    }
    case Turn::resolve: {
        const bool resolved = co_await resolve(desk);
        co_return resolved;
    }
    case Turn::call: {
        const bool called = co_await call_due(desk);
        co_return called;
    }
    case Turn::tell: {
        const bool told = co_await deliver(desk);
        co_return told;
    }
    }
    co_return false;
}

Task<bool> Worker::open(Desk& desk, Work work) {
    desk.read_at = work.read_at;
    if (!work.fresh) {
        desk.situation.request.issue_id = work.issue_id;
        const bool loaded = co_await load(desk);
        co_return loaded;
    }
    desk.situation = std::move(*work.fresh);
    desk.tells = std::move(work.tells);
    for (const Tell& tell : desk.tells) {
        desk.own_tells.insert(tell.id());
    }
    co_return true;
}

Task<bool> Worker::load(Desk& desk) {
    std::vector<std::string> ids(1, desk.request().issue_id);
    auto loaded = co_await context_.store.load(std::move(ids));
    if (!loaded) {
        context_.note(loaded.error());
        co_return false;
    }
    if (loaded->empty()) {
        co_return false;
    }
    desk.situation.request = std::move(loaded->front().request);
    desk.tells = std::move(loaded->front().tells);
    std::vector<AccessKey> keys = desk.keys();
    for (const AccessKey& key : desk.extra_keys) {
        add_key(keys, key);
    }
    desk.situation.accesses.clear();
    if (keys.empty()) {
        co_return true;
    }
    auto accesses = co_await context_.store.load_accesses(std::move(keys));
    if (!accesses) {
        context_.note(accesses.error());
        co_return false;
    }
    desk.situation.accesses = std::move(*accesses);
    co_return true;
}

/// Steps through the events and saves what they made, all or nothing; again from what is stored when somebody
/// else was faster.
Task<bool> Worker::commit(Desk& desk, std::vector<Event> events) {
    desk.started.clear();
    for (int tries = 0; tries < most_conflicts; ++tries) {
        const Request before = desk.request();
        Step sum;
        sum.after = desk.situation;
        sum.ignored = true;
        for (const Event& event : events) {
            Step step = context_.step(std::move(sum.after), event, desk.may_grant);
            sum.after = std::move(step.after);
            sum.ignored = sum.ignored && step.ignored;
            std::move(step.tells.begin(), step.tells.end(), std::back_inserter(sum.tells));
            std::move(step.audit.begin(), step.audit.end(), std::back_inserter(sum.audit));
            std::move(step.started.begin(), step.started.end(), std::back_inserter(sum.started));
        }
        if (sum.ignored) {
            co_return true;
        }
        if (is_planted(Mutant::no_intent) && !sum.started.empty()) {
            desk.situation = std::move(sum.after);
            desk.started = std::move(sum.started);
            co_return true;
        }
        Changes changes = changes_of(sum, context_.clock.now());
        changes.identities = desk.found;
        auto saved = co_await context_.store.save(std::move(changes));
        if (saved) {
            context_.note_saved();
            take_saved(sum, *saved);
            desk.found.clear();
            announce(context_, before, sum.after.request, saved->audit_seq);
            if (const auto due = alarm_of(sum, context_.clock.now())) {
                context_.alarm.set(*due);
            }
            desk.situation = std::move(sum.after);
            desk.started = std::move(sum.started);
            for (Tell& tell : sum.tells) {
                desk.own_tells.insert(tell.id());
                desk.tells.push_back(std::move(tell));
            }
            co_return true;
        }
        context_.note(saved.error());
        if (saved.error().code() != "store.stale") {
            co_return false;
        }
        const bool loaded = co_await load(desk);
        if (!loaded) {
            co_return false;
        }
    }
    co_return false;
}

Task<bool> Worker::call_due(Desk& desk) {
    if (!is_planted(Mutant::no_generation_fence)) {
        std::vector<AccessKey> locked = with_person(desk.keys(), desk.request(), due_grants(desk));
        desk.hold = co_await context_.locks.lock(std::move(locked));
    }
    const bool free = co_await recheck_conflicts(desk);
    if (!free) {
        co_return false;
    }
    const bool braked = co_await brake(desk);
    if (!braked) {
        co_return false;
    }
    if (takes_away(desk.request())) {
        const bool superseded = co_await supersede(desk);
        if (!superseded) {
            co_return false;
        }
    }
    std::vector<Event> events(1, Event(Started()));
    const bool called = co_await start_and_call(desk, std::move(events));
    co_return called;
}

Task<bool> Worker::start_and_call(Desk& desk, std::vector<Event> events) {
    const bool started = co_await commit(desk, std::move(events));
    if (!started) {
        co_return false;
    }
    std::vector<CallEnd> ends;
    // Only these: an intent that an earlier life left open is not ours to carry out unasked.
    const std::vector<AccessKey> keys = std::move(desk.started);
    for (const AccessKey& key : keys) {
        const Access access = desk.situation.access(key)->access;
        Application* application = context_.application(access.key.application);
        const Operation operation = access.intent->operation;
        if (application == nullptr) {
            ends.emplace_back(key, operation, access.generation, unknown_application(key.application));
            continue;
        }
        auto written = co_await call(*application->provider, access.key, operation);
        if (!written && is_cancelled(written.error())) {
            co_return false; // the intent stays open: the next start looks
        }
        if (written) {
            context_.note_success(*application);
        } else {
            context_.note_trouble(*application, written.error());
        }
        ends.emplace_back(access.key, operation, access.generation, std::move(written));
    }
    if (ends.empty()) {
        co_return true;
    }
    std::vector<Event> finished;
    finished.emplace_back(Finished(std::move(ends)));
    const bool recorded = co_await commit(desk, std::move(finished));
    co_return recorded;
}

/// A call of unknown outcome is simply made again: vendors answer "already so". A look instead would believe
/// a replica that lags behind a revoke.
Task<Result<Written>> Worker::call(Provider& provider, AccessKey key, Operation operation) {
    auto written = co_await write(provider, key, operation);
    if (is_planted(Mutant::no_read_back) && written) {
        written->seen = operation == Operation::grant ? Holding::present : Holding::absent;
    }
    if (!written || written->seen) {
        co_return written;
    }
    auto seen = co_await provider.look(key, Depth::direct, context_.deadline());
    if (seen) {
        written->seen = *seen;
    }
    co_return written;
}

Task<Result<Written>> Worker::write(Provider& provider, AccessKey key, Operation operation) {
    if (operation == Operation::grant) {
        auto granted = co_await provider.grant(std::move(key), context_.deadline());
        co_return granted;
    }
    auto revoked = co_await provider.revoke(std::move(key), context_.deadline());
    co_return revoked;
}

Task<bool> Worker::deliver(Desk& desk) {
    const TimePoint now = context_.clock.now();
    std::vector<Tell> tells;
    std::swap(tells, desk.tells);
    for (Tell& tell : tells) {
        if ((tell.wake_at && *tell.wake_at > now) || !desk.may_tell(tell)) {
            continue;
        }
        // A row that an earlier process left may have been sent by it.
        tell.may_be_sent = tell.may_be_sent || !desk.own_tells.contains(tell.id());
        const bool current = desk.is_current(tell);
        co_await teller_.deliver(std::move(tell), current);
    }
    co_return true;
}

} // namespace accessd
