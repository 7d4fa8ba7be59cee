#include "core/engine/engine.hpp"

#include "core/support/deadline.hpp"
#include "core/support/log.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace accessd {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t most_claimed = 100;
// A claim that nobody worked off comes back after this.
constexpr Duration claim_time = 1min;

std::function<void(std::exception_ptr)> bug_handler(EngineContext& context) {
    return [&context](std::exception_ptr failure) {
        std::string what = "unknown exception";
        try {
            std::rethrow_exception(failure);
        } catch (const std::exception& error) {
            what = error.what();
        } catch (...) {
        }
        if (!context.fatal) {
            context.fatal =
                Error(Fault::permanent, "engine.bug", "an internal error, please report it: " + what);
        }
        context.stop();
    };
}

/// A grant, or the message that says granted and moves the ticket on, is to follow.
bool needs_review(const StoredRequest& stored) {
    const auto& [request, tells] = stored;
    return request.phase == Phase::resolving ||
           std::any_of(
               request.targets.begin(),
               request.targets.end(),
               [](const Target& target) { return target.state == TargetState::wanted; }
           ) ||
           std::any_of(tells.begin(), tells.end(), [](const Tell& tell) {
               return tell.kind == TellKind::granted;
           });
}

} // namespace

Engine::Engine(
    boost::asio::any_io_executor executor, Store& store, TicketSource& source, Clock& clock, Random& random
)
    : context_(store, source, clock, random), connecting_(executor, bug_handler(context_)),
      loops_(executor, bug_handler(context_)), tasks_(executor, bug_handler(context_)),
      page_tasks_(executor, bug_handler(context_)), review_tasks_(executor, bug_handler(context_)),
      dispatcher_(context_, tasks_), finder_(context_, dispatcher_, page_tasks_, review_tasks_) {}

void Engine::stop() {
    context_.stop();
}

/// What is due by the store alone - revokes, expiries - does not wait for Jira.
Task<Result<Done>> Engine::run() {
    if (!context_.settings.dry_run) {
        co_await load_brakes();
        co_await recover();
        loops_.spawn(due_loop());
    }
    connecting_.spawn(connect());
    while (!connected_ && !context_.stopping) {
        const TimePoint latest = context_.clock.now() + context_.settings.longest_wait;
        co_await context_.begun_or_stopped.wait_until(context_.clock, latest);
    }
    connecting_.cancel();
    co_await connecting_.wait_below(1);
    const Result<Done> connected = connected_.value_or(Done());
    if (connected && !context_.stopping) {
        if (on_ready) {
            on_ready();
        }
        context_.connected = true;
        context_.alarm.ring();
        loops_.spawn(poll_loop());
    }
    if (!connected) {
        stop();
    }
    co_await loops_.wait_below(1);
    co_await drain();
    if (context_.fatal) {
        co_return *context_.fatal;
    }
    co_return connected;
}

Task<> Engine::connect() {
    auto connected = co_await try_to_connect();
    connected_ = std::move(connected);
    context_.begun_or_stopped.notify();
}

Task<Result<Done>> Engine::try_to_connect() {
    std::string trouble;
    for (std::uint32_t attempt = 1; !context_.stopping; ++attempt) {
        auto portal =
            co_await context_.source.connect(context_.clock.now() + context_.settings.connect_deadline);
        if (portal) {
            context_.policy.portal = std::move(*portal);
            co_return Done();
        }
        const Error& error = portal.error();
        if (error.fault() == Fault::permanent) {
            co_return error;
        }
        const TimePoint at =
            retry_at(context_.settings.retry, error, attempt, context_.clock.now(), context_.random.next());
        if (trouble != error.code()) {
            trouble = error.code();
            log(LogLevel::error,
                "connect_failing",
                {{"code", error.code()}, {"error", error.message()}, {"next", format_utc(at)}});
        }
        co_await context_.poll_now.wait_until(context_.clock, at);
    }
    co_return Done();
}

