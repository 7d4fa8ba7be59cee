#pragma once

#include "core/http/http.hpp"
#include "core/model/result.hpp"
#include "core/model/time.hpp"
#include "core/support/clock.hpp"

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace accessd {

/// How servers are reached and trusted.
class TransportOptions {
public:
    TransportOptions() = default;

    std::string ca_file;   ///< PEM file with authorities that are trusted beside the system's; empty: none
    std::string proxy_url; ///< "http://[user:password@]host:port"; empty: none
    std::vector<std::string> no_proxy; ///< hosts that are reached directly, with all below them
    std::size_t max_idle_per_host = 16;
    Duration idle_limit = std::chrono::seconds(45); ///< how long a connection is kept without being used
};

/// HTTP/1.1 over TLS 1.2 or newer with kept connections. The server's certificate and name are always
/// verified; only https is spoken. Answers are bounded: 64 KiB of headers, 8 MiB of body. Loop thread only;
/// sockets and the resolver run on the executor of the coroutine that sends. When a kept connection turns out
/// to be closed, a GET is sent once more over a new one, and so is what the server cannot have read; nothing
/// else is ever repeated, but for ten minutes goes over new connections to that server. Beside the codes of
/// HttpTransport: "http.proxy" when the proxy is at fault; permanent are "http.bad_url" and
/// "http.bad_request". Errors: "tls.bad_ca" and "http.bad_proxy" (permanent) name what is wrong.
Result<std::unique_ptr<HttpTransport>> make_beast_transport(Clock& clock, TransportOptions options);

} // namespace accessd
