#include "core/engine/finder.hpp"

#include "core/engine/announce.hpp"
#include "core/policy/identity.hpp"
#include "core/support/log.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace accessd {

namespace {

using namespace std::chrono_literals;

// What Jira reads in bulk, and what it reconciles in a search.
constexpr std::size_t most_reads = 100;
constexpr std::size_t most_reconciled = 50;
// Decided requests that may wait in memory; beyond it the search waits.
constexpr std::size_t most_backlog = 256;
constexpr int most_conflicts = 4;
// How long the position stays behind for a ticket that could not be dealt with.
constexpr Duration most_lag = 24h;
// A bound on one walk; what is left comes with the next poll.
constexpr int most_pages = 2000;

void keep_later(std::optional<TimePoint>& latest, TimePoint when) {
    latest = std::max(latest.value_or(when), when);
}

void keep_earlier(std::optional<TimePoint>& earliest, TimePoint when) {
    earliest = std::min(earliest.value_or(when), when);
}

} // namespace

Finder::Finder(EngineContext& context, Dispatcher& dispatcher, TaskGroup& page_tasks, TaskGroup& review_tasks)
    : context_(context), dispatcher_(dispatcher), page_tasks_(page_tasks), review_tasks_(review_tasks),
      reads_at_once_(most_reads) {}

Task<Result<Done>> Finder::poll() {
    if (!position_known_) {
        auto position = co_await context_.store.position();
        if (!position) {
            context_.note(position.error());
            co_return position.error();
        }
        position_ = *position;
        position_known_ = true;
    }
    SearchWindow window;
    if (position_) {
        window.since = *position_ - context_.settings.overlap;
        std::erase_if(seen_, [&](const auto& entry) { return entry.second < *window.since; });
    }
    window.reconcile.assign(recent_.begin(), recent_.end());
    Walk result;
    auto walked = co_await walk(std::move(window), result);
    if (!walked) {
        co_return walked;
    }
    auto advanced = co_await advance(result);
    co_return advanced;
}

Task<Result<Done>> Finder::sweep() {
    Walk ignored;
    auto walked = co_await walk(SearchWindow(), ignored);
    if (!walked) {
        co_return walked;
    }
    unseen_.clear();
    auto looked = co_await look_for_vanished();
    co_return looked;
}

Task<Result<std::set<std::string>>> Finder::review(std::vector<std::string> issue_ids) {
    auto judged = co_await read_in_parts(std::move(issue_ids), review_tasks_);
    if (!judged) {
        co_return judged.error();
    }
    co_return **judged;
}

Task<Result<Done>> Finder::walk(SearchWindow window, Walk& walk) {
    std::string page;
    for (int pages = 0; pages < most_pages && !context_.stopping; ++pages) {
        auto found = co_await context_.source.search(window, page, context_.deadline());
        if (!found) {
            co_return found.error();
        }
        page = std::move(found->next_page);
        auto handled = co_await handle_page(std::move(found->candidates), walk);
        if (!handled) {
            co_return handled;
        }
        if (page.empty()) {
            co_return Done();
        }
        co_await dispatcher_.wait_for_room(most_backlog);
    }
    // The position must not pass what was not looked at.
    co_return Error(
        Fault::transient, "jira.walk_unfinished", "the search did not end; it is continued at the next poll"
    );
}

Task<Result<Done>> Finder::handle_page(std::vector<Candidate> candidates, Walk& walk) {
    std::vector<std::string> ids;
    for (const Candidate& candidate : candidates) {
        keep_later(walk.newest, candidate.updated_at);
        const auto seen = seen_.find(candidate.issue_id);
        const bool unchanged = seen != seen_.end() && seen->second == candidate.updated_at;
        const bool listed = std::find(ids.begin(), ids.end(), candidate.issue_id) != ids.end();
        if (!unchanged && !listed) {
            ids.push_back(candidate.issue_id);
        }
    }
    auto judged = co_await read_in_parts(std::move(ids), page_tasks_);
    if (!judged) {
        co_return judged.error();
    }
    for (const Candidate& candidate : candidates) {
        const auto seen = seen_.find(candidate.issue_id);
        if (seen == seen_.end() || seen->second < candidate.updated_at) {
            keep_earlier(walk.unfinished, candidate.updated_at);
        }
    }
    co_return Done();
}