/// Every intent without an outcome is unknown: those requests come first, and look before they act.
Task<> Engine::recover() {
    auto open = co_await context_.store.open_intents();
    if (!open) {
        context_.note(open.error());
        co_return;
    }
    if (!open->empty()) {
        log(LogLevel::info, "recovering", {{"requests", static_cast<std::int64_t>(open->size())}});
    }
    co_await take_all(std::move(*open));
}

/// A restart does not loosen the brake.
Task<> Engine::load_brakes() {
    context_.grant_brake.emplace(context_.settings.brake.grants_per_hour);
    context_.revoke_brake.emplace(context_.settings.brake.revokes_per_hour);
    const TimePoint now = context_.clock.now();
    auto changes = co_await context_.store.changes_since(now - 1h);
    if (!changes) {
        context_.note(changes.error());
        co_return;
    }
    for (const PastChange& change : *changes) {
        // Written by a clock that was ahead, it may be as old as an hour or as new as now.
        const Duration age = std::max(now - change.at, Duration(0));
        const SteadyPoint begun = context_.clock.steady() - age;
        if (change.operation == Operation::grant) {
            context_.grant_brake->remember(rule_name(change.application, change.access_type), begun);
        } else {
            context_.revoke_brake->remember(change.application, begun);
        }
    }
}

Task<> Engine::poll_loop() {
    TimePoint next_sweep = context_.clock.now() + context_.settings.sweep_interval;
    while (!context_.stopping) {
        const TimePoint started = context_.clock.now();
        if (before_poll) {
            before_poll();
        }
        auto polled = co_await finder_.poll();
        note_poll(polled);
        if (polled && context_.clock.now() >= next_sweep) {
            auto swept = co_await finder_.sweep();
            note_poll(swept);
            next_sweep = context_.clock.now() + context_.settings.sweep_interval;
        }
        const TimePoint next =
            polled ? started + context_.settings.poll_interval : next_poll_after(polled.error(), started);
        if (!context_.stopping) {
            co_await context_.poll_now.wait_until(context_.clock, next);
        }
    }
}

/// Grants and messages wait for a poll that goes well: after a failure it does not come later than usual, and
/// sooner at first.
TimePoint Engine::next_poll_after(const Error& error, TimePoint started) {
    const TimePoint now = context_.clock.now();
    const TimePoint again =
        retry_at(context_.settings.retry, error, polls_failed_in_a_row_, now, context_.random.next());
    const TimePoint usual = started + context_.settings.poll_interval;
    return std::min(again, std::max(usual, error.retry_at().value_or(usual)));
}

void Engine::note_poll(const Result<Done>& outcome) {
    if (outcome) {
        ++context_.counters.polls;
        polls_failed_in_a_row_ = 0;
        if (!poll_trouble_.empty()) {
            log(LogLevel::info, "polling_recovered", {});
            poll_trouble_.clear();
        }
        return;
    }
    ++context_.counters.polls_failed;
    ++polls_failed_in_a_row_;
    const Error& error = outcome.error();
    if (poll_trouble_ != error.code() && !context_.stopping) {
        poll_trouble_ = error.code();
        log(LogLevel::error, "polling_failing", {{"code", error.code()}, {"error", error.message()}});
    }
}

Task<> Engine::due_loop() {
    while (!context_.stopping && !context_.settings.dry_run) {
        if (context_.connected && !until_connected_.empty()) {
            // Those that had to wait for a fresh reading, or have something to tell. Their claims still run.
            std::vector<std::string> waiting(until_connected_.begin(), until_connected_.end());
            until_connected_.clear();
            co_await take_all(std::move(waiting));
        }
        const TimePoint now = context_.clock.now();
        auto due =
            co_await context_.store.claim_due(context_.settings.owner, now, now + claim_time, most_claimed);
        TimePoint latest = context_.clock.now() + context_.settings.longest_wait;
        if (!due) {
            context_.note(due.error());
            latest = context_.clock.now() + 5s;
        } else {
            const bool more = due->requests.size() >= most_claimed || due->tells.size() >= most_claimed;
            latest = std::min(latest, more ? context_.clock.now() : due->next.value_or(latest));
            co_await take_due(std::move(*due));
        }
        dispatcher_.pump();
        latest = std::min(latest, dispatcher_.next_resume().value_or(latest));
        if (context_.grants_held()) {
            latest = std::min(latest, *context_.grants_held_until);
        }
        if (!context_.stopping) {
            co_await context_.alarm.wait(context_.clock, latest);
        }
    }
}

