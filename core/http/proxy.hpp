#pragma once

#include "core/model/result.hpp"
#include "core/support/secret.hpp"

#include <cstdint>
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

    /// `url`: "http://[user:password@]host:port", or "host:port"; empty: no proxy at all. `no_proxy`: names
    /// separated by commas or blanks; each stands for the host and everything below it, "*" for every host.
    /// Error "http.bad_proxy" (permanent) never repeats the URL: it may hold a password.
    static Result<ProxyChoice> parse(std::string_view url, std::string_view no_proxy);

    /// The proxy for `host`, or nullptr when it is reached directly.
    const Proxy* find(std::string_view host) const;

private:
    std::optional<Proxy> proxy_;
    std::vector<std::string> direct_; ///< lower case, without a leading dot
};

} // namespace accessd