/// Once for each ticket and trouble, not at every poll.
void Finder::say_unreadable(const ReadTickets& read) {
    for (const Ticket& ticket : read.tickets) {
        unreadable_.erase(ticket.issue_id);
    }
    for (const auto& [issue_id, error] : read.failed) {
        say_unreadable(issue_id, error);
    }
}

void Finder::say_unreadable(const std::string& issue_id, const Error& error) {
    std::string& known = unreadable_[issue_id];
    if (known != error.code()) {
        known = error.code();
        log(LogLevel::warning,
            "unreadable",
            {{"issue", issue_id}, {"code", error.code()}, {"error", error.message()}});
    }
}

/// What cannot be read in time is read in smaller parts: a slow Jira makes slow progress, not none.
Task<Result<Finder::Judged>> Finder::read_in_parts(std::vector<std::string> issue_ids, TaskGroup& tasks) {
    auto judged = std::make_shared<std::set<std::string>>();
    std::size_t from = 0;
    while (from < issue_ids.size()) {
        const std::size_t size = std::min(issue_ids.size() - from, reads_at_once_);
        const auto begin = issue_ids.begin() + static_cast<std::ptrdiff_t>(from);
        std::vector<std::string> part(begin, begin + static_cast<std::ptrdiff_t>(size));
        auto read = co_await read_and_decide(std::move(part), judged, tasks);
        if (read) {
            from += size;
            reads_at_once_ = std::min(most_reads, reads_at_once_ * 2);
        } else if (read.error().code() == "http.timeout" && size > 1 && !context_.stopping) {
            reads_at_once_ = size / 2;
        } else {
            co_return read.error();
        }
    }
    co_return judged;
}

Task<Result<Done>>
Finder::read_and_decide(std::vector<std::string> issue_ids, Judged judged, TaskGroup& tasks) {
    const SteadyPoint read_from = context_.clock.steady();
    auto read = co_await context_.source.read(issue_ids, context_.deadline());
    if (!read) {
        co_return read.error();
    }
    say_unreadable(*read);
    const Facts facts = co_await learn(read->tickets);
    auto loaded = co_await context_.store.load(std::move(issue_ids));
    if (!loaded) {
        context_.note(loaded.error());
        co_return loaded.error();
    }
    std::map<std::string, StoredRequest> stored;
    for (StoredRequest& request : *loaded) {
        std::string id = request.request.issue_id;
        stored.emplace(std::move(id), std::move(request));
    }
    for (Ticket& ticket : read->tickets) {
        const auto known = stored.find(ticket.issue_id);
        std::optional<StoredRequest> request;
        if (known != stored.end()) {
            request = std::move(known->second);
        }
        tasks.spawn(decide_one(std::move(ticket), std::move(request), facts, read_from, judged));
    }
    for (const std::string& issue_id : read->unseen) {
        if (stored.contains(issue_id)) {
            unseen_.insert(issue_id);
        }
    }
    co_await tasks.wait_below(1);
    co_return Done();
}

void Finder::remember(const Ticket& ticket, const Judged& judged) {
    judged->insert(ticket.issue_id);
    seen_[ticket.issue_id] = ticket.updated_at;
    std::erase(recent_, ticket.issue_id);
    recent_.push_back(ticket.issue_id);
    if (recent_.size() > most_reconciled) {
        recent_.pop_front();
    }
}

Task<> Finder::decide_one(
    Ticket ticket, std::optional<StoredRequest> stored, Facts facts, SteadyPoint read_from, Judged judged
) {
    for (int tries = 0; tries < most_conflicts; ++tries) {
        const Request* known = stored && stored->request.revision != 0 ? &stored->request : nullptr;
        const Decision decision = decide(ticket, context_.policy, *facts, known);
        const bool unsure = lacks_answers(ticket, *facts);
        const bool mixed = !std::holds_alternative<End>(decision) &&
                           context_.own_moves.any_since(ticket.issue_id, read_from);
        if (std::holds_alternative<ReadAgain>(decision) || unsure || mixed) {
            co_return; // not remembered: the next poll reads it again
        }
        Result<std::string> address(std::string{});
        if (const auto* approve = std::get_if<Approve>(&decision)) {
            const Application* application = context_.application(approve->rule->application);
            if (application == nullptr) {
                co_return;
            }
            address = co_await address_of(ticket, *application);
            if (!address && address.error().fault() != Fault::permanent) {
                co_return; // Jira did not answer: the next poll asks again
            }
        }
        const auto event = event_for(ticket, decision, address);
        if (!event || context_.settings.dry_run) {
            if (event) {
                say_dry(ticket, decision);
            }
            remember(ticket, judged);
            if (known != nullptr && known->vanished_at) {
                auto back = co_await situation_of(*stored);
                if (back && *back) {
                    Event reappeared = Reappeared();
                    co_await apply(std::move(**back), std::move(reappeared));
                }
            }
            co_return;
        }
        StoredRequest before = stored.value_or(StoredRequest());
        auto situation = co_await situation_of(std::move(before));
        if (!situation || !*situation) {
            co_return;
        }
        const bool saved = co_await apply(std::move(**situation), *event);
        if (saved) {
            remember(ticket, judged);
            co_return;
        }
        if (context_.stopping) {
            co_return;
        }
        std::vector<std::string> ids(1, ticket.issue_id);
        auto loaded = co_await context_.store.load(std::move(ids));
        if (!loaded) {
            context_.note(loaded.error());
            co_return;
        }
        stored.reset();
        if (!loaded->empty()) {
            stored = std::move(loaded->front());
        }
    }
}

