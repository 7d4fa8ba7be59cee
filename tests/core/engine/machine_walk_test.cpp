#include "core/engine/watcher.hpp"
#include "tests/core/engine/machine_rig.hpp"

#include <doctest/doctest.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

// Random lives of one request beside a vendor that loses replies, lands grants late and lags, another ticket
// with the same access, crashes and full disks. The same seed gives the same life.
using namespace accessd;
using namespace accessd::engine_test;
using namespace std::chrono_literals;

namespace {

const Account other_account("a-other", "other@acme.example");

class Life {
public:
    explicit Life(std::uint64_t seed) : random_(seed) {
        for (const AccessKey& key : keys_) {
            if (chance(4)) {
                members_.insert(key);
                there_before_.insert(key);
            }
        }
    }

    void live(int steps) {
        for (int i = 0; i < steps && problem.empty(); ++i) {
            act();
            check();
        }
    }

    /// From wherever it is: the ticket is revoked (or doubted), and the vendor works again.
    void end() {
        land_and_finish();
        step(chance(3) ? desk().doubt(Phase::unproven) : desk().end());
        settle();
        for (const Target& target : rig_.request.targets) {
            if (target.state != TargetState::gone && target.state != TargetState::kept) {
                note("a target was never ended");
            }
        }
        for (const AccessKey& key : members_) {
            if (!rig_.others.contains(key) && !there_before_.contains(key)) {
                note("access outlived its claim: " + key.entitlement);
            }
        }
    }

    /// From wherever it is: the ticket is approved anew, and the vendor works again.
    void begin() {
        land_and_finish();
        step(desk().approve(desk().reapproved));
        settle();
        step(Resolved(jane_account, {users}));
        settle();
        if (rig_.request.phase != Phase::active || !members_.contains(key_of(users))) {
            note("an approved request ended up without access");
        }
    }

    std::string problem;

private:
    bool chance(unsigned one_in) { return random_() % one_in == 0; }

    template <class T> const T& any(const std::vector<T>& all) { return all[random_() % all.size()]; }

    void note(const std::string& what) {
        if (problem.empty()) {
            problem = what + "\n" + describe(rig_.load(Woke()));
        }
    }

    void check() {
        if (!rig_.broken.empty()) {
            note(rig_.broken);
        }
        for (const auto& [key, holder] : rig_.others) {
            if (!members_.contains(key)) {
                note("I8: another ticket's access was taken away");
            }
        }
        for (const AccessKey& key : there_before_) {
            if (!members_.contains(key) && !doubtful_.contains(key)) {
                note("I8: access that was there before was taken away");
            }
        }
    }

    void step(const Event& event) {
        rig_.dice = random_();
        rig_.step(event);
        check();
    }

    void act() {
        switch (random_() % 12) {
        case 0:
            return step(desk().approve(*any(tickets_)));
        case 1:
            return step(any(ticket_events_));
        case 2:
            return step(Unresolved(trouble(any(faults_), Effect::none)));
        case 3:
        case 4:
            return resolve();
        case 5:
        case 6:
            return start();
        case 7:
        case 8:
            return finish_some();
        case 9:
            return other_ticket();
        case 10:
            return pass_time();
        default:
            return mishap();
        }
    }

    void resolve() {
        if (!flying_.empty()) {
            return; // a worker does one thing after the other
        }
        std::vector<Entitlement> wanted;
        for (const Entitlement& entitlement : {users, admins}) {
            if (wanted.empty() || chance(2)) {
                wanted.push_back(entitlement);
            }
        }
        if (chance(8)) {
            wanted = {admins};
        }
        Resolved found(chance(6) ? other_account : jane_account, wanted);
        if (rig_.request.kind == RequestKind::change) {
            found.replaced = {chance(2) ? viewers : admins, users};
        }
        step(std::move(found));
    }

