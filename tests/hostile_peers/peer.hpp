#pragma once

#include "core/http/http.hpp"
#include "tests/hostile_peers/authority.hpp"
#include "tests/hostile_peers/fault.hpp"
#include "tests/hostile_peers/leap_clock.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace accessd::hostile {

/// The servers: three that the daemon is told of, and one that it must never speak to.
enum class Host : std::uint8_t { jira, graph, login, evil };

constexpr std::size_t host_count = 4;
std::string_view to_string(Host host);

/// How a server speaks TLS.
class TlsPlan {
public:
    TlsPlan() = default;

    CertificatePlan certificate;
    bool foreign_authority = false; ///< signed by an authority that the client was not told of
    bool old_versions = false;      ///< nothing newer than TLS 1.1
    bool stalls = false;            ///< takes the client's hello and says nothing
    bool closed = false;            ///< nobody listens: connections are refused
    bool deaf = false; ///< the system takes no connection: as behind a firewall that drops packets
};

/// What the servers saw of the client.
class Sightings {
public:
    Sightings() = default;

    std::array<std::uint64_t, host_count> connections{};
    std::array<std::uint64_t, host_count> requests{};
    std::array<std::uint64_t, host_count> bytes{}; ///< of application data
    std::uint64_t flooded = 0;                     ///< most bytes of one answer that a client took
    std::vector<std::string> offences;             ///< sentences: a cookie came back, a secret went astray
};

/// TLS servers on 127.0.0.1 to 127.0.0.4, on the loop of the daemon that they are there to trouble. At most
/// one fault is on, at one endpoint.
class Peer {
public:
    /// Carries a request out and gives the true answer.
    using Vendor = std::function<HttpResponse(Host host, const HttpRequest& request)>;

    Peer(boost::asio::io_context& loop, LeapClock& clock);
    ~Peer();
    Peer(const Peer&) = delete;
    Peer& operator=(const Peer&) = delete;

    std::string origin(Host host) const;
    std::string address(Host host) const;
    const std::string& ca_file() const;

    void serve(Vendor vendor);

    /// `endpoint` as endpoint_of() names it. `fault` outlives its being on.
    void put_on(const Fault& fault, std::string endpoint);
    void heal();

    bool is_on() const;
    std::uint64_t strikes() const;

    /// From the next connection on this host speaks TLS so; connections that are kept end.
    void speak(Host host, const TlsPlan& plan);

    /// The client is about to ask this, and has ended asking.
    void expect(std::string_view url, std::string_view endpoint);
    void expect_no_more();

    /// Ends every connection.
    void hang_up();

    const Sightings& sightings() const;
    /// Begins anew; what connections of before still bring does not count.
    void forget();

private:
    class Impl;
    std::shared_ptr<Impl> impl_;
};

} // namespace accessd::hostile