Task<> Engine::take_due(DueWork due) {
    for (AccessKey& key : due.watches) {
        dispatcher_.add_watch(std::move(key));
    }
    std::vector<std::string> issue_ids = std::move(due.requests);
    for (std::string& id : due.tells) {
        if (std::find(issue_ids.begin(), issue_ids.end(), id) == issue_ids.end()) {
            issue_ids.push_back(std::move(id));
        }
    }
    co_await take_all(std::move(issue_ids));
}

Task<> Engine::take_all(std::vector<std::string> issue_ids) {
    for (std::size_t from = 0; from < issue_ids.size(); from += most_claimed) {
        const std::size_t to = std::min(issue_ids.size(), from + most_claimed);
        std::vector<std::string> part(
            issue_ids.begin() + static_cast<std::ptrdiff_t>(from),
            issue_ids.begin() + static_cast<std::ptrdiff_t>(to)
        );
        co_await take_requests(std::move(part));
    }
}

/// Queues stored requests. Those that would grant are first decided on again from a fresh reading: the ticket
/// may say something else by now. When Jira cannot be read they wait; revokes never do.
Task<> Engine::take_requests(std::vector<std::string> issue_ids) {
    auto loaded = co_await context_.store.load(std::move(issue_ids));
    if (!loaded) {
        context_.note(loaded.error());
        co_return;
    }
    std::vector<std::string> granting;
    std::vector<std::pair<std::string, std::string>> later; // lane, issue id
    for (const StoredRequest& stored : *loaded) {
        if (!context_.connected) {
            until_connected_.insert(stored.request.issue_id);
        }
        const bool waits = needs_review(stored);
        if (waits) {
            granting.push_back(stored.request.issue_id);
            later.emplace_back(lane_of(stored.request), stored.request.issue_id);
        }
        Work work(stored.request.issue_id);
        work.urgent = is_urgent(stored.request);
        dispatcher_.add(lane_of(stored.request), std::move(work));
    }
    // While Jira does not answer nobody waits for it here: revokes come through this loop, too.
    const bool readable = context_.connected && poll_trouble_.empty();
    if (granting.empty() || !readable) {
        co_return;
    }
    const SteadyPoint read_at = context_.clock.steady();
    auto reviewed = co_await finder_.review(std::move(granting));
    if (!reviewed) {
        note_poll(reviewed.error());
        context_.poll_now.notify(); // which tells whether Jira answers again
        context_.alarm.set(context_.clock.now() + claim_time);
        co_return;
    }
    for (auto& [lane, issue_id] : later) {
        if (reviewed->contains(issue_id)) {
            Work work(std::move(issue_id));
            work.read_at = read_at;
            dispatcher_.add(std::move(lane), std::move(work));
        }
    }
}

Task<bool> Engine::drained() {
    co_await page_tasks_.wait_below(1);
    co_await review_tasks_.wait_below(1);
    co_await tasks_.wait_below(1);
    co_return true;
}

Task<> Engine::drain() {
    const TimePoint until = context_.clock.now() + context_.settings.drain;
    auto in_time = co_await with_deadline(context_.clock, until, drained());
    if (in_time) {
        co_return;
    }
    log(LogLevel::warning,
        "cancelling",
        {{"calls", static_cast<std::int64_t>(tasks_.size())},
         {"advice", "their outcome is looked up at the next start"}});
    page_tasks_.cancel();
    review_tasks_.cancel();
    tasks_.cancel();
    co_await drained();
}

} // namespace accessd
