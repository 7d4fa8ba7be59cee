#include "tests/sim/oracle.hpp"

#include "core/support/json.hpp"
#include "tests/sandbox/entra_state.hpp"
#include "tests/sandbox/wire.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace accessd::test {

using namespace std::chrono_literals;
namespace json = boost::json;
namespace jsm = sandbox::jsm;

namespace {

// A grant is made on a reading of the last minute, whose parts may have taken a call deadline each.
constexpr Duration reading_age = 3min;
// An end may lie unread for so long, while polls fail or the daemon is down.
constexpr Duration unread_for = 48h;
constexpr std::size_t most_violations = 20;

std::string shown(const std::string& tenant, const std::string& group, const std::string& account) {
    return tenant + ":" + group + ":" + account;
}

} // namespace

Oracle::Oracle(World& world, const Plan& plan, std::vector<AccessRule> rules)
    : world_(world), plan_(plan), rules_(std::move(rules)), slots_(world.jsm_model().state()) {
    for (const auto& [tenant, application] :
         {std::pair{"entra", "Entra ID"}, std::pair{"entra-eu", "Entra EU"}}) {
        Tenant& one = tenants_[tenant];
        one.model = &world.entra_model(tenant);
        one.application = application;
        one.model->on_access_write = [this, name = std::string(tenant)](const sandbox::AccessWrite& write) {
            on_write(name, write);
        };
    }
    world.vendors().on_exchange = [this](const HttpRequest& request, int status, std::string_view fault) {
        on_exchange(request, status, fault);
    };
    jsm::State& site = world.jsm_model().state();
    approvers_.set_allowed(site.find_user("bob@acme.example")->account_id, true, true, true, plan.begin);
    approvers_.set_allowed(site.find_user("carol@acme.example")->account_id, false, true, true, plan.begin);
    learn_directory();
}

Oracle::~Oracle() {
    for (auto& [name, tenant] : tenants_) {
        tenant.model->on_access_write = nullptr;
    }
    world_.vendors().on_exchange = nullptr;
}

void Oracle::learn_directory() {
    for (auto& [name, tenant] : tenants_) {
        const sandbox::EntraDirectory& directory = tenant.model->state().directory;
        for (const auto& [id, user] : directory.users()) {
            tenant.accounts[user.mail].insert(id);
        }
        for (const auto& [id, group] : directory.groups()) {
            tenant.groups[group.display_name].insert(id);
        }
    }
}

void Oracle::opened() {
    view_ = std::make_unique<LedgerView>(world_.database());
}

void Oracle::closed() {
    if (view_ == nullptr) {
        return;
    }
    const std::string wrong = view_->check_audit(chain_);
    if (!wrong.empty()) {
        violation("I5", wrong);
    }
    view_.reset();
}

void Oracle::violation(std::string promise, const std::string& what) {
    if (violations_.size() < most_violations) {
        violations_.push_back(format_utc(world_.now()) + " " + std::move(promise) + ": " + what);
    }
}

void Oracle::mix(std::string_view text) {
    for (const char c : text) {
        trace_ = (trace_ ^ static_cast<unsigned char>(c)) * 1099511628211U;
    }
}

void Oracle::mix(std::uint64_t number) {
    trace_ = (trace_ ^ number) * 1099511628211U;
}

void Oracle::on_exchange(const HttpRequest& request, int status, std::string_view fault) {
    const sandbox::Url url(request.url);
    mix(request.method);
    mix(url.path);
    mix(static_cast<std::uint64_t>(status));
    mix(static_cast<std::uint64_t>(world_.now().time_since_epoch().count()));
    faults_ += fault.empty() ? 0 : 1;
    if (on_request) {
        on_request(
            request.method + " " + request.url + " " + std::to_string(status) + " " + std::string(fault)
        );
    }
    if (status == 421) {
        violation("I7", "a host was contacted that nobody configured: " + std::string(url.origin));
    }
    if (request.method == "POST" && url.path.ends_with("/transitions") && status / 100 == 2) {
        const std::string_view path = url.path.substr(0, url.path.rfind('/'));
        const std::string id(path.substr(path.rfind('/') + 1));
        if (const jsm::Issue* issue = world_.jsm_model().state().find_issue(id)) {
            check_word(*issue);
        }
    }
    // It arrives twice, or when its sender has stopped waiting.
    const bool late = fault == "late" || fault == "late_effect" || fault == "repeated";
    // A transition may bring its comment along.
    const auto end = std::min(url.path.rfind("/comment"), url.path.rfind("/transitions"));
    if (late && request.method == "POST" && end != std::string_view::npos) {
        const auto start = url.path.rfind('/', end - 1);
        ++late_comments_[std::string(url.path.substr(start + 1, end - start - 1))];
    }
}

