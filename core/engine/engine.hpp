#pragma once

#include "core/engine/context.hpp"
#include "core/engine/dispatcher.hpp"
#include "core/engine/finder.hpp"
#include "core/support/task_group.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace accessd {

/// The daemon without its surroundings: finds requests, decides, carries out, tells, and remembers. Runs on
/// whatever executor its run() is spawned on. Store, source, clock and random outlive it.
class Engine {
public:
    Engine(
        boost::asio::any_io_executor executor,
        Store& store,
        TicketSource& source,
        Clock& clock,
        Random& random
    );
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;

    /// To be filled in before run(): settings, rules (the portal is filled in by connecting), applications.
    EngineContext& context() { return context_; }

    const EngineContext& context() const { return context_; }

    /// Called once, when Jira has told who we are and every configured name was found.
    std::function<void()> on_ready;

    /// Runs at the begin of every poll; may change the identities and the config_hash of context().
    std::function<void()> before_poll;

    /// Works until stop(). While Jira cannot be reached or refuses our credential it keeps trying, and does
    /// what needs no ticket: revokes. Errors: what TicketSource::connect says when it is permanent, the
    /// store's error when the store was lost, "engine.bug".
    Task<Result<Done>> run();

    /// Begins nothing new; what is under way has EngineSettings::drain to end. run() returns then.
    void stop();

private:
    Task<> connect();
    Task<Result<Done>> try_to_connect();
    Task<> recover();
    Task<> load_brakes();
    Task<> poll_loop();
    Task<> due_loop();
    Task<> take_due(DueWork due);
    Task<> take_all(std::vector<std::string> issue_ids);
    Task<> take_requests(std::vector<std::string> issue_ids);
    Task<> drain();
    Task<bool> drained();
    void note_poll(const Result<Done>& outcome);
    TimePoint next_poll_after(const Error& error, TimePoint started);

    EngineContext context_;
    TaskGroup connecting_;
    TaskGroup loops_;
    TaskGroup tasks_;
    TaskGroup page_tasks_;
    TaskGroup review_tasks_;
    Dispatcher dispatcher_;
    Finder finder_;
    std::set<std::string> until_connected_; ///< issue ids taken up before Jira had answered: they come again
    std::optional<Result<Done>> connected_; ///< empty: was stopped before
    std::string poll_trouble_;              ///< code of the trouble that polling is in
    std::uint32_t polls_failed_in_a_row_ = 0;
};

} // namespace accessd
