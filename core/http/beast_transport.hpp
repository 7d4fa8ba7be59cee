#pragma once

#include "core/http/http.hpp"
#include "core/model/result.hpp"
#include "core/support/clock.hpp"

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace accessd {

/// How servers are reached and trusted.
class TransportOptions {
public:
    TransportOptions() = default;

    /// URL of a server and a PEM file with authorities that are trusted for it, beside the system's.
    std::vector<std::pair<std::string, std::string>> ca_files;
    std::string proxy_url; ///< as in the variable https_proxy; empty: none
    std::string no_proxy;  ///< as in the variable no_proxy
    std::size_t max_idle_per_server = 16;
    Duration idle_limit = std::chrono::seconds(50);
};

/// HTTP/1.1 over TLS 1.2 or newer with kept connections. The server's certificate and name are always
/// verified; only https is spoken. Answers are bounded: 64 KiB of headers, 8 MiB of body. Loop thread only;
/// sockets and the resolver run on the executor of the coroutine that sends. A GET whose kept connection
/// turns out to be closed is sent once more over a new one; nothing else is ever repeated.
/// Errors: "http.bad_proxy", "http.bad_ca_file" (permanent) name what is wrong.
Result<std::unique_ptr<HttpTransport>> make_beast_transport(Clock& clock, const TransportOptions& options);

} // namespace accessd
