#pragma once

#include "core/engine/brake.hpp"
#include "core/engine/key_locks.hpp"
#include "core/engine/machine.hpp"
#include "core/engine/own_moves.hpp"
#include "core/engine/provider.hpp"
#include "core/jsm/ticket_source.hpp"
#include "core/model/identity.hpp"
#include "core/policy/decide.hpp"
#include "core/store/store.hpp"
#include "core/support/clock.hpp"
#include "core/support/random.hpp"
#include "core/support/wakeup.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

namespace accessd {

/// A connected system as the engine sees it.
class Application {
public:
    Application() = default;

    std::string name;
    std::string owner; ///< whom a message about trouble names
    IdentityRule identity;
    std::unique_ptr<Provider> provider;
    std::optional<TimePoint> paused_until; ///< nothing new is begun before; set by trouble that concerns all
    std::string trouble;                   ///< code of the trouble it is in; empty: works
};

class EngineSettings {
public:
    EngineSettings() = default;

    Duration poll_interval = std::chrono::seconds(15);
    Duration sweep_interval = std::chrono::minutes(10);
    Duration overlap = std::chrono::minutes(10); ///< how far each search reaches back: Jira's index lags
    Duration call_deadline = std::chrono::seconds(30); ///< of one vendor call, waiting for its turn included
    Duration longest_wait = std::chrono::minutes(1); ///< the store is asked for due work this often at least
    Duration connect_deadline = std::chrono::minutes(2); ///< of all the calls of one attempt to connect
    Duration drain = std::chrono::seconds(20);           ///< how long calls under way may take after stop()
    unsigned workers = 128;                              ///< requests worked on at once, per application
    bool dry_run = false;                                ///< decide and log; write nothing outside or inside
    OnVanished on_vanished = OnVanished::park;
    Duration vanished_grace = std::chrono::hours(24);
    Duration remind_before{}; ///< see StepRules
    RetryRule retry;
    BrakeSettings brake;
    std::string owner = "accessd"; ///< of claims in the store; unique per daemon
};

/// What has happened since the start; for the status line and metrics. Only ever grows.
class Counters {
public:
    Counters() = default;

    std::uint64_t polls = 0;
    std::uint64_t polls_failed = 0;
    std::uint64_t approved = 0;
    std::uint64_t unproven = 0;
    std::uint64_t parked = 0;
    std::uint64_t granted = 0; ///< entitlements
    std::uint64_t revoked = 0; ///< entitlements
    std::uint64_t told = 0;
};

/// When the engine must look at the store again. Whoever stores an earlier moment rings.
class Alarm {
public:
    /// Something will be due at `at`.
    void set(TimePoint at);

    /// Until the earliest moment that was set, `latest` at most.
    Task<> wait(Clock& clock, TimePoint latest);

    /// Ends the wait now.
    void ring() { wakeup_.notify(); }

private:
    std::optional<TimePoint> planned_;
    Wakeup wakeup_;
};

/// What every part of the engine works with. Owned by the Engine; all references outlive it.
class EngineContext {
public:
    EngineContext(Store& durable, TicketSource& tickets, Clock& time, Random& dice)
        : store(durable), source(tickets), clock(time), random(dice) {}

    Store& store;
    TicketSource& source;
    Clock& clock;
    Random& random;
    EngineSettings settings;
    Policy policy; ///< its portal comes from TicketSource::connect
    std::map<std::string, Application> applications;

    KeyLocks locks;
    OwnMoves own_moves;
    std::optional<Brake> grant_brake;  ///< by rule_name(); there once the engine runs
    std::optional<Brake> revoke_brake; ///< by application
    Alarm alarm;
    Wakeup poll_now;         ///< ends the wait for the next poll
    Wakeup begun_or_stopped; ///< ends the wait for Jira to be connected to
    Counters counters;
    bool connected = false;     ///< Jira told who we are: tickets can be read and told
    bool stopping = false;      ///< nothing new is begun
    std::optional<Error> fatal; ///< the store is lost: no call whose outcome cannot be recorded may be made
    std::optional<TimePoint> grants_held_until; ///< the disk is full: only revokes are begun until then

    Application* application(const std::string& name);

    TimePoint deadline() const { return clock.now() + settings.call_deadline; }

    /// Begins nothing new, and wakes everybody who waits.
    void stop();

    /// next() with the present time, rules and dice.
    Step step(Situation before, const Event& event, bool may_grant = true);

    /// Trouble that concerns every request of an application (refused credentials, throttling) pauses it.
    /// Logged when it begins and when it ends, not per call.
    void note_trouble(Application& application, const Error& error);
    void note_success(Application& application);

    bool grants_held() const { return grants_held_until && clock.now() < *grants_held_until; }

    /// A save went well: if grants were held, they are no longer.
    void note_saved();

    /// Takes note of a failed save: "store.full" holds grants, "store.io" and "store.corrupt" are fatal.
    void note(const Error& store_error);
};

/// What grants under one rule are counted by.
std::string rule_name(const std::string& application, const std::string& access_type);

/// What a step writes. `at` is the time of its audit rows.
Changes changes_of(const Step& step, TimePoint at);

/// The earliest moment after `now` at which something that a step wrote is due by itself.
std::optional<TimePoint> alarm_of(const Step& step, TimePoint now);

/// Takes over the revisions that a save gave, and completes the messages that it inserted.
void take_saved(Step& step, const Saved& saved);

} // namespace accessd
