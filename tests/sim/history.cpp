#include "tests/sim/history.hpp"

#include <algorithm>
#include <chrono>
#include <set>

namespace accessd::test {

using namespace std::chrono_literals;
namespace jsm = sandbox::jsm;

namespace {

constexpr std::string_view project_id = "10000";
constexpr std::string_view duration_field = "customfield_10052";
// JSM writes an approval and the status that follows from it one after the other.
constexpr Duration clock_grace = 5s;

bool decides(std::string_view field_id) {
    static const std::set<std::string, std::less<>> deciding = {
        "customfield_10050",
        "customfield_10051",
        "customfield_10052",
        "customfield_10056",
        "customfield_10010",
        "reporter",
        "project"};
    return deciding.contains(field_id);
}

/// Of options the text, of everything else the id.
bool is_option(std::string_view field_id) {
    return field_id == application_field || field_id == access_type_field || field_id == duration_field ||
           field_id == current_access_field;
}

std::string id_of_type(const std::string& text) {
    const auto slash = text.find('/');
    return slash == std::string::npos ? text : text.substr(slash + 1);
}

bool said_yes(const std::pair<const jsm::User*, jsm::Answer>& answer) {
    return answer.second == jsm::Answer::approved;
}

} // namespace

SelectSlots::SelectSlots(jsm::State& site)
    : application(site.find_field(application_field)->slot),
      access_type(site.find_field(access_type_field)->slot),
      current_access(site.find_field(current_access_field)->slot),
      duration(site.find_field(duration_field)->slot) {}

bool is_ending_status(std::string_view id) {
    return id == "10012" || id == "10013" || id == "10014";
}

void ApproverBook::set_allowed(
    const std::string& account_id, bool by_user_list, bool by_group, bool active, TimePoint at
) {
    Entry entry;
    entry.from = at;
    entry.by_user_list = by_user_list;
    entry.by_group = by_group;
    entry.active = active;
    people_[account_id].push_back(entry);
}

bool ApproverBook::changed(const std::string& account_id) const {
    const auto known = people_.find(account_id);
    return known != people_.end() && known->second.size() > 1;
}

bool ApproverBook::allowed_within(
    const std::string& account_id, const AccessRule& rule, TimePoint from, TimePoint to
) const {
    const auto known = people_.find(account_id);
    if (known == people_.end()) {
        return false;
    }
    const auto& entries = known->second;
    for (std::size_t i = 0; i < entries.size(); ++i) {
        const bool begins = entries[i].from <= to;
        const bool ended = i + 1 < entries.size() && entries[i + 1].from < from;
        const bool allows = (entries[i].by_user_list && !rule.approvers.users.empty()) ||
                            (entries[i].by_group && !rule.approvers.groups.empty());
        if (begins && !ended && allows && entries[i].active) {
            return true;
        }
    }
    return false;
}

std::string History::present(std::string_view field_id) const {
    const jsm::Facts& facts = issue_.facts;
    if (field_id == "status") {
        return std::to_string(facts.status->id);
    }
    if (field_id == "project") {
        return std::to_string(facts.project->id);
    }
    if (field_id == "reporter") {
        return facts.reporter != nullptr ? facts.reporter->account_id : std::string();
    }
    if (field_id == request_type_field) {
        return facts.request_type != nullptr ? std::to_string(facts.request_type->id) : std::string();
    }
    const std::size_t slot = field_id == application_field      ? slots_.application
                             : field_id == access_type_field    ? slots_.access_type
                             : field_id == current_access_field ? slots_.current_access
                                                                : slots_.duration;
    const jsm::Option* const option = slot < facts.custom.size() ? facts.custom[slot].option : nullptr;
    return option != nullptr ? option->value : std::string();
}

std::string History::at(std::string_view field_id, TimePoint when) const {
    std::string value = present(field_id);
    for (auto change = issue_.changes.rbegin(); change != issue_.changes.rend() && change->at > when;
         ++change) {
        for (auto item = change->items.rbegin(); item != change->items.rend(); ++item) {
            if (item->field_id == field_id) {
                value = (is_option(field_id) ? item->from_text : item->from).value_or("");
            }
        }
    }
    return field_id == request_type_field ? id_of_type(value) : value;
}

const jsm::Change* History::last_move(TimePoint when) const {
    for (auto change = issue_.changes.rbegin(); change != issue_.changes.rend(); ++change) {
        const bool moves = std::any_of(change->items.begin(), change->items.end(), [](const auto& item) {
            return item.field_id == "status";
        });
        if (change->at <= when && moves) {
            return &*change;
        }
    }
    return nullptr;
}

std::vector<const jsm::Approval*> History::counting(TimePoint when) const {
    std::optional<TimePoint> ended;
    for (const jsm::Change& change : issue_.changes) {
        for (const jsm::ChangeItem& item : change.items) {
            if (change.at <= when && item.field_id == "status" && is_ending_status(item.to.value_or(""))) {
                ended = change.at;
            }
        }
    }
    std::vector<const jsm::Approval*> newest;
    for (const jsm::Approval& approval : issue_.approvals) {
        const bool complete = approval.completed_at && *approval.completed_at <= when;
        const TimePoint moment = complete ? *approval.completed_at : approval.created_at;
        if (approval.created_at > when || (ended && moment <= *ended)) {
            continue;
        }
        std::erase_if(newest, [&](const jsm::Approval* earlier) { return earlier->name == approval.name; });
        newest.push_back(&approval);
    }
    return newest;
}

std::optional<TimePoint> History::approved_at(TimePoint when) const {
    std::optional<TimePoint> latest;
    for (const jsm::Approval* approval : counting(when)) {
        if (approval->decision == jsm::Answer::approved && approval->completed_at &&
            *approval->completed_at <= when) {
            latest = std::max(latest.value_or(*approval->completed_at), *approval->completed_at);
        }
    }
    return latest;
}

std::optional<TimePoint> History::last_approved(TimePoint when) const {
    std::optional<TimePoint> latest;
    for (const jsm::Approval& approval : issue_.approvals) {
        const bool complete = approval.completed_at && *approval.completed_at <= when;
        if (complete && approval.decision == jsm::Answer::approved) {
            latest = std::max(latest.value_or(*approval.completed_at), *approval.completed_at);
        }
    }
    return latest;
}

bool History::wishes(const AccessRule& rule, TimePoint when, Wish wish) const {
    const std::string type = at(request_type_field, when);
    const bool change = type == change_request;
    const bool fits = change || type == (wish == Wish::grant ? access_request : removal_request);
    const std::string_view field = change && wish == Wish::take ? current_access_field : access_type_field;
    return fits && at(application_field, when) == rule.application && at(field, when) == rule.access_type;
}

bool History::names_something(TimePoint when) const {
    return at(request_type_field, when) == change_request && !at(current_access_field, when).empty();
}

bool History::proven(const AccessRule& rule, const ApproverBook& approvers, TimePoint when, Wish wish) const {
    const bool ours = issue_.facts.created_at <= when && at("project", when) == project_id &&
                      at("status", when) == approved_status_id && wishes(rule, when, wish);
    const jsm::Change* const moved = last_move(when);
    const auto approvals = counting(when);
    if (!ours || moved == nullptr || approvals.empty()) {
        return false;
    }
    const std::string reporter = at("reporter", when);
    for (const jsm::Approval* approval : approvals) {
        const bool complete = approval->completed_at && *approval->completed_at <= when;
        if (!complete || approval->decision != jsm::Answer::approved ||
            moved->at + clock_grace < *approval->completed_at) {
            return false;
        }
        const auto yes = std::count_if(approval->approvers.begin(), approval->approvers.end(), said_yes);
        const TimePoint fence = yes > 1 ? approval->created_at : *approval->completed_at;
        for (const auto& answer : approval->approvers) {
            const std::string& id = answer.first->account_id;
            if (said_yes(answer) &&
                (id == reporter || !approvers.allowed_within(id, rule, *approval->completed_at, when))) {
                return false;
            }
        }
        for (const jsm::Change& change : issue_.changes) {
            for (const jsm::ChangeItem& item : change.items) {
                if (change.at > fence && change.at <= when && decides(item.field_id)) {
                    return false;
                }
            }
        }
    }
    return true;
}

bool History::edited_beside_approval(TimePoint when) const {
    for (const jsm::Approval* approval : counting(when)) {
        const TimePoint fence = approval->completed_at.value_or(approval->created_at);
        for (const jsm::Change& change : issue_.changes) {
            const bool beside = change.at > fence - 1s && change.at <= fence;
            for (const jsm::ChangeItem& item : change.items) {
                const bool ends = item.field_id == "status" && is_ending_status(item.to.value_or(""));
                if (beside && (ends || decides(item.field_id))) {
                    return true;
                }
            }
        }
    }
    return false;
}

bool History::proven_within(
    const AccessRule& rule, const ApproverBook& approvers, TimePoint from, TimePoint to, Wish wish
) const {
    std::vector<TimePoint> moments = {from, to};
    const auto add = [&](TimePoint at) {
        for (const TimePoint moment : {at - 1ms, at}) {
            if (moment > from && moment < to) {
                moments.push_back(moment);
            }
        }
    };
    for (const jsm::Change& change : issue_.changes) {
        add(change.at);
    }
    for (const jsm::Approval& approval : issue_.approvals) {
        add(approval.created_at);
        add(approval.completed_at.value_or(approval.created_at));
    }
    return std::any_of(moments.begin(), moments.end(), [&](TimePoint moment) {
        return proven(rule, approvers, moment, wish);
    });
}

} // namespace accessd::test