/// What accessd says by moving a ticket is true when it says so.
void Oracle::check_word(const jsm::Issue& issue) {
    const TimePoint now = world_.now();
    const History history(issue, slots_);
    const jsm::Change* const move = history.last_move(now);
    if (move == nullptr || move->at != now || !is_ours(*move)) {
        return;
    }
    const std::string status = history.at("status", now);
    const auto all = issues();
    for (const Key& key : keys_of(issue, now)) {
        if (touched(key)) {
            continue;
        }
        if (status == granted_status_id && surely_live(issue, key, now + 1ms) && !is_member(key)) {
            if (may_look_present(key)) {
                by_hand_.insert(key); // the vendor lied twice
                continue;
            }
            violation("I2", issue.facts.key + " says granted, and there is no membership");
        }
        const auto justifies = [&](const jsm::Issue* one) {
            return maybe_live_since(*one, key, one == &issue ? now : now - unread_for);
        };
        // Where replicas lag, a look right behind the revoke may have seen a time before the grant, and what
        // comes late comes after it; the watch will tell.
        const bool lags = tenants_.at(key.tenant).model->state().directory.lag > 0ms;
        const bool seen = !lags && !back_late_.contains(key);
        if (status == removed_status_id && seen && is_member(key) &&
            std::none_of(all.begin(), all.end(), justifies)) {
            violation("I3", issue.facts.key + " says removed, and the membership is there");
        }
    }
}

void Oracle::on_write(const std::string& tenant, const sandbox::AccessWrite& write) {
    const Key key{tenant, std::string(write.entitlement), std::string(write.account)};
    const TimePoint sent = world_.vendors().sent_at();
    mix(shown(key.tenant, key.group, key.account));
    if (write.grant) {
        ++grants_;
        check_grant(key, sent);
        check_identity(key);
        granted_by_us_.emplace(key, sent);
    } else {
        ++revokes_;
        check_revoke(key, sent);
        if (write.changed) {
            revoked_at_[key] = world_.now();
        }
    }
    check_pin(key);
    if (sent == world_.now()) {
        back_late_.erase(key);
        check_intent(key, write.grant ? "grant" : "revoke");
        return;
    }
    // One that was under way for long was begun by an intent that may be settled by now.
    if (write.changed && write.grant) {
        back_late_.insert(key);
    } else if (write.changed) {
        by_hand_.insert(key); // nobody can tell that a late revoke took what was granted since
    }
}

void Oracle::check_intent(const Key& key, std::string_view operation) {
    if (view_ == nullptr) {
        return; // its process died while it was on its way
    }
    const std::string found = view_->intent(tenants_.at(key.tenant).application, key.group, key.account);
    if (found != operation) {
        violation(
            "I1",
            "a " + std::string(operation) +
                " without a durable intent: " + shown(key.tenant, key.group, key.account)
        );
    }
}

void Oracle::check_pin(const Key& key) {
    Tenant& tenant = tenants_.at(key.tenant);
    for (const auto& [name, ids] : tenant.groups) {
        if (ids.contains(key.group)) {
            const std::string& pinned = tenant.pinned.try_emplace(name, key.group).first->second;
            if (pinned != key.group) {
                violation("I7", "group " + name + " is another one now, and was written to: " + key.group);
            }
            const bool configured = std::any_of(rules_.begin(), rules_.end(), [&](const AccessRule& rule) {
                return covers(rule, key);
            });
            if (!configured) {
                violation("I7", "group " + name + " is in no rule, and was written to");
            }
            return;
        }
    }
    violation("I7", "an unknown group was written to: " + key.group);
}

/// Nobody confirms anything here: whose account was made anew gets nothing more.
void Oracle::check_identity(const Key& key) {
    Tenant& tenant = tenants_.at(key.tenant);
    for (const auto& [address, ids] : tenant.accounts) {
        if (ids.contains(key.account)) {
            const std::string& known = tenant.known.try_emplace(address, key.account).first->second;
            if (known != key.account) {
                violation("I7", address + " has another account now, and it was granted to: " + key.account);
            }
        }
    }
}

void Oracle::check_grant(const Key& key, TimePoint sent) {
    for (const jsm::Issue* issue : issues()) {
        const History history(*issue, slots_);
        for (const AccessRule& rule : rules_) {
            const auto takes_well = [&](const AccessRule& taken) {
                return history.proven_within(
                    taken, approvers_, sent - reading_age, sent, History::Wish::take
                );
            };
            // Who takes must be allowed to, like who gives.
            const bool whole = !history.names_something(sent) || std::ranges::any_of(rules_, takes_well);
            if (covers(rule, key) && is_reported_for(*issue, key) && !is_overruled(*issue, key, sent) &&
                history.proven_within(rule, approvers_, sent - reading_age, sent) && whole) {
                return;
            }
        }
    }
    violation("I1", "a grant that no ticket proves: " + shown(key.tenant, key.group, key.account));
}