std::optional<Event>
Finder::event_for(const Ticket& ticket, const Decision& decision, const Result<std::string>& address) {
    if (const auto* approve = std::get_if<Approve>(&decision)) {
        if (!address) {
            return Doubted(ticket, Phase::parked, address.error().code(), address.error().message());
        }
        return Approved(ticket, *approve, *address, context_.policy.config_hash);
    }
    if (const auto* distrust = std::get_if<Distrust>(&decision)) {
        return Doubted(ticket, Phase::unproven, distrust->why.code, distrust->why.reason);
    }
    if (const auto* park = std::get_if<Park>(&decision)) {
        return Doubted(ticket, Phase::parked, park->code, park->reason);
    }
    if (const auto* end = std::get_if<End>(&decision)) {
        return Ended(ticket, *end);
    }
    return std::nullopt;
}

Task<Result<std::optional<Situation>>> Finder::situation_of(StoredRequest stored) {
    std::optional<Situation> situation;
    situation.emplace();
    std::vector<AccessKey> keys;
    for (const Target& target : stored.request.targets) {
        keys.push_back(target.key);
    }
    situation->request = std::move(stored.request);
    if (!keys.empty()) {
        auto accesses = co_await context_.store.load_accesses(std::move(keys));
        if (!accesses) {
            context_.note(accesses.error());
            co_return accesses.error();
        }
        situation->accesses = std::move(*accesses);
    }
    co_return situation;
}

/// True when it is stored (or needed no storing).
Task<bool> Finder::apply(Situation before, Event event) {
    const Request earlier = before.request;
    Step step = context_.step(std::move(before), event);
    if (step.ignored) {
        co_return true;
    }
    auto saved = co_await context_.store.save(changes_of(step, context_.clock.now()));
    if (!saved) {
        context_.note(saved.error());
        co_return false;
    }
    take_saved(step, *saved);
    announce(context_, earlier, step.after.request, saved->audit_seq);
    Work work(step.after.request.issue_id);
    work.read_at = context_.clock.steady();
    work.urgent = is_urgent(step.after.request);
    work.tells = std::move(step.tells);
    std::string lane = lane_of(step.after.request);
    work.fresh = std::move(step.after);
    // Messages of earlier saves are not at hand here; loading brings them all.
    if (earlier.revision != 0) {
        work.fresh.reset();
        work.tells.clear();
    }
    dispatcher_.add(std::move(lane), std::move(work));
    co_return true;
}

Task<Result<Done>> Finder::advance(const Walk& walk) {
    std::optional<TimePoint> newest = walk.newest;
    if (!walk.unfinished) {
        behind_since_.reset();
    } else {
        // Not for ever: a ticket that can never be read must not make every poll longer. The sweep has it.
        const SteadyPoint now = context_.clock.steady();
        behind_since_ = behind_since_.value_or(now);
        newest = is_recent(*behind_since_, now, most_lag) ? walk.unfinished : newest;
    }
    const bool further = newest && (!position_ || *newest > *position_);
    if (!further) {
        co_return Done();
    }
    if (context_.settings.dry_run) {
        position_ = newest;
        co_return Done();
    }
    Changes changes;
    changes.position = newest;
    changes.at = context_.clock.now();
    auto saved = co_await context_.store.save(std::move(changes));
    if (!saved) {
        context_.note(saved.error());
        co_return saved.error();
    }
    position_ = newest;
    co_return Done();
}

} // namespace accessd
