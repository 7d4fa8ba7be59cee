#include "tests/core/engine/machine_rig.hpp"

#include <algorithm>
#include <stdexcept>

namespace accessd::engine_test {

using namespace policy_test;
using namespace std::chrono_literals;

namespace {

Approve decide_well(const Ticket& ticket, const Policy& policy) {
    const Decision decision = decide(ticket, policy, {}, nullptr);
    if (const auto* approve = std::get_if<Approve>(&decision)) {
        return *approve;
    }
    throw std::logic_error("the sample ticket is not approved");
}

AccessRule admin_rule() {
    AccessRule admin = rule();
    admin.access_type = "Admin";
    admin.groups = {"users", "admins"};
    admin.hash = "fedcba9876543210";
    admin.max_duration = 48h;
    return admin;
}

AccessRule viewer_rule() {
    AccessRule viewer = rule();
    viewer.access_type = "Viewer";
    viewer.groups = {"viewers"};
    viewer.hash = "00000000000000aa";
    return viewer;
}

} // namespace

Desk::Desk() : policy(policy_test::policy()) {
    AccessRule user = rule();
    user.max_duration = 24h;
    policy.rules = {user, admin_rule(), viewer_rule()};
    approved = ticket();
    approved_again = ticket();
    move(approved_again, "503", at(20min), status::granted);
    move(approved_again, "504", at(21min), status::approved);
    reapproved = approved_again;
    reapproved.approvals.push_back(approval("32", at(20min), at(21min)));
    approved_other = reapproved;
    approved_other.access_type = "Admin";
    approved_other.changes.insert(
        approved_other.changes.end() - 1, change("503b", at(20min), "cf_type", "Admin")
    );
    doubted = ticket();
    move(doubted, "603", at(30min), status::waiting);
    move(doubted, "604", at(31min), status::approved);
    ended = ticket();
    move(ended, "703", at(40min), status::revoked, carol());
    removal = ticket();
    removal.request_type_id = "8";
    lease_change = ticket();
    lease_change.request_type_id = "9";
    lease_change.access_type = "Viewer";
    level_change = lease_change;
    level_change.replaced_type = "User";
    for (const Ticket* one :
         {&approved, &approved_again, &reapproved, &approved_other, &removal, &lease_change, &level_change}) {
        decisions.emplace(one, decide_well(*one, policy));
    }
}

Event Desk::approve(const Ticket& ticket) const {
    return Approved(ticket, decisions.at(&ticket), "jane@acme.example", policy.config_hash);
}

Event Desk::doubt(Phase phase) const {
    return Doubted(doubted, phase, phase == Phase::parked ? "rule.none" : "proof.no_approval", "because");
}

Event Desk::end(const std::string& code) const {
    return Ended(ended, End(code, "carol@acme.example"));
}

const Desk& desk() {
    static const Desk one;
    return one;
}

AccessKey key_of(const Entitlement& entitlement, const Account& account) {
    return AccessKey("Entra ID", entitlement.id, account.id);
}

Written written(Applied applied, std::optional<Holding> seen) {
    Written result(applied);
    result.seen = seen;
    return result;
}

Error trouble(Fault fault, Effect effect, const std::string& code) {
    return Error(fault, code, "the vendor is in trouble").with_effect(effect);
}

Rig::Rig() {}

Situation Rig::load(const Event& event) const {
    Situation situation;
    situation.request = request;
    std::vector<AccessKey> keys;
    const auto want = [&](const AccessKey& key) {
        if (std::find(keys.begin(), keys.end(), key) == keys.end()) {
            keys.push_back(key);
        }
    };
    for (const Target& one : request.targets) {
        want(one.key);
    }
    if (const auto* resolved = std::get_if<Resolved>(&event)) {
        for (const auto* some : {&resolved->entitlements, &resolved->replaced}) {
            for (const Entitlement& entitlement : *some) {
                want(key_of(entitlement, resolved->account));
            }
        }
    }
    for (const AccessKey& key : keys) {
        StoredAccess stored;
        const auto known = ledger.find(key);
        stored.access = known != ledger.end() ? known->second : Access(key);
        for (const Target& one : request.targets) {
            const bool live = one.state == TargetState::wanted || one.state == TargetState::held;
            if (live && one.key == key) {
                stored.holders.emplace_back(request.issue_id, request.issue_key);
            }
        }
        if (const auto found = others.find(key); found != others.end()) {
            stored.holders.insert(stored.holders.end(), found->second.begin(), found->second.end());
        }
        situation.accesses.push_back(std::move(stored));
    }
    return situation;
}

const Step& Rig::step(const Event& event) {
    const Situation before = load(event);
    last = next(before, event, now, rules, dice);
    if (broken.empty()) {
        broken = broken_law(before, event, now, rules, last);
    }
    if (!last.ignored) {
        request = last.after.request;
        for (const StoredAccess& stored : last.after.accesses) {
            ledger[stored.access.key] = stored.access;
        }
    }
    return last;
}

const Step& Rig::must(const Event& event) {
    step(event);
    REQUIRE_MESSAGE(broken.empty(), broken);
    return last;
}

void Rig::approve(const Ticket& ticket) {
    must(desk().approve(ticket));
}

void Rig::resolve(std::vector<Entitlement> entitlements) {
    must(Resolved(jane_account, std::move(entitlements)));
}

void Rig::resolve_change(std::vector<Entitlement> comes, std::vector<Entitlement> goes) {
    Resolved found(jane_account, std::move(comes));
    found.replaced = std::move(goes);
    must(std::move(found));
}

std::vector<CallEnd> Rig::open_calls() const {
    std::vector<CallEnd> calls;
    for (const auto& [key, access] : ledger) {
        if (access.intent && access.intent->issue_id == request.issue_id) {
            calls.emplace_back(key, access.intent->operation, access.generation, Written());
        }
    }
    return calls;
}

void Rig::call(const Result<Written>& grants, const Result<Written>& revokes) {
    must(Started());
    std::vector<CallEnd> calls = open_calls();
    for (CallEnd& one : calls) {
        one.result = one.operation == Operation::grant ? grants : revokes;
    }
    must(Finished(std::move(calls)));
}

void Rig::call_well() {
    call(written(Applied::changed, Holding::present), written(Applied::changed, Holding::absent));
}

void Rig::grant(std::vector<Entitlement> entitlements) {
    approve();
    resolve(std::move(entitlements));
    call_well();
}

CallEnd Rig::finish(const Entitlement& entitlement, Operation operation, Result<Written> result) const {
    const auto known = ledger.find(key_of(entitlement));
    const std::int64_t generation = known != ledger.end() ? known->second.generation : 0;
    return CallEnd(key_of(entitlement), operation, generation, std::move(result));
}

const Target& Rig::target(const Entitlement& entitlement) const {
    for (const Target& one : request.targets) {
        if (one.key == key_of(entitlement)) {
            return one;
        }
    }
    throw std::logic_error("no such target");
}

bool Rig::told(TellKind kind) const {
    return !last.tells.empty() && last.tells.front().kind == kind;
}

bool Rig::audited(std::string_view code) const {
    return std::any_of(last.audit.begin(), last.audit.end(), [&](const AuditEntry& entry) {
        return entry.code == code;
    });
}

} // namespace accessd::engine_test
