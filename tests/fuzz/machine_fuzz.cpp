// Any sequence of events keeps every law of the machine; and from wherever it led, when the ticket is revoked
// and the vendor works again, nothing is left to hold or to do.
#include "tests/core/engine/machine_rig.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <fuzzer/FuzzedDataProvider.h>
#include <optional>
#include <utility>
#include <vector>

using namespace accessd;
using namespace accessd::engine_test;
using namespace std::chrono_literals;

namespace {

const Account other_account("a-other", "other@acme.example");

class Life {
public:
    Life(const std::uint8_t* data, std::size_t size) : in_(data, size) {}

    void live() {
        while (in_.remaining_bytes() > 0) {
            rig_.now += 1ms;
            act();
        }
    }

    /// From wherever it is: revoked, with a vendor that works.
    void end() {
        step(desk().end());
        for (int turns = 0; turns < 8; ++turns) {
            rig_.now += 20min;
            rig_.rules.hold_grants = false;
            step(Started());
            finish_well();
        }
        for (const Target& target : rig_.request.targets) {
            const bool over = target.state == TargetState::gone || target.state == TargetState::kept;
            fuzz::must(over, "I3: a revoke takes everything away", describe(rig_.load(Woke())));
        }
    }

private:
    unsigned below(unsigned end) { return in_.ConsumeIntegralInRange<unsigned>(0, end - 1); }

    template <class T, std::size_t N> const T& any(const std::array<T, N>& all) { return all[below(N)]; }

    void step(const Event& event) {
        rig_.dice = in_.ConsumeIntegral<std::uint16_t>();
        rig_.step(event);
        fuzz::must(rig_.broken.empty(), "a law", rig_.broken);
    }

    void act() {
        const std::array<const Ticket*, 4> tickets = {
            &desk().approved, &desk().approved_again, &desk().reapproved, &desk().approved_other};
        switch (below(14)) {
        case 0:
        case 1:
            return step(desk().approve(*any(tickets)));
        case 2:
            return step(desk().doubt(in_.ConsumeBool() ? Phase::unproven : Phase::parked));
        case 3:
            return step(desk().end(in_.ConsumeBool() ? "revoked" : "withdrawn"));
        case 4:
            return step(Unresolved(trouble()));
        case 5:
        case 6:
            return step(Resolved(below(6) == 0 ? other_account : jane_account, entitlements()));
        case 7:
        case 8:
            rig_.rules.hold_grants = below(5) == 0;
            return step(Started());
        case 9:
        case 10:
            return finish();
        case 11:
            return pass_time();
        case 12:
            return others();
        default:
            return vanish();
        }
    }

    Error trouble() {
        const std::array faults = {Fault::transient, Fault::throttled, Fault::credential, Fault::permanent};
        const Fault fault = any(faults);
        Error error = engine_test::trouble(fault, in_.ConsumeBool() ? Effect::unknown : Effect::none);
        if (fault == Fault::throttled) {
            error.with_retry_at(rig_.now + std::chrono::seconds(below(4000)));
        }
        return error;
    }

    std::vector<Entitlement> entitlements() {
        const std::array<std::vector<Entitlement>, 4> sets = {
            std::vector<Entitlement>{users}, {users, admins}, {admins}, {admins, users}};
        return any(sets);
    }

    Result<Written> outcome() {
        if (below(3) == 0) {
            return trouble();
        }
        const std::array<std::optional<Holding>, 3> seen = {Holding::present, Holding::absent, std::nullopt};
        return written(in_.ConsumeBool() ? Applied::changed : Applied::already_so, any(seen));
    }

    /// The calls under way end, some of them, in any way; now and then one that is long forgotten.
    void finish() {
        std::vector<CallEnd> ends;
        for (CallEnd& call : rig_.open_calls()) {
            if (below(4) != 0) {
                ends.emplace_back(call.key, call.operation, call.generation, outcome());
            }
        }
        if (below(8) == 0) {
            const Operation operation = in_.ConsumeBool() ? Operation::grant : Operation::revoke;
            ends.emplace_back(key_of(any(std::array{users, admins})), operation, below(4), outcome());
        }
        step(Finished(std::move(ends)));
    }

    void finish_well() {
        std::vector<CallEnd> ends;
        for (CallEnd& call : rig_.open_calls()) {
            const bool grant = call.operation == Operation::grant;
            call.result = written(Applied::changed, grant ? Holding::present : Holding::absent);
            ends.push_back(call);
        }
        step(Finished(std::move(ends)));
    }

    void pass_time() {
        const std::array<Duration, 5> waits = {
            Duration(1s), Duration(1min), Duration(20min), Duration(3h), Duration(30h)};
        rig_.now += any(waits);
        step(Woke());
    }

    void vanish() {
        if (in_.ConsumeBool()) {
            return step(Reappeared());
        }
        step(Vanished(in_.ConsumeBool() ? OnVanished::park : OnVanished::revoke, 1h));
    }

    /// Another ticket takes or gives up a lease of the same key, as its own machine would write it.
    void others() {
        const AccessKey key = key_of(any(std::array{users, admins}));
        Access& access = rig_.ledger.try_emplace(key, Access(key)).first->second;
        bool wanted = !rig_.others.contains(key);
        if (wanted) {
            rig_.others[key]["1043"] = "ACC-43";
        } else {
            rig_.others.erase(key);
            for (const Target& target : rig_.request.targets) {
                const bool claims = target.state == TargetState::wanted || target.state == TargetState::held;
                wanted = wanted || (target.key == key && claims);
            }
        }
        access.generation += access.desired != wanted ? 1 : 0;
        access.desired = wanted;
    }

    FuzzedDataProvider in_;
    Rig rig_;
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    Life life(data, size);
    life.live();
    life.end();
    return 0;
}
