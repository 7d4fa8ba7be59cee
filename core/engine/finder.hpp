#pragma once

#include "core/engine/context.hpp"
#include "core/engine/dispatcher.hpp"
#include "core/support/task_group.hpp"

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace accessd {

/// Finds tickets that changed, reads them fresh, decides, and stores what was decided.
class Finder {
public:
    /// What a page decides is saved side by side, so that it shares a commit: by `page_tasks` for poll() and
    /// sweep(), which never run at the same time, by `review_tasks` for review().
    Finder(EngineContext& context, Dispatcher& dispatcher, TaskGroup& page_tasks, TaskGroup& review_tasks);

    /// One look at what changed lately. Nothing is written when nothing changed.
    Task<Result<Done>> poll();

    /// One look at everything: all tickets in a mapped status, and every live request's ticket.
    Task<Result<Done>> sweep();

    /// Reads these tickets fresh and decides again; for requests whose grant is about to be tried again.
    /// Gives those of them that were: what could not be read must not be granted.
    Task<Result<std::set<std::string>>> review(std::vector<std::string> issue_ids);

private:
    /// What became of one walk.
    class Walk {
    public:
        Walk() = default;

        std::optional<TimePoint> newest;     ///< greatest `updated` seen
        std::optional<TimePoint> unfinished; ///< least `updated` of a ticket that was not dealt with
    };

    using Facts = std::shared_ptr<const ApproverFacts>;
    /// Issue ids that were decided on, and what came of it stored.
    using Judged = std::shared_ptr<std::set<std::string>>;

    Task<Result<Done>> walk(SearchWindow window, Walk& walk);
    Task<Result<Done>> handle_page(std::vector<Candidate> candidates, Walk& walk);
    Task<Result<Judged>> read_in_parts(std::vector<std::string> issue_ids, TaskGroup& tasks);
    Task<Result<Done>> read_and_decide(std::vector<std::string> issue_ids, Judged judged, TaskGroup& tasks);
    void say_unreadable(const ReadTickets& read);
    void say_unreadable(const std::string& issue_id, const Error& error);
    bool lacks_answers(const Ticket& ticket, const ApproverFacts& facts);
    Task<Facts> learn(const std::vector<Ticket>& tickets);
    Task<Result<Done>> learn_person(std::string account_id, bool with_groups);
    Task<> decide_one(
        Ticket ticket, std::optional<StoredRequest> stored, Facts facts, SteadyPoint read_from, Judged judged
    );
    Task<Result<std::optional<Situation>>> situation_of(StoredRequest stored);
    Task<Result<std::string>> address_of(const Ticket& ticket, const Application& application);
    Task<bool> apply(Situation before, Event event);
    Task<> vanished(std::string issue_id);
    Task<Result<Done>> look_for_vanished();
    bool is_believable(std::size_t unseen, std::size_t all);
    Task<Result<Done>> advance(const Walk& walk);

    std::optional<Event>
    event_for(const Ticket& ticket, const Decision& decision, const Result<std::string>& address);
    void remember(const Ticket& ticket, const Judged& judged);
    void say_dry(const Ticket& ticket, const Decision& decision);

    EngineContext& context_;
    Dispatcher& dispatcher_;
    TaskGroup& page_tasks_;
    TaskGroup& review_tasks_;
    std::map<std::string, TimePoint> seen_;         ///< issue id -> `updated` that was dealt with
    std::deque<std::string> recent_;                ///< issue ids last dealt with, for reconcileIssues
    std::map<std::string, std::string> unreadable_; ///< issue id -> code, of tickets that the log has told of
    std::set<std::string> unseen_; ///< issue ids of stored requests whose tickets could not be seen
    bool shrunk_ = false;          ///< the last sweep could not see half of them, and was not believed
    std::size_t reads_at_once_;    ///< fewer while Jira is too slow for all
    std::optional<TimePoint> position_;
    bool position_known_ = false;
    std::optional<SteadyPoint> behind_since_; ///< the position waits for a ticket that was not dealt with
    ApproverFacts known_;                     ///< answers about approvers, kept for a short time
    SteadyPoint known_since_{};
};

} // namespace accessd
