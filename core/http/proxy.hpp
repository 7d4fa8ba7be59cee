#pragma once

#include "core/http/beast_transport.hpp"
#include "core/model/result.hpp"
#include "core/support/secret.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace accessd {

/// A proxy that is asked by CONNECT (RFC 9110, 9.3.6).
class Proxy {
public:
    Proxy() = default;

    std::string host;
    std::uint16_t port = 0;
    Secret authorization; ///< "Basic ...", from the URL's user info; empty: none
};

/// Which hosts are reached through a proxy, as the variables https_proxy and no_proxy say.
class ProxyChoice {
public:
    ProxyChoice() = default;

    /// `url`: "http://[user:password@]host:port", or "host:port"; empty: no proxy at all. Each name of
    /// `no_proxy` stands for the host and everything below it, "*" for every host.
    /// Error "http.bad_proxy" (permanent) never repeats the URL: it may hold a password.
    static Result<ProxyChoice> parse(std::string_view url, const std::vector<std::string>& no_proxy);

    /// The proxy for `host`, or nullptr when it is reached directly.
    const Proxy* find(std::string_view host) const;

private:
    std::optional<Proxy> proxy_;
    std::vector<std::string> direct_; ///< lower case, without a leading dot
};

/// The proxy that the environment names: https_proxy, else HTTPS_PROXY; no_proxy, else NO_PROXY (names
/// separated by commas or blanks).
TransportOptions read_proxy(const std::map<std::string, std::string>& environment);

} // namespace accessd
