#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace accessd {

/// An absolute https URL taken apart. The views are into the text that was parsed.
class HttpsUrl {
public:
    HttpsUrl() = default;

    /// "host:port" in lower case, the port always there; names a server.
    std::string origin() const;
    /// The Host header and the authority of CONNECT: an IPv6 address in brackets, the port unless it is 443
    /// or `with_port`.
    std::string authority(bool with_port) const;

    std::string_view host; ///< a name, an IPv4 address, or an IPv6 address without its brackets
    std::uint16_t port = 443;
    std::string_view target; ///< path and query; may be empty
    bool is_ipv6 = false;
};

/// Strict: scheme https, no user info, no fragment, visible ASCII only, at most 8 KiB. Nothing for anything
/// else.
std::optional<HttpsUrl> parse_https_url(std::string_view url);

} // namespace accessd
