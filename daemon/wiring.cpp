#include "daemon/wiring.hpp"

#include "core/http/basic_token.hpp"
#include "core/http/beast_transport.hpp"
#include "core/http/proxy.hpp"
#include "core/jsm/cloud_source.hpp"
#include "core/jsm/jira_profile.hpp"

#include <unistd.h>
#include <utility>

namespace accessd {

namespace {

// Atlassian's bursts allow 100 calls a second and endpoint; Graph's are wider. Each provider names its own.
constexpr unsigned jira_calls = 8;

Error named(const ApplicationSettings& application, const Error& error) {
    return Error(
        error.fault(), error.code(), "[application.\"" + application.name + "\"]: " + error.message()
    );
}

EngineSettings engine_settings(const Config& config) {
    EngineSettings settings;
    settings.poll_interval = config.jira.poll_interval;
    settings.sweep_interval = config.jira.sweep_interval;
    settings.dry_run = config.daemon.mode == Mode::dry_run;
    settings.on_vanished = config.on_vanished;
    settings.vanished_grace = config.vanished_grace;
    settings.brake = config.brake;
    settings.remind_before = config.remind_before;
    settings.retry.park_after = config.daemon.park_after;
    settings.owner = "accessd-" + std::to_string(getpid());
    return settings;
}

} // namespace

Result<std::unique_ptr<Wiring>> Wiring::make(
    const Config& config, const std::map<std::string, std::string>& environment, Clock& clock, Random& random
) {
    std::unique_ptr<Wiring> wiring(new Wiring(config, clock, random));
    auto jira = wiring->transport(config.jira.ca_file, environment);
    if (!jira) {
        return jira.error();
    }
    RestProfile profile = jira_profile(config.jira.url);
    profile.max_in_flight = jira_calls;
    wiring->jira_token_ = std::make_unique<BasicTokenSource>(config.jira.email, config.jira.token);
    wiring->jira_ =
        std::make_unique<RestClient>(std::move(profile), **jira, *wiring->jira_token_, clock, random);
    wiring->source_ = make_cloud_source(config.portal, *wiring->jira_, clock);
    for (const ApplicationSettings& settings : config.applications) {
        auto transport = wiring->transport(settings.ca_file, environment);
        if (!transport) {
            return named(settings, transport.error());
        }
        auto provider = settings.provider->make(settings.settings, ProviderParts(**transport, clock, random));
        if (!provider) {
            return named(settings, provider.error());
        }
        Application application;
        application.name = settings.name;
        application.owner = settings.owner;
        application.identity = settings.identity;
        application.provider = std::move(*provider);
        wiring->applications_.emplace(settings.name, std::move(application));
    }
    return wiring;
}

Result<HttpTransport*>
Wiring::transport(const std::string& ca_file, const std::map<std::string, std::string>& environment) {
    TransportOptions options = read_proxy(environment);
    options.ca_file = ca_file;
    auto made = make_beast_transport(clock_, std::move(options));
    if (!made) {
        return made.error();
    }
    transports_.push_back(std::move(*made));
    return transports_.back().get();
}

Engine& Wiring::build_engine(boost::asio::any_io_executor executor, Store& store) {
    engine_ = std::make_unique<Engine>(std::move(executor), store, *source_, clock_, random_);
    EngineContext& context = engine_->context();
    context.settings = engine_settings(config_);
    context.policy.rules = config_.rules;
    context.policy.denies = config_.denies;
    context.policy.conflicts = config_.conflicts;
    context.policy.config_hash = config_.hash;
    context.applications = std::move(applications_);
    return *engine_;
}

} // namespace accessd
