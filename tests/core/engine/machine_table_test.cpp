#include "tests/core/engine/machine_rig.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <set>
#include <string>
#include <utility>
#include <vector>

// Every situation that a request can be in, by every event that can come: the laws hold after each of them,
// and after every two of them.
using namespace accessd;
using namespace accessd::engine_test;
using namespace std::chrono_literals;

namespace {

const Result<Written> granted_well = written(Applied::changed, Holding::present);
const Result<Written> vendor_down = trouble(Fault::transient, Effect::none, "http.unavailable");
const Result<Written> refused = trouble(Fault::permanent, Effect::none, "entra.entitlement_gone");
const Result<Written> reply_lost = trouble(Fault::transient, Effect::unknown, "http.timeout");

using Named = std::vector<std::pair<std::string, Rig>>;

Named resolving_rigs() {
    Named rigs;
    Rig fresh;
    fresh.approve();
    rigs.emplace_back("resolving, fresh", fresh);
    fresh.must(Unresolved(trouble(Fault::transient)));
    rigs.emplace_back("resolving, failing", fresh);
    Rig again;
    again.grant({users, admins});
    again.approve(desk().approved_other);
    rigs.emplace_back("resolving, with held access", again);
    Rig torn;
    torn.approve();
    torn.resolve({users, admins});
    torn.must(Started());
    torn.must(Finished({torn.finish(users, Operation::grant, reply_lost)}));
    torn.must(desk().end());
    torn.approve(desk().reapproved);
    rigs.emplace_back("resolving, with access that must go", torn);
    Rig wanting;
    wanting.approve();
    wanting.resolve();
    wanting.call(vendor_down, vendor_down);
    wanting.approve(desk().approved_other);
    rigs.emplace_back("resolving, with access that was wanted", wanting);
    return rigs;
}

Named granting_rigs() {
    Named rigs;
    Rig fresh;
    fresh.approve(desk().approved_other);
    fresh.resolve({users, admins});
    rigs.emplace_back("granting, untried", fresh);
    Rig flying = fresh;
    flying.must(Started());
    rigs.emplace_back("granting, under way", flying);
    flying.must(Finished(
        {flying.finish(users, Operation::grant, granted_well),
         flying.finish(admins, Operation::grant, reply_lost)}
    ));
    rigs.emplace_back("granting, half of it held", flying);
    flying.must(Vanished(OnVanished::park, 0h));
    rigs.emplace_back("granting, vanished", flying);
    flying.must(Vanished(OnVanished::park, 0h));
    rigs.emplace_back("parked, vanished while granting", flying);
    return rigs;
}

Named active_rigs() {
    Named rigs;
    Rig active;
    active.grant({users, admins});
    rigs.emplace_back("active", active);
    Rig shared = active;
    shared.others[key_of(users)]["1043"] = "ACC-43";
    rigs.emplace_back("active, shared with another ticket", shared);
    Rig old = active;
    old.now += 25h;
    rigs.emplace_back("active, run out", old);
    Rig before;
    before.approve();
    before.resolve();
    before.call(written(Applied::already_so, Holding::present), vendor_down);
    rigs.emplace_back("active, there before", before);
    Rig vanished = active;
    vanished.must(Vanished(OnVanished::park, 0h));
    vanished.must(Vanished(OnVanished::park, 0h));
    rigs.emplace_back("parked, vanished while active", vanished);
    return rigs;
}

Named ending_rigs() {
    Named rigs;
    Rig ending;
    ending.grant({users, admins});
    ending.must(desk().end());
    rigs.emplace_back("ending, untried", ending);
    Rig flying = ending;
    flying.must(Started());
    rigs.emplace_back("ending, under way", flying);
    Rig failing = ending;
    failing.call(vendor_down, vendor_down);
    rigs.emplace_back("ending, failing", failing);
    Rig ended = ending;
    ended.call_well();
    rigs.emplace_back("ended", ended);
    Rig removal;
    removal.approve(desk().removal);
    removal.resolve({users, admins});
    rigs.emplace_back("ending, a removal", removal);
    Rig superseded;
    superseded.grant({users, admins});
    superseded.access(users).barred_until = superseded.request.approved_at;
    rigs.emplace_back("active, half of it barred", superseded);
    Rig never;
    never.must(desk().end("denied"));
    rigs.emplace_back("ended, never granted", never);
    return rigs;
}

Named trouble_rigs() {
    Named rigs;
    Rig unproven;
    unproven.must(desk().doubt(Phase::unproven));
    rigs.emplace_back("unproven", unproven);
    Rig leftover;
    leftover.grant({users, admins});
    leftover.must(desk().doubt(Phase::unproven));
    rigs.emplace_back("unproven, with access that must go", leftover);
    Rig parked;
    parked.must(desk().doubt(Phase::parked));
    rigs.emplace_back("parked, no rule", parked);
    Rig parked_leftover;
    parked_leftover.grant();
    parked_leftover.must(desk().doubt(Phase::parked));
    parked_leftover.must(Started());
    rigs.emplace_back("parked, no rule, with a revoke under way", parked_leftover);
    Rig nobody;
    nobody.grant();
    nobody.approve(desk().approved_other);
    nobody.must(Unresolved(trouble(Fault::permanent)));
    rigs.emplace_back("parked, no account, with held access", nobody);
    Rig partial;
    partial.approve(desk().approved_other);
    partial.resolve({users, admins});
    partial.must(Started());
    partial.must(Finished(
        {partial.finish(users, Operation::grant, granted_well),
         partial.finish(admins, Operation::grant, refused)}
    ));
    rigs.emplace_back("parked, half of it held", partial);
    return rigs;
}

Named all_rigs() {
    Named all;
    all.emplace_back("new", Rig());
    for (const Named& some :
         {resolving_rigs(), granting_rigs(), active_rigs(), ending_rigs(), trouble_rigs()}) {
        all.insert(all.end(), some.begin(), some.end());
    }
    return all;
}

std::vector<Result<Written>> all_results() {
    std::vector<Result<Written>> results;
    for (const Applied applied : {Applied::changed, Applied::already_so}) {
        results.emplace_back(written(applied, Holding::present));
        results.emplace_back(written(applied, Holding::absent));
        results.emplace_back(written(applied, std::nullopt));
    }
    for (const Fault fault : {Fault::transient, Fault::throttled, Fault::credential, Fault::permanent}) {
        results.emplace_back(trouble(fault, Effect::none));
        results.emplace_back(trouble(fault, Effect::unknown));
    }
    return results;
}

std::vector<Event> ticket_events() {
    std::vector<Event> events;
    for (const Ticket* ticket :
         {&desk().approved,
          &desk().approved_again,
          &desk().reapproved,
          &desk().approved_other,
          &desk().removal}) {
        events.push_back(desk().approve(*ticket));
    }
    events.push_back(desk().doubt(Phase::unproven));
    events.push_back(desk().doubt(Phase::parked));
    for (const char* const code : {"revoked", "denied", "declined", "withdrawn"}) {
        events.push_back(desk().end(code));
    }
    for (const OnVanished then : {OnVanished::park, OnVanished::revoke}) {
        events.emplace_back(Vanished(then, 0h));
        events.emplace_back(Vanished(then, 24h));
    }
    events.emplace_back(Reappeared());
    return events;
}

/// Every kind of event, and every outcome of the calls that this request may have under way.
std::vector<Event> events_for(const Rig& rig) {
    std::vector<Event> events = ticket_events();
    events.emplace_back(Resolved(jane_account, {users}));
    events.emplace_back(Resolved(jane_account, {admins, users}));
    events.emplace_back(Resolved(Account("a-other", "other"), {users, users}));
    for (const Fault fault : {Fault::transient, Fault::throttled, Fault::credential, Fault::permanent}) {
        events.emplace_back(Unresolved(trouble(fault)));
    }
    events.emplace_back(Superseded({key_of(users), key_of(admins)}, "ACC-9"));
    events.emplace_back(Started());
    events.emplace_back(Woke());
    for (const Fault fault : {Fault::transient, Fault::permanent}) {
        events.emplace_back(Withheld(trouble(fault)));
    }
    events.emplace_back(Delayed("Entra ID", at(3h), trouble(Fault::permanent)));
    events.emplace_back(Finished({}));
    for (const Result<Written>& result : all_results()) {
        for (const Operation operation : {Operation::grant, Operation::revoke}) {
            CallEnd late = rig.finish(users, operation, result);
            late.generation -= 1;
            events.emplace_back(Finished({late}));
            events.emplace_back(Finished({rig.finish(users, operation, result)}));
            events.emplace_back(
                Finished({rig.finish(admins, operation, result), rig.finish(users, operation, result)})
            );
        }
    }
    return events;
}

} // namespace

