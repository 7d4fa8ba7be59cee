#include "core/support/text.hpp"
#include "tests/core/policy/promise.hpp"
#include "tests/core/policy/sample.hpp"

#include <array>
#include <chrono>
#include <string>
#include <utility>

// Tickets as people could leave them behind, and some that only a broken Jira could. Where chance gives zeros
// throughout, all is ordinary.
namespace accessd::policy_test {

namespace {

using namespace std::chrono_literals;

Person somebody(Chance& chance) {
    Person made = chance.any(std::array{bob(), carol(), bob(), jane(), person("id-app", "")});
    if (chance.rarely(6)) {
        made.account_id = chance.any(std::array<const char*, 3>{"id-jane", "id-jane-portal", ""});
    }
    if (chance.rarely(6)) {
        made.email = chance.any(std::array<const char*, 5>{
            "JANE@acme.example", "Bob@acme.example", "", "carol@acme.example", "j\u00E4ne"});
    }
    if (chance.rarely(8)) {
        made.email.reset();
    }
    if (made.account_id == "id-app") {
        made.type = AccountType::app;
    }
    if (chance.rarely(16)) {
        made.active = false;
    }
    if (chance.rarely(16)) {
        made.type = chance.any(std::array{AccountType::app, AccountType::customer, AccountType::unknown});
    }
    return made;
}

Person asker(Chance& chance) {
    return chance.rarely(3) ? somebody(chance) : jane();
}

ApprovalDecision some_decision(Chance& chance) {
    return chance.rarely(8) ? chance.any(std::array{ApprovalDecision::pending, ApprovalDecision::declined})
                            : ApprovalDecision::approved;
}

Approval some_approval(Chance& chance, TimePoint created) {
    Approval made;
    made.id = std::to_string(chance.below(100));
    made.name = chance.rarely(3) ? "Owner" : "Manager";
    made.created_at = created;
    made.final_decision = some_decision(chance);
    if (!chance.rarely(16)) {
        made.completed_at = created + std::chrono::milliseconds(chance.below(40) * 250);
    }
    const unsigned answers = chance.rarely(12) ? 0 : 1 + chance.below(3);
    for (unsigned count = 0; count < answers; ++count) {
        made.answers.push_back(answer(somebody(chance), some_decision(chance)));
    }
    return made;
}

std::string some_field(Chance& chance) {
    return chance.any(std::array<const char*, 7>{
        "summary", "cf_reason", "cf_application", "cf_type", "reporter", "cf_duration", "project"});
}

FieldChange some_change(Chance& chance, unsigned number, TimePoint when) {
    const bool edit = chance.rarely(3);
    const std::string field = edit ? some_field(chance) : "status";
    const std::string to = chance.any(std::array{
        status::approved, status::waiting, status::approved, status::denied, status::revoked, status::granted}
    );
    FieldChange made = change(std::to_string(500 + number), when, field, to, somebody(chance));
    if (chance.rarely(12)) {
        made.at -= std::chrono::milliseconds(chance.below(12) * 250); // clocks of several machines
    }
    if (chance.rarely(6)) {
        made.at = std::chrono::floor<std::chrono::seconds>(made.at); // cut
    }
    return made;
}

/// Edits, approvals and moves in any order, the last of them often a move into an approved status.
void live(Chance& chance, Ticket& ticket) {
    TimePoint now = at(0s);
    unsigned number = 0;
    for (unsigned events = 1 + chance.below(7); events > 0; --events) {
        now += std::chrono::milliseconds(chance.below(30) * 250);
        if (chance.rarely(3)) {
            ticket.approvals.push_back(some_approval(chance, now));
        } else {
            number += chance.rarely(8) ? 0 : 1; // several changes in one entry
            ticket.changes.push_back(some_change(chance, number, now));
        }
    }
    if (!chance.rarely(4)) {
        now += std::chrono::milliseconds(chance.below(40) * 250);
        ticket.approvals.push_back(some_approval(chance, now));
        now += std::chrono::milliseconds(chance.below(40) * 250);
        ticket.changes.push_back(
            change(std::to_string(501 + number), now, "status", status::approved, somebody(chance))
        );
    }
    ticket.updated_at = now;
}

Ticket some_ticket(Chance& chance) {
    Ticket made = ticket();
    made.reporter = asker(chance);
    made.beneficiary = asker(chance);
    made.creator.reset();
    if (chance.rarely(8)) {
        made.beneficiary.reset();
    }
    if (chance.rarely(2)) {
        made.creator = asker(chance);
    }
    made.changes.clear();
    made.approvals.clear();
    live(chance, made);
    const FieldChange* entered = last_status_change(made);
    if (entered != nullptr && !chance.rarely(16)) {
        made.status_id = entered->to;
    }
    made.has_approvals = !chance.rarely(16);
    made.project_id = chance.rarely(32) ? "101" : "100";
    made.request_type_id = chance.rarely(16) ? chance.any(std::array<const char*, 2>{"8", "77"}) : "7";
    made.malformed = chance.rarely(32) ? "field cf_type holds a JSON array" : "";
    made.access_type = chance.rarely(32) ? "user" : "User";
    made.duration = chance.any(std::array<const char*, 8>{
        "", "", "", "1 day", "1 day", "400 days", "for ever", "0 days"});
    made.reason = chance.any(std::array<const char*, 4>{"on call", "x", "", " \n"});
    return made;
}

PersonSet some_people(Chance& chance) {
    PersonSet made;
    made.users = {chance.any(std::array<const char*, 4>{
        "id-bob", "Carol@acme.example", "jane@acme.example", "j\u00E4ne"})};
    if (chance.flip()) {
        made.groups = {"staff"};
    }
    if (chance.rarely(3)) {
        made.users.clear();
    }
    return made;
}

AccessRule some_rule(Chance& chance) {
    AccessRule made = rule();
    made.approvers.users = {
        chance.any(std::array<const char*, 4>{"id-bob", "Bob@acme.example", "id-jane", "j\u00E4ne"})};
    for (const char* other : {"id-carol", "carol@acme.example", "id-app"}) {
        if (chance.flip()) {
            made.approvers.users.emplace_back(other);
        }
    }
    if (chance.flip()) {
        made.approvers.groups = {"approvers"};
    }
    if (chance.rarely(4)) {
        made.approvers.minimum = 2 + chance.below(2);
    }
    if (chance.rarely(6)) {
        made.requesters = some_people(chance);
    }
    made.require_reason = chance.rarely(4);
    if (chance.flip()) {
        made.max_duration = 48h;
    }
    return made;
}

DenyRule some_deny(Chance& chance) {
    DenyRule made;
    made.application = chance.any(std::array<const char*, 3>{"", "Entra ID", "Okta"});
    made.access_type = chance.any(std::array<const char*, 3>{"", "User", "Admin"});
    if (!chance.rarely(6)) {
        made.people = some_people(chance);
    }
    return made;
}

Policy some_policy(Chance& chance) {
    Policy made = policy();
    made.rules = {some_rule(chance)};
    made.portal.evidence = chance.flip() ? EvidenceSource::transition : EvidenceSource::approval;
    for (unsigned count = chance.rarely(4) ? 1 + chance.below(2) : 0; count > 0; --count) {
        made.denies.push_back(some_deny(chance));
    }
    return made;
}

ApproverFacts some_facts(Chance& chance) {
    ApproverFacts facts;
    for (const char* id : {"id-jane", "id-bob", "id-carol", "id-app"}) {
        if (chance.rarely(3)) {
            Person known = somebody(chance);
            known.account_id = id;
            facts.people.emplace(id, std::move(known));
        }
        if (chance.flip()) {
            facts.groups[id] = {chance.any(std::array<const char*, 3>{"approvers", "Approvers", "staff"})};
        }
    }
    return facts;
}

Request some_request(Chance& chance, const Ticket& ticket) {
    Request made;
    made.issue_id = ticket.issue_id;
    made.phase = chance.flip() ? Phase::ended : static_cast<Phase>(chance.below(phase_count));
    made.reason_code = chance.flip() ? "proof.spent" : "expired";
    if (!chance.rarely(4)) {
        made.approved_at = at(std::chrono::milliseconds(chance.below(200) * 250));
    }
    made.status_entry = chance.rarely(4) ? status_entry_id(ticket) : "before";
    made.updated_at = chance.flip() ? ticket.updated_at - 1s : ticket.updated_at;
    return made;
}

std::string described(const Person& one) {
    constexpr std::array<std::string_view, 4> types = {"", " app", " customer", " unknown"};
    const std::string email = one.email ? "<" + escape_text(*one.email) + ">" : "<hidden>";
    return escape_text(one.account_id) + email + std::string(types[static_cast<std::size_t>(one.type)]) +
           (one.active ? "" : " inactive");
}

std::string described(const PersonSet& set) {
    std::string text;
    for (const std::string& user : set.users) {
        text += ' ' + escape_text(user);
    }
    for (const std::string& group : set.groups) {
        text += " group:" + escape_text(group);
    }
    return text;
}

std::string described(const Approval& approval) {
    constexpr std::array<std::string_view, 3> words = {"pending", "approved", "declined"};
    const auto word = [&](ApprovalDecision decision) {
        return std::string(words[static_cast<std::size_t>(decision)]);
    };
    std::string text = "approval " + approval.name + ' ' + word(approval.final_decision) + " from " +
                       format_utc(approval.created_at);
    if (approval.completed_at) {
        text += " to " + format_utc(*approval.completed_at);
    }
    for (const ApproverAnswer& one : approval.answers) {
        text += "; " + word(one.decision) + " by " + described(one.approver);
    }
    return text + '\n';
}

std::string described(const Policy& policy) {
    const AccessRule& rule = policy.rules.front();
    std::string text = "evidence ";
    text += policy.portal.evidence == EvidenceSource::transition ? "transition" : "approval";
    text +=
        ", approvers" + described(rule.approvers) + ", at least " + std::to_string(rule.approvers.minimum);
    text += rule.requesters ? ", requesters" + described(*rule.requesters) : "";
    text += rule.require_reason ? ", with a reason\n" : "\n";
    for (const DenyRule& deny : policy.denies) {
        text += "deny application=" + deny.application + " access_type=" + deny.access_type +
                described(deny.people) + '\n';
    }
    return text;
}

} // namespace

unsigned SeededChance::below(unsigned end) {
    state_ += 0x9E3779B97F4A7C15U;
    std::uint64_t mixed = state_;
    mixed = (mixed ^ (mixed >> 30U)) * 0xBF58476D1CE4E5B9U;
    mixed = (mixed ^ (mixed >> 27U)) * 0x94D049BB133111EBU;
    return static_cast<unsigned>((mixed ^ (mixed >> 31U)) % end);
}

History some_history(Chance& chance) {
    History made;
    made.policy = some_policy(chance);
    made.facts = some_facts(chance);
    made.ticket = some_ticket(chance);
    made.stored = some_request(chance, made.ticket);
    return made;
}

std::string described(const History& history) {
    const Ticket& ticket = history.ticket;
    std::string text = described(history.policy);
    for (const auto& [id, known] : history.facts.people) {
        text += "known " + id + ": " + described(known) + '\n';
    }
    for (const auto& [id, groups] : history.facts.groups) {
        text += "known " + id + ": in " + (groups.empty() ? "nothing" : groups.front()) + '\n';
    }
    text += "reporter " + described(ticket.reporter) + '\n';
    text += ticket.beneficiary ? "beneficiary " + described(*ticket.beneficiary) + '\n' : "no beneficiary\n";
    text += ticket.creator ? "raised by " + described(*ticket.creator) + '\n' : "";
    text += "status " + ticket.status_id + ", type " + ticket.request_type_id + ", project " +
            ticket.project_id + ", access type " + ticket.access_type + ", duration \"" + ticket.duration +
            "\", reason \"" + escape_text(ticket.reason) + "\"\n";
    for (const FieldChange& one : ticket.changes) {
        text += "change " + one.history_id + ' ' + format_utc(one.at) + ' ' + one.field_id + " to " + one.to +
                " by " + described(one.author) + '\n';
    }
    for (const Approval& approval : ticket.approvals) {
        text += described(approval);
    }
    return text;
}

} // namespace accessd::policy_test
