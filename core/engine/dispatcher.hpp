#pragma once

#include "core/engine/watcher.hpp"
#include "core/engine/worker.hpp"
#include "core/support/task_group.hpp"
#include "core/support/wakeup.hpp"

#include <cstddef>
#include <deque>
#include <map>
#include <set>
#include <string>

namespace accessd {

/// The lane of a request: that of the application where something is to be taken away, else its own when
/// there is something to do there; "" when only its ticket is to be told, which no application may hold up.
std::string lane_of(const Request& request);

/// Something is to be taken away.
bool is_urgent(const Request& request);

/// Spreads work over the applications: each has its own lane, so that one that hangs or is paused never holds
/// up another (I9). At most one worker for a request at a time.
class Dispatcher {
public:
    /// `tasks` owns what is started here and is outlived by the dispatcher's owner.
    Dispatcher(EngineContext& context, TaskGroup& tasks);

    /// Queues work for a lane (see lane_of). A request that is being worked on is looked at once more after.
    void add(std::string lane, Work work);

    /// Looks again at a revoked key.
    void add_watch(AccessKey key);

    /// Starts what may start now; to be called when a pause may have ended.
    void pump();

    /// Queued work of lanes that move.
    std::size_t backlog() const;

    /// Waits until the backlog is below `limit` (or the engine stops).
    Task<> wait_for_room(std::size_t limit);

    /// The earliest end of a pause of a lane with work.
    std::optional<TimePoint> next_resume() const;

private:
    class Lane {
    public:
        std::deque<Work> queue;
        unsigned running = 0;
    };

    bool paused(const std::string& application) const;
    /// Paused, or one request at a time finds out whether the trouble is over.
    bool stuck(const std::string& application) const;
    void pump(const std::string& application, Lane& lane);
    Task<> run(std::string application, Work work);
    Task<> run_watch(AccessKey key);

    EngineContext& context_;
    TaskGroup& tasks_;
    Worker worker_;
    Watcher watcher_;
    std::map<std::string, Lane> lanes_;
    std::set<std::string> known_;                             ///< issue ids queued or being worked on
    std::map<std::string, std::optional<SteadyPoint>> again_; ///< of those: something came up; last reading
    std::set<AccessKey> watched_;
    Wakeup room_;
};

} // namespace accessd
