#include "tests/sim/simulation.hpp"

#include "core/support/log.hpp"
#include "tests/sandbox/wire.hpp"
#include "tests/sim/oracle.hpp"
#include "tests/sim/plan.hpp"
#include "tests/sim/sim_disk.hpp"
#include "tests/sim/world.hpp"
#include "tests/support/acme.hpp"

#include <boost/json/serialize.hpp>

#include <chrono>
#include <cstdio>
#include <exception>
#include <utility>

namespace accessd::test {

using namespace std::chrono_literals;
namespace json = boost::json;

namespace {

std::vector<AccessRule> simulated_rules() {
    const AccessRule user = user_rule();
    AccessRule admin = user;
    admin.access_type = "Admin";
    admin.groups = {"jira-software-users", "confluence-users"};
    admin.approvers.users.clear();
    admin.max_duration = 24h * 10;
    admin.hash = "0000000000000002";
    AccessRule eu = user;
    eu.application = "Entra EU";
    eu.groups = {"confluence-users"};
    eu.approvers.groups.clear();
    eu.max_duration = 24h * 3;
    eu.hash = "0000000000000003";
    return {user, admin, eu};
}

constexpr int most_idle_polls = 5;
constexpr int most_polls = 60; // leases last ten days at most

/// One seed from its first to its last day.
class Simulation {
public:
    Simulation(std::uint64_t seed, const SimulationOptions& options)
        : options_(options), plan_(make_plan(seed)), world_(seed, world_options()) {
        world_.vendors().keep_log(0);
        world_.prepare = [this](EngineContext& context) { set_up(context); };
        poll_ = plan_.quiet_poll;
        for (const std::string& person : simulated_people()) {
            world_.control("jsm", "add_user", {{"email", person}, {"name", person}});
            world_.control("entra", "add_user", {{"mail", person}});
            world_.control("entra-eu", "add_user", {{"mail", person}});
        }
        for (const std::string_view known : {"bob@acme.example", "carol@acme.example"}) {
            world_.control("entra-eu", "add_user", {{"mail", known}});
        }
        oracle_.emplace(world_, plan_, simulated_rules());
        oracle_->note_poll(poll_);
        if (options.trace) {
            oracle_->on_request = [this](const std::string& line) { say("  -> ", line); };
        }
        redirect_log(&Simulation::on_log, this);
    }

    Simulation(const Simulation&) = delete;
    Simulation& operator=(const Simulation&) = delete;

    ~Simulation() {
        redirect_log(nullptr, nullptr);
        set_sim_disk_full(false);
    }

    void run() {
        start();
        for (const Act& act : plan_.acts) {
            pass_until(act.at);
            carry_out(act);
        }
        heal();
        pass_until(plan_.end);
        // Something may happen just now: what is due ends within minutes.
        for (int minutes = 0; minutes < 10 && !oracle_->is_at_rest(); ++minutes) {
            pass_until(world_.now() + 1min);
        }
        oracle_->judge();
        check_idle();
        check_end();
        for (const auto& [endpoint, calls] : world_.vendors().endpoints()) {
            say("    calls: ", std::to_string(calls) + " " + endpoint);
        }
    }

    Outcome outcome() {
        Outcome outcome;
        outcome.violations = oracle_->violations();
        outcome.steps = world_.steps();
        outcome.calls = world_.vendors().calls();
        outcome.grants = oracle_->grants();
        outcome.revokes = oracle_->revokes();
        outcome.faults = oracle_->faults();
        outcome.crashes = crashes_;
        outcome.trace = oracle_->trace() ^ (outcome.steps << 32U);
        return outcome;
    }

private:
    World::Options world_options() const {
        World::Options world = plan_.world;
        world.disk = options_.disk;
        return world;
    }

    void set_up(EngineContext& context) {
        context.settings.poll_interval = poll_;
        context.settings.sweep_interval = 47h;
        context.settings.longest_wait = 24h;
        context.policy.rules = simulated_rules();
    }

    static void on_log(LogLevel, std::string_view line, void* self) {
        static_cast<Simulation*>(self)->say("    ", line);
    }

    void say(std::string_view who, std::string_view what) const {
        if (options_.trace) {
            const std::string at = format_utc(world_.now());
            std::printf(
                "%s %.*s%.*s\n",
                at.c_str(),
                static_cast<int>(who.size()),
                who.data(),
                static_cast<int>(what.size()),
                what.data()
            );
        }
    }

    void start() {
        if (world_.running()) {
            return;
        }
        world_.start();
        oracle_->opened();
    }

