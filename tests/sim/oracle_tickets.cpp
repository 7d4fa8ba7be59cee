#include "tests/sandbox/entra_state.hpp"
#include "tests/sim/oracle.hpp"

#include <algorithm>
#include <chrono>

// What the oracle knows about tickets and the access that they justify.
namespace accessd::test {

using namespace std::chrono_literals;
namespace jsm = sandbox::jsm;

namespace {

constexpr std::string_view duration_field = "customfield_10052";

std::optional<Duration> wished(const std::string& text) {
    if (text == "2 hours") {
        return 2h;
    }
    if (text.ends_with(" day") || text.ends_with(" days")) {
        return 24h * (text[0] - '0');
    }
    return std::nullopt;
}

} // namespace

std::vector<const jsm::Issue*> Oracle::issues() const {
    std::vector<const jsm::Issue*> all;
    for (const std::string& id : issue_ids_) {
        const auto deleted = deleted_.find(id);
        const jsm::Issue* issue =
            deleted != deleted_.end() ? &deleted->second : world_.jsm_model().state().find_issue(id);
        if (issue != nullptr) {
            all.push_back(issue);
        }
    }
    return all;
}

bool Oracle::covers(const AccessRule& rule, const Key& key) const {
    const Tenant& tenant = tenants_.at(key.tenant);
    return rule.application == tenant.application &&
           std::any_of(rule.groups.begin(), rule.groups.end(), [&](const std::string& name) {
               const auto ids = tenant.groups.find(name);
               return ids != tenant.groups.end() && ids->second.contains(key.group);
           });
}

bool Oracle::is_account_of(const Key& key, const std::string& jira_account) const {
    const jsm::User* const user = world_.jsm_model().state().find_user(jira_account);
    const Tenant& tenant = tenants_.at(key.tenant);
    const auto ids = user != nullptr ? tenant.accounts.find(user->email) : tenant.accounts.end();
    return ids != tenant.accounts.end() && ids->second.contains(key.account);
}

/// By whoever reports the ticket, or once did.
bool Oracle::is_reported_for(const jsm::Issue& issue, const Key& key) const {
    if (is_account_of(key, issue.facts.reporter->account_id)) {
        return true;
    }
    for (const jsm::Change& change : issue.changes) {
        for (const jsm::ChangeItem& item : change.items) {
            if (item.field_id == "reporter" && item.from && is_account_of(key, *item.from)) {
                return true;
            }
        }
    }
    return false;
}

std::optional<Duration> Oracle::lease(const History& history, const AccessRule& rule, TimePoint when) const {
    const auto wish = wished(history.at(duration_field, when));
    if (wish && rule.max_duration) {
        return std::min(*wish, *rule.max_duration);
    }
    return wish ? wish : rule.max_duration;
}

bool Oracle::is_ours(const jsm::Change& change) const {
    return change.author == world_.jsm_model().state().self();
}

/// A message of that kind about that status entry has been there by then.
bool Oracle::says(const jsm::Issue& issue, const jsm::Change& entry, std::string_view kind, TimePoint when)
    const {
    const std::string marker =
        "accessd:" + std::to_string(issue.id) + "/" + std::to_string(entry.id) + "/" + std::string(kind);
    return std::any_of(issue.comments.begin(), issue.comments.end(), [&](const jsm::Comment& comment) {
        return comment.author == world_.jsm_model().state().self() && comment.at <= when &&
               comment.text.ends_with(marker);
    });
}

/// accessd itself moved it to "Access Granted", nobody has moved it since, and it cannot have run out.
bool Oracle::surely_live(const jsm::Issue& issue, const Key& key, TimePoint when) const {
    const bool deleted = deleted_.contains(std::to_string(issue.id));
    const History history(issue, slots_);
    const jsm::Change* const move = history.last_move(when);
    if (deleted || move == nullptr || move->at >= when || !is_ours(*move) ||
        issue.facts.project->id != 10000 || history.at("status", when) != granted_status_id) {
        return false;
    }
    const jsm::Change* const before = history.last_move(move->at - 1ms);
    if (before == nullptr || !says(issue, *before, "granted", world_.now())) {
        return false; // it was moved on by what was to be said about an earlier approval
    }
    const TimePoint decided = move->at - 1ms;
    for (const AccessRule& rule : rules_) {
        const auto approved = history.approved_at(decided);
        if (!approved || !covers(rule, key) || !history.proven(rule, approvers_, decided)) {
            continue;
        }
        const auto left = lease(history, rule, *approved);
        const bool runs = !left || when < *approved + *left - worst_jump_;
        const bool stays = !may_be_removed(key, *approved, when) && !may_be_replaced(key, *approved, when);
        if (runs && stays && is_account_of(key, history.at("reporter", decided))) {
            return true;
        }
    }
    return false;
}

/// It was proven once, and nothing has ended it for certain.
bool Oracle::maybe_live(const jsm::Issue& issue, const Key& key, TimePoint when) const {
    const History history(issue, slots_);
    const bool gone = deleted_.contains(std::to_string(issue.id)) || issue.facts.project->id != 10000;
    if (!gone && is_ending_status(history.at("status", when))) {
        return false;
    }
    if (!is_reported_for(issue, key) || is_overruled(issue, key, when)) {
        return false;
    }
    for (const AccessRule& rule : rules_) {
        if (!covers(rule, key) || !history.proven_within(rule, approvers_, issue.facts.created_at, when)) {
            continue;
        }
        const jsm::Change* const move = history.last_move(when);
        // What was approved counts: an edit after it is none of the lease's.
        const TimePoint decided = move != nullptr ? move->at - 1ms : when;
        const auto runs = lease(history, rule, history.approved_at(decided).value_or(decided));
        const bool granted =
            move != nullptr && is_ours(*move) && history.at("status", when) == granted_status_id;
        // Downtime, polls and a wrong clock may delay the end.
        const bool over = runs && granted && move->at + *runs + 15h + worst_jump_ < when;
        const bool removed =
            move != nullptr && is_ours(*move) && history.at("status", when) == removed_status_id;
        if (!over && !removed) {
            return true;
        }
    }
    return false;
}

/// A removal that may have been approved after that approval may be on its way.
bool Oracle::may_be_removed(const Key& key, TimePoint approved, TimePoint when) const {
    for (const jsm::Issue* issue : issues()) {
        const History history(*issue, slots_);
        const auto removed = history.last_approved(when);
        for (const AccessRule& rule : rules_) {
            if (removed && *removed >= approved && covers(rule, key) && is_reported_for(*issue, key) &&
                history.proven_within(rule, approvers_, issue->facts.created_at, when, History::Wish::take)) {
                return true;
            }
        }
    }
    return false;
}

/// A change that does not say what goes ends what else accessd granted in the application.
bool Oracle::may_be_replaced(const Key& key, TimePoint approved, TimePoint when) const {
    for (const jsm::Issue* issue : issues()) {
        const History history(*issue, slots_);
        const bool change = history.at(request_type_field, when) == History::change_request;
        const auto changed = history.last_approved(when);
        for (const AccessRule& rule : rules_) {
            if (change && changed && *changed >= approved && !covers(rule, key) &&
                rule.application == tenants_.at(key.tenant).application && is_reported_for(*issue, key) &&
                history.proven_within(rule, approvers_, issue->facts.created_at, when)) {
                return true;
            }
        }
    }
    return false;
}

/// It is a removal of this, or a change that names it.
bool Oracle::takes(const jsm::Issue& issue, const Key& key, TimePoint when) const {
    const bool change = History(issue, slots_).at(request_type_field, when) == History::change_request;
    const auto named = keys_of(issue, when, change ? current_access_field : access_type_field);
    const auto given = change ? keys_of(issue, when) : std::vector<Key>();
    return std::ranges::count(named, key) != 0 && std::ranges::count(given, key) == 0;
}

/// accessd says that it has done a removal which was approved after whatever the ticket was approved for.
bool Oracle::is_overruled(const jsm::Issue& issue, const Key& key, TimePoint when) const {
    const auto approved = History(issue, slots_).last_approved(when);
    for (const jsm::Issue* other : issues()) {
        const History removal(*other, slots_);
        for (const jsm::Change& entry : other->changes) {
            const std::string type = removal.at(request_type_field, entry.at);
            const bool done = (type == History::removal_request && says(*other, entry, "removed", when)) ||
                              (type == History::change_request && says(*other, entry, "granted", when));
            const auto taken = removal.last_approved(entry.at);
            if (done && taken && takes(*other, key, entry.at) && (!approved || *approved <= *taken)) {
                return true;
            }
        }
    }
    return false;
}

bool Oracle::maybe_live_since(const jsm::Issue& issue, const Key& key, TimePoint since) const {
    const TimePoint now = world_.now();
    return maybe_live(issue, key, since) || maybe_live(issue, key, now) ||
           std::any_of(issue.changes.begin(), issue.changes.end(), [&](const jsm::Change& change) {
               return change.at > since && change.at < now && maybe_live(issue, key, change.at);
           });
}

bool Oracle::is_member(const Key& key) const {
    return tenants_.at(key.tenant).model->state().directory.is_member(key.group, key.account);
}

/// Replicas that lag still show what was taken away: where the vendor took the next grant and did nothing, no
/// look tells.
bool Oracle::may_look_present(const Key& key) const {
    const auto revoked = revoked_at_.find(key);
    const Tenant& tenant = tenants_.at(key.tenant);
    const Duration lag = tenant.model->state().directory.lag;
    if (lag == 0ms || revoked == revoked_at_.end()) {
        return false;
    }
    std::optional<TimePoint> seen;
    if (view_ != nullptr) {
        seen = view_->granted_at(tenant.application, key.group, key.account);
    }
    const Duration later = seen.value_or(world_.now()) - revoked->second;
    return later >= 0ms && later <= lag + 1min;
}

bool Oracle::touched(const Key& key) const {
    const Tenant& tenant = tenants_.at(key.tenant);
    const auto replaced = [&](const auto& names, const std::string& id) {
        return std::any_of(names.begin(), names.end(), [&](const auto& entry) {
            return replaced_.contains(entry.first) && entry.second.contains(id);
        });
    };
    return by_hand_.contains(key) || replaced(tenant.accounts, key.account) ||
           replaced(tenant.groups, key.group);
}

/// The memberships that the ticket's wish amounts to.
std::vector<Oracle::Key>
Oracle::keys_of(const jsm::Issue& issue, TimePoint when, std::string_view type_field) const {
    const History history(issue, slots_);
    std::vector<Key> keys;
    const jsm::User* const user = world_.jsm_model().state().find_user(history.at("reporter", when));
    for (const AccessRule& rule : rules_) {
        const bool asked = rule.application == history.at(application_field, when) &&
                           rule.access_type == history.at(type_field, when);
        for (const auto& [name, tenant] : tenants_) {
            if (!asked || tenant.application != rule.application || user == nullptr) {
                continue;
            }
            const auto accounts = tenant.accounts.find(user->email);
            for (const std::string& group : rule.groups) {
                const auto groups = tenant.groups.find(group);
                if (accounts != tenant.accounts.end() && groups != tenant.groups.end()) {
                    keys.push_back(Key{name, *groups->second.begin(), *accounts->second.begin()});
                }
            }
        }
    }
    return keys;
}

} // namespace accessd::test