TEST_CASE("machine table: the situations cover every phase, the events every alternative") {
    std::set<Phase> phases;
    for (const auto& [name, rig] : all_rigs()) {
        phases.insert(rig.request.phase);
    }
    CHECK(phases.size() == phase_count);
    std::set<std::size_t> alternatives;
    for (const Event& event : events_for(Rig())) {
        alternatives.insert(event.index());
    }
    CHECK(alternatives.size() == std::variant_size_v<Event>);
}

TEST_CASE("machine table: the laws hold for every situation, every event and every hold of grants") {
    for (const auto& [name, rig] : all_rigs()) {
        const auto& seen_name = name;
        CAPTURE(seen_name);
        for (const Event& event : events_for(rig)) {
            for (const bool hold : {false, true}) {
                Rig trial = rig;
                trial.rules.hold_grants = hold;
                trial.step(event);
                REQUIRE_MESSAGE(trial.broken.empty(), trial.broken);
            }
        }
    }
}

TEST_CASE("machine table: the laws hold for every two events, at once and after a day") {
    for (const auto& [name, rig] : all_rigs()) {
        const auto& seen_name = name;
        CAPTURE(seen_name);
        for (const Event& first : events_for(rig)) {
            Rig middle = rig;
            middle.step(first);
            if (middle.last.ignored) {
                continue;
            }
            for (const Duration wait : {Duration(0), Duration(25h)}) {
                Rig later = middle;
                later.now += wait;
                for (const Event& second : events_for(later)) {
                    Rig trial = later;
                    trial.step(second);
                    REQUIRE_MESSAGE(trial.broken.empty(), trial.broken);
                }
            }
        }
    }
}