    void start() {
        if (!flying_.empty()) {
            return;
        }
        rig_.rules.hold_grants = chance(5);
        rig_.now += 1ms;
        step(Started());
        if (!rig_.last.ignored) {
            flying_ = begun();
        }
    }

    std::vector<CallEnd> begun() const {
        std::vector<CallEnd> calls;
        for (const CallEnd& call : rig_.open_calls()) {
            if (rig_.ledger.at(call.key).intent->at == rig_.now) {
                calls.push_back(call);
            }
        }
        return calls;
    }

    Written apply(const CallEnd& call) {
        const bool was = members_.contains(call.key);
        const bool grant = call.operation == Operation::grant;
        if (grant) {
            members_.insert(call.key);
        } else {
            members_.erase(call.key);
        }
        return written(
            was == grant ? Applied::already_so : Applied::changed, grant ? Holding::present : Holding::absent
        );
    }

    /// What the vendor makes of a call, and what we hear of it.
    Result<Written> outcome(const CallEnd& call, bool well) {
        const bool grant = call.operation == Operation::grant;
        switch (well ? 0 : random_() % 8) {
        case 0:
        case 1:
            return apply(call);
        case 2: // the look behind it fails
            return written(apply(call).applied, std::nullopt);
        case 3: // the look behind it meets a replica that lags
            return written(apply(call).applied, grant ? Holding::absent : Holding::present);
        case 4: // applied, but the reply is lost
            apply(call);
            doubt(call);
            return reply_lost();
        case 5: // lost on the way, and lands later
            if (grant) {
                late_.push_back(call.key);
            }
            doubt(call);
            return reply_lost();
        case 6:
            return trouble(Fault::permanent, Effect::none, "entra.refused");
        default:
            return trouble(any(faults_), Effect::none);
        }
    }

    static Result<Written> reply_lost() { return trouble(Fault::transient, Effect::unknown, "http.timeout"); }

    void doubt(const CallEnd& call) {
        if (call.operation == Operation::grant) {
            doubtful_.insert(call.key);
        }
    }

    void finish_some() {
        std::vector<CallEnd> ends;
        for (CallEnd& call : flying_) {
            ends.emplace_back(call.key, call.operation, call.generation, outcome(call, false));
        }
        flying_.clear();
        step(Finished(std::move(ends)));
    }

    bool is_flying(const AccessKey& key) const {
        for (const CallEnd& call : flying_) {
            if (call.key == key) {
                return true;
            }
        }
        return false;
    }

    /// The other ticket's worker, whose calls go well, as the machine would do it.
    void other_ticket() {
        const AccessKey& key = any(keys_);
        if (is_flying(key)) {
            return;
        }
        Access& access = rig_.ledger.try_emplace(key, Access(key)).first->second;
        if (access.intent && access.intent->operation == Operation::grant) {
            access.grant_uncertain = true;
        }
        const bool touched = access.owned || access.grant_uncertain || access.intent;
        access.intent.reset();
        if (!rig_.others.contains(key)) {
            rig_.others[key]["1043"] = "ACC-43";
            const bool changed = members_.insert(key).second;
            const bool known = access.desired && access.preexisting;
            access.preexisting = !changed && (known || !touched);
            want(access, true);
            access.owned = access.owned || changed || access.grant_uncertain;
            return;
        }
        rig_.others.erase(key);
        for (const Target& target : rig_.request.targets) {
            if (target.key == key &&
                (target.state == TargetState::wanted || target.state == TargetState::held)) {
                return;
            }
        }
        want(access, false);
        if (!access.preexisting && touched) {
            members_.erase(key);
            forget(access);
        }
    }

    static void want(Access& access, bool desired) {
        access.generation += access.desired != desired ? 1 : 0;
        access.desired = desired;
    }

    void forget(Access& access) {
        access.owned = false;
        access.preexisting = false;
        access.watch_stage = 1;
        access.watch_at = rig_.now + 1min;
    }