void Oracle::check_revoke(const Key& key, TimePoint sent) {
    for (const jsm::Issue* issue : issues()) {
        if (!touched(key) && surely_live(*issue, key, sent)) {
            violation(
                "I8",
                "a revoke of what " + issue->facts.key +
                    " justifies: " + shown(key.tenant, key.group, key.account)
            );
        }
    }
    // A grant whose outcome is unknown cannot tell later what was there before it.
    const bool no_doubt = plan_.calm || (plan_.one_sick && key.tenant == "entra");
    const bool removal = may_be_removed(key, plan_.begin, world_.now());
    if (preexisting_.contains(key) && no_doubt && !removal) {
        violation("I8", "a revoke of what was there before: " + shown(key.tenant, key.group, key.account));
    }
}

void Oracle::before(const Act& act, const json::object& with) {
    if (act.verb == "delete_issue") {
        const std::string id = string_or_empty(with, "issue");
        if (const jsm::Issue* issue = world_.jsm_model().state().find_issue(id)) {
            deleted_.emplace(id, *issue);
        }
    }
}

void Oracle::after(const Act& act, const json::object& with, const json::value& answer) {
    if (find_string(answer, "error")) {
        return;
    }
    const TimePoint now = world_.now();
    if (act.verb == "create_request") {
        issue_ids_.push_back(string_or_empty(answer, "id"));
    } else if (act.whom == "machine" && act.verb == "jump") {
        worst_jump_ += std::chrono::abs(Duration(find_integer(with, "by_ms").value_or(0)));
    } else if (act.verb == "remove_group_member" || act.verb == "add_group_member" || act.verb == "set_user") {
        const std::string id =
            world_.jsm_model().state().find_user(string_or_empty(with, "user"))->account_id;
        const bool in_group = act.verb != "remove_group_member";
        approvers_.set_allowed(id, false, in_group, find_bool(with, "active").value_or(true), now);
    } else if (act.verb == "add_member" || act.verb == "remove_member") {
        Tenant& tenant = tenants_.at(act.whom);
        sandbox::EntraDirectory& directory = tenant.model->state().directory;
        const auto* group = directory.group_by_name(string_or_empty(with, "group"));
        const auto* user = directory.user_by_mail(string_or_empty(with, "user"));
        const Key key{act.whom, group->id, user->id};
        by_hand_.insert(key);
        if (act.verb == "add_member" && !granted_by_us_.contains(key)) {
            preexisting_.insert(key);
        } else {
            preexisting_.erase(key);
        }
    } else if (act.verb == "delete_user" || act.verb == "delete_group") {
        replaced_.insert(string_or_empty(with, act.verb == "delete_user" ? "user" : "group"));
    }
    if (act.verb == "add_user" || act.verb == "add_group") {
        learn_directory();
    }
    if (act.verb == "move" && plan_.healthy()) {
        expect_end(string_or_empty(with, "issue"));
    }
}

void Oracle::expect_end(const std::string& issue_id) {
    const TimePoint now = world_.now();
    const jsm::Issue& issue = *world_.jsm_model().state().find_issue(issue_id);
    if (is_ending_status(History(issue, slots_).at("status", now))) {
        Deadline deadline;
        deadline.issue_id = issue_id;
        deadline.moved_at = now;
        deadline.at = now + poll_interval_ + 90s + plan_.world.latency * 20;
        deadlines_.push_back(deadline);
    }
}

TimePoint Oracle::next_deadline() const {
    TimePoint next = TimePoint::max();
    for (const Deadline& deadline : deadlines_) {
        next = std::min(next, deadline.at);
    }
    return next;
}

/// Where nothing is out of order, a revoke is done a poll later, whatever other applications do.
void Oracle::check_deadlines() {
    const TimePoint now = world_.now();
    const auto all = issues();
    for (const Deadline& deadline : deadlines_) {
        jsm::Issue* const issue = world_.jsm_model().state().find_issue(deadline.issue_id);
        // One that was moved away is seen by the sweep alone.
        if (deadline.at > now || issue == nullptr || issue->facts.project->id != 10000) {
            continue;
        }
        const jsm::Change* const move = History(*issue, slots_).last_move(now);
        if (move == nullptr || move->at != deadline.moved_at) {
            continue; // something else has happened to it since
        }
        for (const Key& key : keys_of(*issue, deadline.moved_at - 1ms)) {
            const bool spared = plan_.calm || key.tenant == "entra";
            const auto justifies = [&](const jsm::Issue* one) {
                return one != issue && maybe_live_since(*one, key, deadline.moved_at);
            };
            if (spared && !touched(key) && is_member(key) &&
                std::none_of(all.begin(), all.end(), justifies)) {
                violation("I9", issue->facts.key + " was ended, and its access is still there a poll later");
            }
        }
    }
    std::erase_if(deadlines_, [&](const Deadline& deadline) { return deadline.at <= now; });
}

} // namespace accessd::test
