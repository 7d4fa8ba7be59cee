#include "tests/core/engine/machine_rig.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace accessd;
using namespace accessd::engine_test;
using namespace std::chrono_literals;

// What the machine makes of a situation that lacks the key of a target: it touches nothing that it does not
// know.

namespace {

/// The sample request with its target in this state, and no key beside it.
Situation without_key(TargetState state, Phase phase) {
    Rig rig;
    rig.grant();
    Situation situation;
    situation.request = rig.request;
    situation.request.phase = phase;
    situation.request.targets.front().state = state;
    return situation;
}

Step step(Situation before, const Event& event) {
    return next(std::move(before), event, at(24h), StepRules(), 0);
}

bool has(const Step& step, std::string_view code) {
    return std::any_of(step.audit.begin(), step.audit.end(), [&](const AuditEntry& entry) {
        return entry.code == code;
    });
}

} // namespace

TEST_CASE("machine: a key that was not loaded is a new one when it is asked for") {
    Rig rig;
    rig.approve();
    Situation situation;
    situation.request = rig.request;
    const Step resolved = step(std::move(situation), Resolved(jane_account, {users}));
    REQUIRE(resolved.after.accesses.size() == 1);
    CHECK(resolved.after.accesses.front().access.key == key_of(users));
    CHECK(resolved.after.accesses.front().access.desired);
    CHECK(resolved.after.request.phase == Phase::granting);
}

TEST_CASE("machine: no call is started for a key that was not loaded") {
    for (const TargetState state : {TargetState::wanted, TargetState::ending}) {
        const Phase phase = state == TargetState::wanted ? Phase::granting : Phase::ending;
        const Step started = step(without_key(state, phase), Started());
        CHECK(started.started.empty());
        CHECK(started.after.request.targets.front().state == state);
        CHECK(started.after.request.phase == phase);
    }
}

TEST_CASE("machine: a claim on a key that was not loaded is not given up") {
    Situation expired = without_key(TargetState::held, Phase::active);
    expired.request.targets.front().expires_at = at(1h);
    const Step woke = step(std::move(expired), Woke());
    CHECK(woke.after.request.targets.front().state == TargetState::held);
    CHECK(has(woke, "request.expired"));

    const Step ended = step(without_key(TargetState::held, Phase::active), desk().end());
    CHECK(ended.after.request.targets.front().state == TargetState::held);
    CHECK(has(ended, "request.revoked"));

    const Step unresolved =
        step(without_key(TargetState::wanted, Phase::resolving), Unresolved(trouble(Fault::permanent)));
    CHECK(unresolved.after.request.targets.front().state == TargetState::wanted);
    CHECK(unresolved.after.request.phase == Phase::parked);
}

TEST_CASE("machine: the end of a call on a key that nobody asked about changes nothing") {
    Situation situation = without_key(TargetState::wanted, Phase::granting);
    std::vector<CallEnd> ends;
    ends.emplace_back(key_of(users), Operation::grant, 1, Written(Applied::changed));
    const Step finished = step(std::move(situation), Finished(std::move(ends)));
    CHECK(finished.after.request.targets.front().state == TargetState::wanted);
    CHECK(finished.audit.empty());
}

TEST_CASE("machine: the outcome of a call counts for the key alone where no target is left of it") {
    Situation situation = without_key(TargetState::wanted, Phase::granting);
    situation.request.targets.clear();
    StoredAccess stored;
    stored.access = Access(key_of(users));
    stored.access.generation = 1;
    situation.accesses.push_back(stored);
    std::vector<CallEnd> ends;
    ends.emplace_back(key_of(users), Operation::grant, 1, Written(Applied::changed));
    const Step finished = step(std::move(situation), Finished(std::move(ends)));
    CHECK(finished.after.accesses.front().access.owned);
    CHECK(finished.after.request.targets.empty());
}
