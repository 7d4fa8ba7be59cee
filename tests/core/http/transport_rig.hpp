#pragma once

#include "core/http/beast_transport.hpp"
#include "core/support/asio_clock.hpp"
#include "tests/support/certificates.hpp"
#include "tests/support/tls_server.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

namespace accessd::test {

/// A client on a real loop, and servers that it may trust.
class TransportRig {
public:
    TransportRig() : good(ca.issue("DNS:localhost,IP:127.0.0.1")) {}

    /// A transport that trusts the authority.
    void trust(TransportOptions options = TransportOptions()) {
        options.ca_file = ca.file();
        use(options);
    }

    void use(const TransportOptions& options) {
        auto made = make_beast_transport(clock, options);
        if (!made) {
            throw std::runtime_error(made.error().message());
        }
        transport = *std::move(made);
    }

    Result<HttpResponse> send(const HttpRequest& request, Duration limit = std::chrono::seconds(8)) {
        std::optional<Result<HttpResponse>> result;
        std::exception_ptr failure;
        boost::asio::co_spawn(
            loop,
            send_into(request, clock.now() + limit, result),
            [&](std::exception_ptr thrown) { failure = thrown; }
        );
        loop.restart();
        loop.run();
        if (failure) {
            std::rethrow_exception(failure);
        }
        return std::move(result.value());
    }

    Result<HttpResponse> get(const std::string& url, Duration limit = std::chrono::seconds(8)) {
        return send(HttpRequest("GET", url), limit);
    }

    Result<HttpResponse> post(const std::string& url, Duration limit = std::chrono::seconds(8)) {
        HttpRequest request("POST", url);
        request.body = "{}";
        return send(request, limit);
    }

    Task<>
    send_into(const HttpRequest& request, TimePoint deadline, std::optional<Result<HttpResponse>>& result) {
        Result<HttpResponse> got(co_await transport->send(request, deadline));
        result.emplace(std::move(got));
    }

    TestCa ca;
    TestCertificate good; ///< for "localhost" and 127.0.0.1
    boost::asio::io_context loop;
    AsioClock clock;
    std::unique_ptr<HttpTransport> transport;
};

} // namespace accessd::test