    void land() {
        for (const AccessKey& key : late_) {
            members_.insert(key);
        }
        late_.clear();
    }

    void pass_time() {
        land();
        const std::array<Duration, 5> waits = {
            Duration(1s), Duration(1min), Duration(20min), Duration(3h), Duration(30h)};
        rig_.now += waits[random_() % waits.size()];
        watch();
        step(Woke());
    }

    /// As the watcher does it.
    void watch() {
        for (auto& [key, access] : rig_.ledger) {
            if (!access.watch_at || *access.watch_at > rig_.now || is_flying(key)) {
                continue;
            }
            if (access.desired) {
                access.watch_stage = 0;
                access.watch_at.reset();
            } else if (members_.erase(key) > 0) {
                access.watch_stage = 1;
                access.watch_at = rig_.now + 1min;
            } else {
                access = watched(access, rig_.now);
            }
        }
    }

    void mishap() {
        if (chance(2)) {
            const AccessKey& key = any(keys_); // an admin removes it by hand
            // While it is claimed nobody notices that what was there before is gone: drift.
            const bool noticed = !rig_.ledger.try_emplace(key, Access(key)).first->second.desired ||
                                 !there_before_.contains(key);
            if (!rig_.others.contains(key) && !is_flying(key) && noticed) {
                members_.erase(key);
                there_before_.erase(key);
            }
            return;
        }
        for (CallEnd& call : flying_) { // a crash: what came of the calls is never recorded
            static_cast<void>(outcome(call, false));
            doubt(call);
        }
        flying_.clear();
    }

    void land_and_finish() {
        finish_some();
        land();
        rig_.rules.hold_grants = false;
    }

    /// Lets everything come to rest with a vendor that works.
    void settle() {
        for (int turns = 0; turns < 8; ++turns) {
            rig_.now += 20min;
            watch();
            step(Started());
            std::vector<CallEnd> ends = begun();
            for (CallEnd& call : ends) {
                call.result = outcome(call, true);
            }
            if (!rig_.last.ignored) {
                step(Finished(std::move(ends)));
            }
        }
    }

    std::mt19937_64 random_;
    Rig rig_;
    std::vector<AccessKey> keys_ = {
        key_of(users), key_of(admins), key_of(users, other_account), key_of(admins, other_account)};
    std::set<AccessKey> members_;      ///< the vendor's truth
    std::set<AccessKey> there_before_; ///< members that accessd never made
    std::set<AccessKey> doubtful_;     ///< a grant was sent whose outcome is unknown
    std::vector<AccessKey> late_;      ///< grants that are still to land
    std::vector<CallEnd> flying_;
    std::vector<const Ticket*> tickets_ = {
        &desk().approved,
        &desk().approved_again,
        &desk().reapproved,
        &desk().approved_other,
        &desk().lease_change};
    std::vector<Fault> faults_ = {Fault::transient, Fault::throttled, Fault::credential, Fault::permanent};
    std::vector<Event> ticket_events_ = {
        desk().doubt(Phase::unproven),
        desk().doubt(Phase::parked),
        desk().end("revoked"),
        desk().end("withdrawn"),
        Vanished(OnVanished::park, 1h),
        Vanished(OnVanished::revoke, 1h),
        Reappeared()};
};

constexpr std::uint64_t seeds = 10000;

} // namespace

TEST_CASE("machine walk: after any life a revoke takes the access away, and nothing else") {
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
        Life life(seed);
        life.live(30);
        life.end();
        REQUIRE_MESSAGE(life.problem.empty(), "seed ", seed, ": ", life.problem);
    }
}

TEST_CASE("machine walk: after any life a new approval brings the access") {
    for (std::uint64_t seed = seeds + 1; seed <= 2 * seeds; ++seed) {
        Life life(seed);
        life.live(30);
        life.begin();
        REQUIRE_MESSAGE(life.problem.empty(), "seed ", seed, ": ", life.problem);
    }
}
