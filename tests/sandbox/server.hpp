#pragma once

#include "core/model/time.hpp"

#include <cstdint>
#include <memory>
#include <string>

namespace accessd::sandbox {

class ServerOptions {
public:
    ServerOptions() = default;

    std::string dir;             ///< where ca.pem and sandbox.json are written; made when missing
    Duration latency{0};         ///< added to every answer of a vendor
    Duration index_lag{0};       ///< of Jira's search index behind its issues
    std::uint16_t port_base = 0; ///< Jira's port, then Entra's, then control's; 0 takes free ones
    std::uint64_t seed = 1;      ///< for the faults' probabilities
    bool verbose = false;        ///< one line on stdout per request
};

/// The sandbox over TLS on loopback. One thread; the vendors' answers wait on timers, never in the way of
/// others. Control: POST {control_url}/{vendor|faults|sandbox}/{verb} with a JSON object (or nothing) as
/// body; answers JSON, 400 when it has an "error". `sandbox.json` names jira_url, entra_url (login and
/// Graph), control_url, ca_file, pid and the credentials that work.
class Server {
public:
    /// Listens when it returns. Throws when it cannot.
    explicit Server(const ServerOptions& options);
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    /// Serves until SIGTERM, SIGINT or stop().
    void run();
    /// From any thread.
    void stop();

    const std::string& jira_url() const;
    const std::string& entra_url() const;
    const std::string& control_url() const;

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace accessd::sandbox
