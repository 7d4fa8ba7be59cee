#include "core/engine/watcher.hpp"

#include "core/engine/records.hpp"
#include "core/support/log.hpp"

#include <array>
#include <chrono>
#include <utility>

namespace accessd {

namespace {

using namespace std::chrono_literals;

constexpr std::array<Duration, 2> later_looks = {10min, 60min};
constexpr Duration first_look = 1min;

/// Account or entitlement do not exist any more: nor does the access.
bool is_gone(const Error& error) {
    return error.code().ends_with(".account_gone") || error.code().ends_with(".entitlement_gone");
}

/// A grant of unknown outcome that nothing wants and no revoke is waiting for is looked for like a late one.
void watch_if_left(Access& access, TimePoint now) {
    if (!access.desired && !access.preexisting && access.grant_uncertain && !access.watch_at) {
        access.watch_stage = 1;
        access.watch_at = now;
    }
}

Changes changes_for(Access access, std::vector<AuditEntry> audit, TimePoint at) {
    Changes changes;
    changes.accesses.push_back(std::move(access));
    changes.audit = std::move(audit);
    changes.at = at;
    return changes;
}

} // namespace

Access watched(Access access, TimePoint at) {
    const std::size_t done = access.watch_stage;
    if (done == 0 || done > later_looks.size()) {
        access.watch_stage = 0;
        access.watch_at.reset();
        access.grant_uncertain = false;
        return access;
    }
    access.watch_at = at + later_looks[done - 1];
    ++access.watch_stage;
    return access;
}

Task<> Watcher::watch(AccessKey key) {
    std::vector<AccessKey> keys(1, key);
    auto hold = co_await context_.locks.lock(keys);
    auto loaded = co_await context_.store.load_accesses(std::move(keys));
    if (!loaded || loaded->empty()) {
        if (!loaded) {
            context_.note(loaded.error());
        }
        co_return;
    }
    Access access = std::move(loaded->front().access);
    std::vector<AuditEntry> audit;
    if (access.intent) {
        // Whoever calls holds the lock: this one's caller died, or could not record what came of it.
        audit.push_back(give_up_on_call(access));
        watch_if_left(access, context_.clock.now());
    }
    if (!access.watch_at && audit.empty()) {
        co_return;
    }
    Application* application = context_.application(access.key.application);
    if (access.desired || application == nullptr) {
        // Granted again: nothing to watch for. The doubt stays until the next revoke.
        access.watch_stage = 0;
        access.watch_at.reset();
    }
    if (!audit.empty() || !access.watch_at) {
        co_await save(std::move(access), std::move(audit));
        co_return;
    }
    co_await look(std::move(access), *application->provider);
}

Task<> Watcher::look(Access access, Provider& provider) {
    auto seen = co_await provider.look(access.key, Depth::direct, context_.deadline());
    const TimePoint now = context_.clock.now();
    const bool is_absent = seen ? *seen == Holding::absent : is_gone(seen.error());
    if (seen && !is_absent) {
        co_await revoke_again(std::move(access), provider);
        co_return;
    }
    if (is_absent) {
        access = watched(std::move(access), now);
    } else {
        access.watch_at = std::max(now + first_look, seen.error().retry_at().value_or(now));
    }
    std::vector<AuditEntry> none;
    co_await save(std::move(access), std::move(none));
}

Task<> Watcher::revoke_again(Access access, Provider& provider) {
    log(LogLevel::warning,
        "late_grant",
        {{"application", access.key.application},
         {"entitlement", access.key.entitlement},
         {"account", access.key.account},
         {"advice", "a grant landed after its revoke; revoking again"}});
    access.watch_stage = 1;
    access.watch_at = context_.clock.now() + first_look;
    access.intent = Intent(Operation::revoke, std::string(), context_.clock.now());
    std::vector<AuditEntry> intent(1, access_record("revoke.intent", access));
    auto started = co_await save(access, std::move(intent));
    if (!started) {
        co_return;
    }
    access.revision = *started;
    auto written = co_await provider.revoke(access.key, context_.deadline());
    access.intent.reset();
    std::vector<AuditEntry> outcome;
    const std::string_view code = written ? "revoke.late_grant" : "revoke.failed";
    outcome.push_back(access_record(code, access));
    co_await save(std::move(access), std::move(outcome));
}

Task<std::optional<std::int64_t>> Watcher::save(Access access, std::vector<AuditEntry> audit) {
    if (access.watch_at) {
        context_.alarm.set(*access.watch_at);
    }
    auto saved =
        co_await context_.store.save(changes_for(std::move(access), std::move(audit), context_.clock.now()));
    if (!saved) {
        context_.note(saved.error());
        co_return std::nullopt;
    }
    co_return saved->access_revisions.front();
}

} // namespace accessd