TEST_CASE("machine table: what comes of the ticket's events, phase by phase") {
    for (const auto& [name, rig] : all_rigs()) {
        const auto& seen_name = name;
        CAPTURE(seen_name);
        Rig approved = rig;
        approved.must(desk().approve(desk().reapproved));
        CHECK(approved.request.phase == Phase::resolving);
        CHECK(approved.audited("request.approved"));
        CHECK(approved.last.tells.empty());

        Rig doubted = rig;
        doubted.must(desk().doubt(Phase::unproven));
        CHECK(doubted.request.phase == Phase::unproven);

        Rig ended = rig;
        ended.must(desk().end());
        CHECK((ended.request.phase == Phase::ending || ended.request.phase == Phase::ended));
        CHECK(ended.audited("request.revoked"));
        CHECK(ended.request.reason == "by carol@acme.example");
        CHECK(ended.request.status_entry == "703");
    }
}

TEST_CASE(
    "machine table: looking up means nothing but while resolving, seeing again nothing but after vanishing"
) {
    for (const auto& [name, rig] : all_rigs()) {
        const auto& seen_name = name;
        CAPTURE(seen_name);
        const bool resolving = rig.request.phase == Phase::resolving && !rig.request.issue_id.empty();
        for (const Event& event :
             {Event(Resolved(jane_account, {users})), Event(Unresolved(trouble(Fault::transient)))}) {
            Rig trial = rig;
            trial.step(event);
            CHECK(trial.last.ignored == !resolving);
        }
        Rig seen = rig;
        seen.must(Reappeared());
        CHECK(seen.last.ignored == !rig.request.vanished_at.has_value());
    }
}

TEST_CASE("machine table: a revoke wins from everywhere, whatever the vendor does meanwhile") {
    for (const auto& [name, rig] : all_rigs()) {
        const auto& seen_name = name;
        CAPTURE(seen_name);
        for (const Result<Written>& first : all_results()) {
            Rig trial = rig;
            const std::vector<CallEnd> flying = trial.open_calls();
            trial.must(desk().end());
            std::vector<CallEnd> ends;
            for (const CallEnd& call : flying) {
                ends.emplace_back(call.key, call.operation, call.generation, first);
            }
            trial.must(Finished(std::move(ends)));
            trial.call(first, first);
            trial.now += 1h;
            trial.call_well();
            CHECK(trial.request.phase == Phase::ended);
            for (const Target& target : trial.request.targets) {
                CHECK((target.state == TargetState::gone || target.state == TargetState::kept));
            }
            for (const auto& [key, access] : trial.ledger) {
                CHECK((!access.owned || trial.others.contains(key)));
                CHECK_FALSE(access.intent.has_value());
            }
        }
    }
}
