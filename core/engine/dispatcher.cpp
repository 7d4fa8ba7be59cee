#include "core/engine/dispatcher.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace accessd {

namespace {

using namespace std::chrono_literals;

// A pause may end or begin while somebody waits for room.
constexpr Duration room_poll = 1s;

} // namespace

std::string lane_of(const Request& request) {
    bool has_calls = request.phase == Phase::resolving;
    for (const Target& target : request.targets) {
        if (target.state == TargetState::ending) {
            return target.key.application; // the ticket may name another one by now
        }
        has_calls = has_calls || target.state == TargetState::wanted ||
                    (target.state == TargetState::held && target.expires_at);
    }
    return has_calls ? request.application : std::string();
}

bool is_urgent(const Request& request) {
    return std::any_of(request.targets.begin(), request.targets.end(), [](const Target& target) {
        return target.state == TargetState::ending;
    });
}

Dispatcher::Dispatcher(EngineContext& context, TaskGroup& tasks)
    : context_(context), tasks_(tasks), worker_(context), watcher_(context) {}

bool Dispatcher::paused(const std::string& application) const {
    const auto found = context_.applications.find(application);
    return found != context_.applications.end() && found->second.paused_until &&
           *found->second.paused_until > context_.clock.now();
}

bool Dispatcher::stuck(const std::string& application) const {
    const auto found = context_.applications.find(application);
    return found != context_.applications.end() && (paused(application) || !found->second.trouble.empty());
}

void Dispatcher::add(std::string application, Work work) {
    if (context_.stopping) {
        return; // it is in the store, with the time at which it is due
    }
    if (!known_.insert(work.issue_id).second) {
        auto& read_at = again_[work.issue_id];
        read_at = std::max(read_at, work.read_at);
        return;
    }
    Lane& lane = lanes_[application];
    if (stuck(application)) {
        work.fresh.reset(); // only ids wait for long: memory stays bounded
        work.tells.clear();
    }
    if (work.urgent) {
        lane.queue.push_front(std::move(work));
    } else {
        lane.queue.push_back(std::move(work));
    }
    pump(application, lane);
}

void Dispatcher::add_watch(AccessKey key) {
    if (!context_.stopping && watched_.insert(key).second) {
        tasks_.spawn(run_watch(std::move(key)));
    }
}

void Dispatcher::pump() {
    for (auto& [application, lane] : lanes_) {
        pump(application, lane);
    }
}

void Dispatcher::pump(const std::string& application, Lane& lane) {
    const unsigned most = stuck(application) ? 1 : context_.settings.workers;
    while (!lane.queue.empty() && lane.running < most && !context_.stopping && !paused(application)) {
        Work work = std::move(lane.queue.front());
        lane.queue.pop_front();
        ++lane.running;
        tasks_.spawn(run(application, std::move(work)));
    }
}

std::size_t Dispatcher::backlog() const {
    std::size_t sum = 0;
    for (const auto& [application, lane] : lanes_) {
        sum += stuck(application) ? 0 : lane.queue.size();
    }
    return sum;
}

Task<> Dispatcher::wait_for_room(std::size_t limit) {
    while (backlog() >= limit && !context_.stopping) {
        co_await room_.wait_until(context_.clock, context_.clock.now() + room_poll);
    }
}

std::optional<TimePoint> Dispatcher::next_resume() const {
    std::optional<TimePoint> earliest;
    for (const auto& [application, lane] : lanes_) {
        if (lane.queue.empty() || !paused(application)) {
            continue;
        }
        const TimePoint until = *context_.applications.at(application).paused_until;
        earliest = earliest ? std::min(*earliest, until) : until;
    }
    return earliest;
}

Task<> Dispatcher::run(std::string application, Work work) {
    const std::string issue_id = work.issue_id;
    const bool wants_reading = co_await worker_.work(std::move(work));
    known_.erase(issue_id);
    if (wants_reading) {
        context_.alarm.ring();
    }
    Lane& lane = lanes_[application];
    --lane.running;
    if (const auto again = again_.extract(issue_id)) {
        Work more(issue_id);
        more.read_at = again.mapped();
        add(application, std::move(more));
    }
    pump(application, lane);
    room_.notify();
}

Task<> Dispatcher::run_watch(AccessKey key) {
    co_await watcher_.watch(key);
    watched_.erase(key);
}

} // namespace accessd
