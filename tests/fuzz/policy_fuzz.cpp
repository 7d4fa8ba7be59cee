// Random tickets, people and rules: decide() approves only what the promise itself, said again here in other
// words, allows; and prove() believes exactly that, no less.
#include "core/policy/decide.hpp"
#include "core/support/json.hpp"
#include "tests/core/policy/sample.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <fuzzer/FuzzedDataProvider.h>
#include <optional>
#include <string>
#include <utility>
#include <vector>

using namespace accessd;
using namespace accessd::policy_test;
using namespace std::chrono_literals;

namespace {

class Dice {
public:
    Dice(const std::uint8_t* data, std::size_t size) : in_(data, size) {}

    bool flip() { return in_.ConsumeBool(); }

    /// One time out of so many; never once the input is used up, so that its end is an ordinary request.
    bool rarely(unsigned one_in) { return below(one_in) == one_in - 1; }

    unsigned below(unsigned end) { return in_.ConsumeIntegralInRange(0U, end - 1); }

    template <class T, std::size_t N> T any(const std::array<T, N>& all) { return all[below(N)]; }

    Person somebody() {
        Person made = person(
            any(std::array<const char*, 5>{"id-jane", "id-bob", "id-carol", "id-jane-portal", ""}),
            any(std::array<const char*, 6>{
                "",
                "jane@acme.example",
                "JANE@acme.example",
                "bob@acme.example",
                "carol@acme.example",
                "j\u00E4ne"})
        );
        if (rarely(4)) {
            made.active = flip();
            made.type = any(std::array{
                AccountType::atlassian, AccountType::app, AccountType::customer, AccountType::unknown});
        }
        return made;
    }

private:
    FuzzedDataProvider in_;
};

ApprovalDecision some_decision(Dice& dice) {
    return dice.rarely(4) ? dice.any(std::array{ApprovalDecision::pending, ApprovalDecision::declined})
                          : ApprovalDecision::approved;
}

Approval some_approval(Dice& dice, TimePoint created) {
    Approval made;
    made.id = std::to_string(dice.below(100));
    made.name = dice.any(std::array<const char*, 2>{"Manager", "Owner"});
    made.created_at = created;
    made.final_decision = some_decision(dice);
    if (!dice.rarely(8)) {
        made.completed_at = created + std::chrono::milliseconds(dice.below(400) * 500);
    }
    for (unsigned count = dice.below(4); count > 0; --count) {
        made.answers.push_back(answer(dice.somebody(), some_decision(dice)));
    }
    return made;
}

FieldChange some_change(Dice& dice, unsigned number, TimePoint when) {
    const bool status = dice.flip();
    return change(
        std::to_string(500 + number),
        when,
        status ? "status"
               : dice.any(std::array<const char*, 5>{
                     "cf_application", "cf_type", "reporter", "summary", "cf_duration"}),
        dice.any(std::array<const char*, 6>{"1", "2", "2", "3", "4", "8"}),
        dice.somebody()
    );
}

Ticket some_ticket(Dice& dice) {
    Ticket made = ticket();
    made.reporter = dice.somebody();
    made.beneficiary.reset();
    if (!dice.rarely(8)) {
        made.beneficiary = dice.somebody();
    }
    made.changes.clear();
    made.approvals.clear();
    TimePoint now = at(0s);
    for (unsigned number = dice.below(8); number > 0; --number) {
        now += std::chrono::milliseconds(dice.below(200) * 500);
        if (dice.flip()) {
            made.approvals.push_back(some_approval(dice, now));
        } else {
            made.changes.push_back(some_change(dice, 8 - number, now));
        }
    }
    const FieldChange* entered = last_status_change(made);
    if (entered != nullptr && !dice.rarely(8)) {
        made.status_id = entered->to;
    }
    made.updated_at = now;
    made.has_approvals = !dice.rarely(8);
    made.project_id = dice.rarely(16) ? "101" : "100";
    made.request_type_id = dice.any(std::array<const char*, 6>{"7", "7", "7", "7", "8", "77"});
    made.malformed = dice.rarely(16) ? "field cf_type holds a JSON array" : "";
    made.access_type = dice.rarely(16) ? "user" : "User";
    made.duration = dice.any(std::array<const char*, 6>{"", "", "1 day", "400 days", "for ever", "0 days"});
    return made;
}

Policy some_policy(Dice& dice) {
    Policy made = policy();
    ApproverSet& approvers = made.rules[0].approvers;
    approvers.users = {
        dice.any(std::array<const char*, 4>{"id-bob", "Bob@acme.example", "id-jane", "j\u00E4ne"})};
    if (dice.flip()) {
        approvers.groups = {"approvers"};
    }
    if (dice.flip()) {
        made.rules[0].max_duration = 48h;
    }
    return made;
}

ApproverFacts some_facts(Dice& dice) {
    ApproverFacts facts;
    for (const char* id : {"id-jane", "id-bob", "id-carol"}) {
        if (dice.flip()) {
            Person known = dice.somebody();
            known.account_id = id;
            facts.people.emplace(id, std::move(known));
        }
        if (dice.flip()) {
            facts.groups[id] = {dice.any(std::array<const char*, 3>{"approvers", "Approvers", "staff"})};
        }
    }
    return facts;
}

// The promise, from here on: an approved status counts only with an approval behind it by somebody who may
// give it.

std::optional<std::string> address_of(const Person& one) {
    if (!one.email || !is_plain_email(*one.email)) {
        return std::nullopt;
    }
    return ascii_lower(*one.email);
}

bool may_approve(
    const Person& recorded, const Ticket& ticket, const AccessRule& rule, const ApproverFacts& facts
) {
    const auto known = facts.people.find(recorded.account_id);
    const bool is_known = known != facts.people.end();
    Person who = is_known ? known->second : recorded;
    if (is_known && !who.email) {
        who.email = recorded.email;
    }
    if (who.account_id.empty() || !recorded.active || !who.active || who.type != AccountType::atlassian) {
        return false;
    }
    const auto address = address_of(who);
    for (const Person* party : {&ticket.reporter, ticket.beneficiary ? &*ticket.beneficiary : nullptr}) {
        if (party != nullptr &&
            (party->account_id == who.account_id || (address && address_of(*party) == address))) {
            return false;
        }
    }
    bool allowed = false;
    for (const std::string& user : rule.approvers.users) {
        allowed = allowed || user == who.account_id || (address && ascii_lower(user) == *address);
    }
    const auto groups = facts.groups.find(who.account_id);
    for (const std::string& group : rule.approvers.groups) {
        allowed = allowed || (groups != facts.groups.end() &&
                              std::count(groups->second.begin(), groups->second.end(), group) > 0);
    }
    return allowed;
}

/// A whole second may be a time that was cut to it.
TimePoint at_latest(const FieldChange& one) {
    const bool whole = one.at.time_since_epoch() % 1s == 0ms;
    return one.at + (whole ? 999ms : 0ms);
}

/// An end came after it.
bool is_spent(const Approval& approval, const Ticket& ticket) {
    const TimePoint given = approval.completed_at.value_or(approval.created_at);
    return std::any_of(ticket.changes.begin(), ticket.changes.end(), [&](const FieldChange& one) {
        const bool ends = one.to == status::denied || one.to == status::revoked || one.to == status::declined;
        return one.field_id == "status" && ends && given <= at_latest(one);
    });
}

bool record_holds(
    const Approval& approval, const Ticket& ticket, const AccessRule& rule, const ApproverFacts& facts
) {
    if (approval.final_decision != ApprovalDecision::approved || !approval.completed_at) {
        return false;
    }
    unsigned yes = 0;
    for (const ApproverAnswer& one : approval.answers) {
        if (one.decision == ApprovalDecision::approved) {
            ++yes;
            if (!may_approve(one.approver, ticket, rule, facts)) {
                return false;
            }
        }
    }
    const TimePoint fence = yes > 1 ? approval.created_at : *approval.completed_at;
    const FieldChange* moved = nullptr;
    for (const FieldChange& one : ticket.changes) {
        const bool says_what = one.field_id != "status" && one.field_id != "summary";
        if (says_what && at_latest(one) > fence) {
            return false;
        }
        moved = one.field_id == "status" ? &one : moved;
    }
    return yes > 0 && moved != nullptr && moved->at >= *approval.completed_at - 5s;
}

bool approval_holds(const Ticket& ticket, const AccessRule& rule, const ApproverFacts& facts) {
    bool any = false;
    for (std::size_t i = 0; i < ticket.approvals.size(); ++i) {
        const Approval& approval = ticket.approvals[i];
        bool replaced = is_spent(approval, ticket);
        for (std::size_t later = i + 1; later < ticket.approvals.size(); ++later) {
            const Approval& other = ticket.approvals[later];
            replaced = replaced || (other.name == approval.name && !is_spent(other, ticket));
        }
        if (!replaced && !record_holds(approval, ticket, rule, facts)) {
            return false;
        }
        any = any || !replaced;
    }
    return any;
}

void check_approval(
    const Approve& approve, const Ticket& ticket, const Policy& policy, const ApproverFacts& facts
) {
    const AccessRule& rule = policy.rules[0];
    fuzz::must(approve.rule == &rule && ticket.access_type == rule.access_type, "I1: by the rule");
    fuzz::must(approval_holds(ticket, rule, facts), "I1: by an approval that holds");
    fuzz::must(
        ticket.project_id == "100" && ticket.status_id == status::approved, "I1: in an approved status"
    );
    fuzz::must(ticket.request_type_id == "7" && ticket.malformed.empty(), "I1: as a request for access");
    fuzz::must(ticket.has_approvals && last_status_change(ticket)->to == ticket.status_id, "I1: read whole");
    fuzz::must(
        !rule.max_duration || (approve.duration && *approve.duration <= *rule.max_duration), "I6: capped"
    );
    fuzz::must(approve.duration.value_or(1min) > 0s, "a lease is not over at once");
    fuzz::must(!approve.proof.approver.empty() && parse_json(approve.proof.evidence), "I5: with evidence");
}

/// I6: an approval whose access ran out begins no other lease; a newer one does.
void check_once(
    const Approve& approve, const Ticket& ticket, const Policy& policy, const ApproverFacts& facts
) {
    Request ended;
    ended.issue_id = ticket.issue_id;
    ended.status_entry = "before";
    ended.phase = Phase::ended;
    ended.reason_code = "expired";
    ended.approved_at = approve.proof.approved_at;
    const Decision again = decide(ticket, policy, facts, &ended);
    fuzz::must(
        std::holds_alternative<Distrust>(again), "I6: an approval whose access ran out is not used again"
    );
    ended.approved_at = approve.proof.approved_at - 1ms;
    const Decision anew = decide(ticket, policy, facts, &ended);
    fuzz::must(std::holds_alternative<Approve>(anew), "I6: a newer approval counts");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    Dice dice(data, size);
    const Policy policy = some_policy(dice);
    const ApproverFacts facts = some_facts(dice);
    Request stored;
    stored.phase = dice.flip() ? Phase::ended : static_cast<Phase>(dice.below(phase_count));
    stored.reason_code = dice.flip() ? "proof.spent" : "expired";
    if (!dice.rarely(4)) {
        stored.approved_at = at(std::chrono::seconds(dice.below(800)));
    }
    const bool handled = dice.rarely(4);
    const bool changed = dice.flip();
    const bool known = dice.flip();
    const Ticket ticket = some_ticket(dice);
    stored.issue_id = ticket.issue_id;
    stored.status_entry = handled ? status_entry_id(ticket) : "before";
    stored.updated_at = changed ? ticket.updated_at - 1s : ticket.updated_at;
    const Request* before = known ? &stored : nullptr;

    const auto judged = prove(ticket, policy.portal, policy.rules[0], facts);
    const auto* refusal = std::get_if<Unproven>(&judged);
    fuzz::must(
        (refusal == nullptr) == approval_holds(ticket, policy.rules[0], facts),
        "prove() believes what the promise allows",
        refusal != nullptr ? refusal->code : "believed"
    );
    fuzz::must(refusal == nullptr || fuzz::is_printable(refusal->reason), "a refusal can be printed");

    const Decision decision = decide(ticket, policy, facts, before);
    if (const auto* approve = std::get_if<Approve>(&decision)) {
        check_approval(*approve, ticket, policy, facts);
        check_once(*approve, ticket, policy, facts);
    }
    return 0;
}