    /// Lets time pass. A daemon that ends by itself is a violation.
    void pass_until(TimePoint when) {
        while (world_.now() < when) {
            const TimePoint until = std::min(when, std::max(oracle_->next_deadline(), world_.now() + 1ms));
            world_.run_until(until);
            oracle_->check_deadlines();
            notice_end();
        }
    }

    void notice_end() {
        if (world_.outcome() && !noticed_) {
            noticed_ = true;
            const Result<Done>& ended = *world_.outcome();
            oracle_->violation(
                "I2", "the daemon ended: " + (ended ? std::string("well") : ended.error().message())
            );
        }
    }

    void carry_out(const Act& act) {
        json::object with = act.with;
        if (act.ticket && act.verb != "create_request") {
            const auto known = raised_.find(*act.ticket);
            if (known == raised_.end()) {
                return;
            }
            with["issue"] = known->second;
        }
        say(">>> ", act.whom + " " + act.verb + " " + json::serialize(with));
        oracle_->before(act, with);
        json::value answer = json::object();
        if (act.whom == "machine") {
            handle(act.verb, with);
        } else {
            answer = world_.control(act.whom, act.verb, with);
        }
        if (answer.as_object().contains("error")) {
            say("    refused: ", json::serialize(answer));
        } else if (act.verb == "create_request") {
            raised_[*act.ticket] = answer.at("id").as_string();
        }
        oracle_->after(act, with, answer);
    }

    void handle(const std::string& verb, const json::object& with) {
        if (verb == "start") {
            start();
        } else if (verb == "poll") {
            poll_ = Duration(with.at("every_ms").as_int64());
            oracle_->note_poll(poll_);
            if (world_.running()) {
                world_.engine().context().settings.poll_interval = poll_;
                world_.engine().context().poll_now.notify();
            }
        } else if (verb == "jump") {
            world_.jump(Duration(with.at("by_ms").as_int64()));
        } else if (verb == "disk") {
            set_sim_disk_full(with.at("full").as_bool());
        } else if (verb == "crash" && world_.running()) {
            world_.run_steps(with.at("steps").to_number<std::uint64_t>());
            end_process();
            world_.crash();
        } else if (verb == "stop" && world_.running()) {
            stop();
        }
    }

    void end_process() {
        ++crashes_;
        oracle_->closed();
        noticed_ = false;
    }

    void stop() {
        const Result<Done> ended = world_.stop();
        oracle_->closed();
        if (!ended) {
            oracle_->violation("I2", "the daemon ended with " + ended.error().message());
        }
        if (world_.leftovers() > 0) {
            oracle_->violation("I10", "coroutines were left: " + std::to_string(world_.leftovers()));
        }
    }

    void heal() {
        pass_until(plan_.healed);
        set_sim_disk_full(false);
        world_.heal();
        poll_ = 6h;
        world_.jump(Duration(0));
        if (world_.running()) {
            handle("poll", {{"every_ms", poll_.count()}});
        } else {
            start();
        }
        say(">>> ", "all is healed");
    }

    /// A daemon with nothing to do writes nothing.
    void check_idle() {
        // Leases may run out meanwhile, one after the other, and are looked after for an hour.
        int polls = 0;
        for (int all = 0; polls < most_idle_polls && all < most_polls; ++all) {
            const std::int64_t before = oracle_->database_version();
            const std::int64_t rows = oracle_->audit_rows();
            pass_until(world_.now() + poll_ + 1h);
            if (oracle_->database_version() == before) {
                return;
            }
            polls += oracle_->audit_rows() == rows ? 1 : 0;
        }
        oracle_->violation("I10", "an idle daemon wrote to its database at every poll");
    }

    void check_end() {
        if (world_.running()) {
            stop();
        }
    }

    SimulationOptions options_;
    Plan plan_;
    World world_;
    std::optional<Oracle> oracle_;
    std::map<std::size_t, std::string> raised_; ///< issue ids
    Duration poll_{0};
    std::uint64_t crashes_ = 0;
    bool noticed_ = false;
};

} // namespace

Outcome simulate(std::uint64_t seed, const SimulationOptions& options) {
    Outcome outcome;
    try {
        Simulation simulation(seed, options);
        simulation.run();
        outcome = simulation.outcome();
    } catch (const std::exception& failure) {
        outcome.violations.push_back(std::string("the simulation threw: ") + failure.what());
    }
    outcome.seed = seed;
    return outcome;
}

} // namespace accessd::test
