#include "daemon/run.hpp"

#include "core/store/audit_key.hpp"
#include "core/store/sqlite_store.hpp"
#include "core/support/asio_clock.hpp"
#include "core/support/log.hpp"
#include "core/support/system_random.hpp"
#include "core/support/text.hpp"
#include "daemon/config.hpp"
#include "daemon/identity_maps.hpp"
#include "daemon/notify.hpp"
#include "daemon/wiring.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include <csignal>
#include <cstdlib>
#include <exception>
#include <optional>

namespace accessd {

namespace {

constexpr int exit_failed = 1;
constexpr int exit_busy = 75;
constexpr int exit_config = 78;

int report(const Error& error) {
    for (const std::string_view line : split(error.message(), '\n')) {
        log(LogLevel::critical, "cannot_run", {{"code", error.code()}, {"error", line}});
    }
    if (error.code() == "store.locked") {
        return exit_busy;
    }
    const bool by_config = error.fault() == Fault::permanent && !error.code().starts_with("store.") &&
                           !error.code().starts_with("engine.");
    return by_config ? exit_config : exit_failed;
}

int report(const std::vector<ConfigProblem>& problems) {
    for (const ConfigProblem& problem : problems) {
        log(LogLevel::critical, "bad_config", {{"problem", problem.text()}});
    }
    return exit_config;
}

/// SIGTERM and SIGINT drain; SIGHUP is kept for reloading.
class Signals {
public:
    Signals(boost::asio::io_context& loop, Engine& engine)
        : signals_(loop, SIGTERM, SIGINT, SIGHUP), engine_(engine) {
        wait();
    }

    void cancel() { signals_.cancel(); }

private:
    void wait() {
        signals_.async_wait([this](boost::system::error_code failed, int signal) {
            if (failed) {
                return;
            }
            if (signal == SIGHUP) {
                log(LogLevel::warning,
                    "reload_ignored",
                    {{"advice", "this version reads its configuration at start only; restart accessd"}});
            } else {
                log(LogLevel::info, "stopping", {{"signal", signal == SIGTERM ? "SIGTERM" : "SIGINT"}});
                notify_stopping();
                engine_.stop();
            }
            wait();
        });
    }

    boost::asio::signal_set signals_;
    Engine& engine_;
};

Task<> run_engine(Engine& engine, std::optional<Result<Done>>& outcome) {
    auto result = co_await engine.run();
    outcome = std::move(result);
}

/// What a handler throws is a bug. Coroutines are suspended everywhere, so the process ends at once: the
/// store has what was acknowledged, and the next start looks at the rest.
void run_loop(boost::asio::io_context& loop) {
    try {
        loop.run();
    } catch (const std::exception& error) {
        log(LogLevel::critical, "bug", {{"error", error.what()}, {"advice", "please report it"}});
        std::_Exit(exit_failed);
    }
}

void say_stopped(const Counters& counters) {
    const auto number = [](std::uint64_t value) { return static_cast<std::int64_t>(value); };
    log(LogLevel::info,
        "stopped",
        {{"polls", number(counters.polls)},
         {"polls_failed", number(counters.polls_failed)},
         {"approved", number(counters.approved)},
         {"unproven", number(counters.unproven)},
         {"parked", number(counters.parked)},
         {"granted", number(counters.granted)},
         {"revoked", number(counters.revoked)},
         {"told", number(counters.told)}});
}

int serve(Config& config, const std::map<std::string, std::string>& environment) {
    // Outlives the sockets that the transports keep open. No coroutine is left when run() has returned.
    boost::asio::io_context loop(1);
    AsioClock clock;
    SystemRandom random;
    StoreOptions options;
    options.directory = config.daemon.state_dir;
    options.sign_audit = true;
    auto store = open_sqlite_store(options);
    if (!store) {
        return report(store.error());
    }
    const auto signer = load_audit_key(config.daemon.state_dir);
    if (!signer) {
        return report(signer.error());
    }
    auto wiring = Wiring::make(config, environment, clock, random);
    if (!wiring) {
        return report(wiring.error());
    }
    Engine& engine = (*wiring)->build_engine(loop.get_executor(), **store);
    engine.on_ready = [&] {
        log(LogLevel::info,
            "ready",
            {{"project", engine.context().policy.portal.project_key},
             {"applications", static_cast<std::int64_t>(config.applications.size())},
             {"rules", static_cast<std::int64_t>(config.rules.size())},
             {"mode", config.daemon.mode == Mode::dry_run ? "dry-run" : "enforce"},
             // The journal is one more place that keeps it, out of reach for who can only write here.
             {"audit_key", signer->key().text()}});
        notify_ready("watching " + engine.context().policy.portal.project_key);
    };
    IdentityMaps maps(config);
    engine.before_poll = [&] { maps.refresh(engine.context()); };
    Signals signals(loop, engine);
    std::optional<Result<Done>> outcome;
    boost::asio::co_spawn(loop, run_engine(engine, outcome), [&](std::exception_ptr failure) {
        if (failure) {
            outcome = Error(Fault::permanent, "engine.bug", "the engine ended unexpectedly");
        }
        signals.cancel();
    });
    notify_status("connecting to Jira");
    run_loop(loop);
    say_stopped(engine.context().counters);
    return *outcome ? 0 : report(outcome->error());
}

} // namespace

int run_daemon(const std::filesystem::path& config, const std::map<std::string, std::string>& environment) {
    configure_log(LogLevel::info, LogFormat::automatic);
    // A peer that closes while we write is an error of that write.
    std::signal(SIGPIPE, SIG_IGN);
    LoadedConfig loaded = load_config(config, environment);
    if (!loaded.config) {
        return report(loaded.problems);
    }
    configure_log(loaded.config->daemon.log_level, loaded.config->daemon.log_format);
    log(LogLevel::info, "starting", {{"version", ACCESSD_VERSION}, {"config", loaded.config->hash}});
    return serve(*loaded.config, environment);
}

} // namespace accessd
