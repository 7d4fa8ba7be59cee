#include "core/support/text.hpp"
#include "tests/sandbox/entra_state.hpp"
#include "tests/sim/oracle.hpp"

#include <algorithm>
#include <chrono>
#include <map>
#include <set>

// What must be true once every fault is healed and time has passed.
namespace accessd::test {

using namespace std::chrono_literals;
namespace jsm = sandbox::jsm;

bool Oracle::is_at_rest() {
    const auto states = view_->requests();
    const bool works = std::any_of(states.begin(), states.end(), [](const StoredState& state) {
        return state.phase == "resolving" || state.phase == "granting" || state.phase == "ending";
    });
    return !works && view_->open_intents() == 0 && view_->undelivered(world_.now()).empty();
}

void Oracle::judge() {
    const std::string wrong = view_->check_audit(chain_);
    if (!wrong.empty()) {
        violation("I5", wrong);
    }
    if (view_->open_intents() != 0) {
        violation("I5", "calls without an outcome: " + std::to_string(view_->open_intents()));
    }
    // A lease that ends by itself may end just now.
    for (const std::string& issue_id : view_->undelivered(world_.now() - 1h)) {
        if (!deleted_.contains(issue_id)) { // nobody can be told there; a day later it is given up
            violation("I2", "a message that was never delivered to " + issue_id);
        }
    }
    if (view_->restless() != 0) {
        violation(
            "I10", "requests that are over and still have a time: " + std::to_string(view_->restless())
        );
    }
    judge_tickets();
    judge_memberships();
    judge_secrets();
}

void Oracle::judge_tickets() {
    std::map<std::string, StoredState> stored;
    for (StoredState& state : view_->requests()) {
        std::string id = state.issue_id;
        stored.emplace(std::move(id), std::move(state));
    }
    for (const jsm::Issue* issue : issues()) {
        const auto known = stored.find(std::to_string(issue->id));
        judge_ticket(*issue, known != stored.end() ? &known->second : nullptr);
        judge_voice(*issue);
    }
}

void Oracle::judge_ticket(const jsm::Issue& issue, const StoredState* stored) {
    const std::string& key = issue.facts.key;
    if (stored != nullptr &&
        (stored->phase == "resolving" || stored->phase == "granting" || stored->phase == "ending")) {
        const bool vanished = deleted_.contains(stored->issue_id);
        if (!vanished) {
            violation(
                "I2", key + " never left the phase " + stored->phase + " [" + stored->reason_code + "]"
            );
        }
        return;
    }
    const auto* type = issue.facts.request_type;
    const bool ours = !deleted_.contains(std::to_string(issue.id)) && issue.facts.project->id == 10000 &&
                      type != nullptr && (type->id == 25 || type->id == 26 || type->id == 27);
    if (!ours) {
        return;
    }
    const std::string status = std::to_string(issue.facts.status->id);
    if (status == approved_status_id) {
        judge_approved(issue, stored);
    } else if (is_ending_status(status) && stored != nullptr && stored->phase != "ended") {
        violation("I3", key + " was ended and its request is " + stored->phase);
    }
}

void Oracle::judge_approved(const jsm::Issue& issue, const StoredState* stored) {
    const std::string& key = issue.facts.key;
    const History history(issue, slots_);
    const TimePoint now = world_.now();
    if (stored == nullptr) {
        violation("I2", key + " lies in an approved status and was never looked at");
        return;
    }
    const jsm::Change* const move = history.last_move(now);
    const TimePoint entered = move != nullptr ? move->at : issue.facts.created_at;
    const bool told =
        std::any_of(issue.comments.begin(), issue.comments.end(), [&](const jsm::Comment& comment) {
            return comment.author == world_.jsm_model().state().self() && comment.at >= entered;
        });
    if (!told) {
        violation("I2", key + " lies in an approved status without a word [" + stored->phase + "]");
    }
    const auto proven = [&](History::Wish wish) {
        return std::ranges::any_of(rules_, [&](const AccessRule& rule) {
            return history.proven(rule, approvers_, now, wish);
        });
    };
    const bool removal = issue.facts.request_type->id == 26;
    const bool gives = removal || proven(History::Wish::grant);
    const bool takes_well = !(removal || history.names_something(now)) || proven(History::Wish::take);
    const bool changes_nothing = history.names_something(now) &&
                                 history.at(access_type_field, now) == history.at(current_access_field, now);
    if (!gives || !takes_well || changes_nothing) {
        return;
    }
    const std::string& email = issue.facts.reporter->email;
    bool excused = replaced_.contains(email) || issue.facts.reporter->email_hidden;
    for (const AccessRule& rule : rules_) {
        for (const std::string& group : rule.groups) {
            excused = excused || replaced_.contains(group);
        }
    }
    // Judged while the approver was none; the ticket says so, and has not changed since.
    const bool judged_then = stored->reason_code == "proof.approver_not_allowed" ||
                             stored->reason_code == "proof.approver_inactive";
    for (const jsm::Approval& approval : issue.approvals) {
        for (const auto& answer : approval.approvers) {
            excused = excused || (judged_then && approvers_.changed(answer.first->account_id));
        }
    }
    const bool unordered =
        stored->reason_code == "proof.changed_after_approval" || stored->reason_code == "proof.no_approval";
    excused = excused || (unordered && history.edited_beside_approval(now));
    const bool spent = stored->reason_code == "proof.spent" || stored->reason_code == "expired" ||
                       stored->reason_code == "removed" || stored->reason_code == "request.removed_since";
    if (!excused && !spent) {
        violation("I2", key + " was approved and is " + stored->phase + " [" + stored->reason_code + "]");
    }
}

/// One comment for every state entry and kind, one transition for every message.
void Oracle::judge_voice(const jsm::Issue& issue) {
    const jsm::User* const self = world_.jsm_model().state().self();
    std::map<std::string, int> said;
    for (const jsm::Comment& comment : issue.comments) {
        if (comment.author == self) {
            const auto marker = comment.text.rfind("accessd:");
            ++said[marker == std::string::npos ? comment.text : comment.text.substr(marker)];
        }
    }
    int late = 0;
    for (const std::string& name : {std::to_string(issue.id), issue.facts.key}) {
        const auto counted = late_comments_.find(name);
        late += counted != late_comments_.end() ? counted->second : 0;
    }
    for (const auto& [marker, times] : said) {
        if (times > 1 + late) {
            violation("I4", issue.facts.key + " was told " + std::to_string(times) + " times: " + marker);
        }
    }
    const jsm::Change* last = nullptr;
    for (const jsm::Change& change : issue.changes) {
        for (const jsm::ChangeItem& item : change.items) {
            if (item.field_id != "status") {
                continue;
            }
            const bool again = last != nullptr && is_ours(*last) && is_ours(change) && item.from == item.to;
            if (again) {
                violation("I4", issue.facts.key + " was moved twice to " + item.to_text.value_or("?"));
            }
            last = &change;
        }
    }
}

void Oracle::judge_memberships() {
    const TimePoint now = world_.now();
    const auto all = issues();
    for (const auto& granted : granted_by_us_) {
        const Key& key = granted.first;
        const auto justifies = [&](const jsm::Issue* issue) { return maybe_live(*issue, key, now); };
        if (is_member(key) && !touched(key) && std::none_of(all.begin(), all.end(), justifies)) {
            violation(
                "I3", "nothing justifies the membership " + key.tenant + ":" + key.group + ":" + key.account
            );
        }
    }
    for (const jsm::Issue* issue : all) {
        for (const Key& key : keys_of(*issue, now)) {
            if (!touched(key) && surely_live(*issue, key, now) && !is_member(key)) {
                violation("I8", issue->facts.key + " says granted, and there is no membership");
            }
        }
    }
}

void Oracle::judge_secrets() {
    std::string all = view_->everything();
    for (const jsm::Issue* issue : issues()) {
        for (const jsm::Comment& comment : issue->comments) {
            all += comment.body;
        }
    }
    std::set<std::string> secrets = {"jira-api-token"};
    for (const auto& [name, tenant] : tenants_) {
        secrets.insert(tenant.model->state().secret);
        for (const auto& [token, facts] : tenant.model->state().tokens) {
            secrets.insert(token.substr(0, token.find('.'))); // the same for all of them
        }
    }
    for (const std::string& secret : secrets) {
        if (all.find(secret) != std::string::npos) {
            violation("I6", "a secret is stored or told");
        }
    }
}

} // namespace accessd::test
