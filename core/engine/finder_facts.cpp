#include "core/engine/finder.hpp"
#include "core/policy/identity.hpp"
#include "core/support/log.hpp"

#include <chrono>
#include <utility>

// What the finder must know beyond the tickets, and what it does about tickets that it cannot see.
namespace accessd {

namespace {

using namespace std::chrono_literals;

// How old an answer about somebody may be. Short: leaving the approvers' group must count soon.
constexpr Duration facts_life = 30s;
constexpr std::size_t live_page = 100;
// Fewer may well be deleted at once.
constexpr std::size_t least_doubtful = 10;

Error stopping_error() {
    return Error(Fault::transient, "engine.stopping", "accessd is stopping");
}

} // namespace

Task<Finder::Facts> Finder::learn(const std::vector<Ticket>& tickets) {
    auto facts = std::make_shared<ApproverFacts>();
    std::optional<Error> trouble; // one is enough: the others would take as long
    for (const Ticket& ticket : tickets) {
        for (const auto& [id, with_groups] : facts_needed(ticket, context_.policy)) {
            // One rule may ask for groups that another did not.
            if (facts->people.contains(id) && (!with_groups || facts->groups.contains(id))) {
                continue;
            }
            if (trouble || context_.stopping) {
                facts->unanswered.emplace(id, trouble.value_or(stopping_error()));
                continue;
            }
            auto learned = co_await learn_person(id, with_groups);
            if (!learned) {
                // Revokes on the same page need nobody: only the tickets of this one wait.
                trouble = learned.error();
                facts->unanswered.emplace(id, learned.error());
                continue;
            }
            const auto person = known_.people.find(id);
            if (person != known_.people.end()) {
                facts->people.insert_or_assign(id, person->second);
            }
            const auto groups = known_.groups.find(id);
            if (groups != known_.groups.end()) {
                facts->groups.insert(*groups);
            }
        }
    }
    co_return Facts(std::move(facts));
}

/// Jira could not be asked about somebody on whom the decision depends.
bool Finder::lacks_answers(const Ticket& ticket, const ApproverFacts& facts) {
    if (facts.unanswered.empty()) {
        return false;
    }
    for (const Inquiry& inquiry : facts_needed(ticket, context_.policy)) {
        const auto unanswered = facts.unanswered.find(inquiry.account_id);
        if (unanswered != facts.unanswered.end()) {
            say_unreadable(ticket.issue_id, unanswered->second);
            return true;
        }
    }
    return false;
}

/// Afterwards `known_` holds what Jira says about the account, unless it knows nobody of that id.
Task<Result<Done>> Finder::learn_person(std::string account_id, bool with_groups) {
    if (!is_recent(known_since_, context_.clock.steady(), facts_life)) {
        known_ = ApproverFacts();
        known_since_ = context_.clock.steady();
    }
    const bool enough =
        known_.people.contains(account_id) && (!with_groups || known_.groups.contains(account_id));
    if (enough) {
        co_return Done();
    }
    auto person = co_await context_.source.person(account_id, context_.deadline());
    if (!person) {
        if (person.error().fault() == Fault::permanent) {
            co_return Done(); // nobody we can know: counts against the approval
        }
        co_return person.error();
    }
    if (with_groups) {
        auto groups = co_await context_.source.groups_of(account_id, context_.deadline());
        if (!groups) {
            co_return groups.error();
        }
        known_.groups[account_id] = std::move(*groups);
    }
    known_.people[account_id] = std::move(*person);
    co_return Done();
}

Task<Result<std::string>> Finder::address_of(const Ticket& ticket, const Application& application) {
    Person beneficiary = ticket.beneficiary.value_or(Person());
    const IdentityRule& rule = application.identity;
    const bool by_email =
        rule.match == IdentityMatch::email && !rule.account.contains(beneficiary.account_id);
    const bool hidden = by_email && !beneficiary.email && !beneficiary.account_id.empty();
    if (hidden) {
        auto person = co_await context_.source.person(beneficiary.account_id, context_.deadline());
        if (!person) {
            co_return person.error();
        }
        beneficiary = std::move(*person);
    }
    co_return account_address(rule, beneficiary);
}

void Finder::say_dry(const Ticket& ticket, const Decision& decision) {
    std::string event = "would_end";
    std::string code;
    std::string approver;
    if (const auto* approve = std::get_if<Approve>(&decision)) {
        event = "would_grant";
        approver = approve->proof.approver;
    } else if (const auto* distrust = std::get_if<Distrust>(&decision)) {
        event = "would_refuse";
        code = distrust->why.code;
    } else if (const auto* park = std::get_if<Park>(&decision)) {
        event = "would_park";
        code = park->code;
    } else if (const auto* end = std::get_if<End>(&decision)) {
        code = end->code;
    }
    const Person beneficiary = ticket.beneficiary.value_or(Person());
    log(LogLevel::info,
        event,
        {{"ticket", ticket.issue_key},
         {"application", ticket.application},
         {"access_type", ticket.access_type},
         {"user", beneficiary.email.value_or(beneficiary.account_id)},
         {code.empty() ? "approver" : "code", code.empty() ? approver : code}});
}

Task<> Finder::vanished(std::string issue_id) {
    std::vector<std::string> ids(1, issue_id);
    auto loaded = co_await context_.store.load(std::move(ids));
    if (!loaded) {
        context_.note(loaded.error());
        co_return;
    }
    if (loaded->empty() || context_.settings.dry_run) {
        co_return;
    }
    auto situation = co_await situation_of(std::move(loaded->front()));
    if (situation && *situation) {
        Event event = Vanished(context_.settings.on_vanished, context_.settings.vanished_grace);
        // Lost to somebody faster: the next sweep comes by again.
        co_await apply(std::move(**situation), std::move(event));
    }
}

/// Tickets that are gone are gone one by one. When half of them seem to be, it is rather our permission.
bool Finder::is_believable(std::size_t unseen, std::size_t all) {
    const bool shrunk = unseen >= least_doubtful && unseen * 2 > all;
    if (shrunk && !shrunk_) {
        log(LogLevel::critical,
            "vanished_not_believed",
            {{"unseen", static_cast<std::int64_t>(unseen)},
             {"of", static_cast<std::int64_t>(all)},
             {"advice",
              "see whether accessd's account may still browse the project; nothing is done meanwhile"}});
    }
    shrunk_ = shrunk;
    return !shrunk;
}

Task<Result<Done>> Finder::look_for_vanished() {
    std::string after;
    std::size_t all = 0;
    while (!context_.stopping) {
        auto live = co_await context_.store.live(after, live_page);
        if (!live) {
            context_.note(live.error());
            co_return live.error();
        }
        if (live->empty()) {
            break;
        }
        std::vector<std::string> ids;
        for (const LiveRequest& request : *live) {
            ids.push_back(request.issue_id);
        }
        after = ids.back();
        all += ids.size();
        auto judged = co_await read_in_parts(std::move(ids), page_tasks_);
        if (!judged) {
            co_return judged.error();
        }
        co_await dispatcher_.wait_for_room(live_page);
    }
    const std::set<std::string> unseen = std::exchange(unseen_, {});
    if (!context_.stopping && is_believable(unseen.size(), all)) {
        for (const std::string& issue_id : unseen) {
            co_await page_tasks_.wait_below(live_page);
            page_tasks_.spawn(vanished(issue_id));
        }
        co_await page_tasks_.wait_below(1);
    }
    co_return Done();
}

} // namespace accessd
