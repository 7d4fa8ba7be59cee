#pragma once

#include "tests/sandbox/sandbox.hpp"

#include <boost/asio/io_context.hpp>

#include <cstdint>
#include <functional>
#include <memory>

namespace boost::asio::ssl {
class context;
}

namespace accessd::sandbox {

/// Accepts TLS connections on loopback and gives every request to one function.
class Listener {
public:
    /// Called with the request as it came: its url is built from the Host header.
    using Handler = std::function<Delivery(const HttpRequest&)>;

    /// Listens on 127.0.0.1 and, where there is one, ::1; on `port`, or a free one when it is 0. Throws when
    /// it cannot. `tls` outlives it.
    Listener(
        boost::asio::io_context& loop, boost::asio::ssl::context& tls, std::uint16_t port, Handler handler
    );
    ~Listener();

    std::uint16_t port() const;

private:
    class Impl;
    std::shared_ptr<Impl> impl_;
};

} // namespace accessd::sandbox
