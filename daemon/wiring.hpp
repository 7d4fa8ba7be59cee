#pragma once

#include "core/engine/engine.hpp"
#include "core/http/http.hpp"
#include "core/http/rest_client.hpp"
#include "core/http/token_source.hpp"
#include "core/jsm/ticket_source.hpp"
#include "daemon/config.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace accessd {

/// Every concrete part of a running daemon, built from a configuration. Does no I/O by itself.
class Wiring {
public:
    /// Permanent errors: what a provider or the transport says about its settings ("tls.bad_ca", ...).
    /// `environment` is asked for https_proxy and no_proxy. Configuration, clock and random outlive the
    /// wiring.
    static Result<std::unique_ptr<Wiring>> make(
        const Config& config,
        const std::map<std::string, std::string>& environment,
        Clock& clock,
        Random& random
    );

    Wiring(const Wiring&) = delete;
    Wiring& operator=(const Wiring&) = delete;

    /// Builds the engine over `store` and hands it rules and applications. To be called once.
    Engine& build_engine(boost::asio::any_io_executor executor, Store& store);

private:
    Wiring(const Config& config, Clock& clock, Random& random)
        : config_(config), clock_(clock), random_(random) {}

    Result<HttpTransport*>
    transport(const std::string& ca_file, const std::map<std::string, std::string>& environment);

    const Config& config_;
    Clock& clock_;
    Random& random_;
    std::vector<std::unique_ptr<HttpTransport>> transports_;
    std::unique_ptr<TokenSource> jira_token_;
    std::unique_ptr<RestClient> jira_;
    std::unique_ptr<TicketSource> source_;
    std::map<std::string, Application> applications_;
    std::unique_ptr<Engine> engine_;
};

} // namespace accessd
