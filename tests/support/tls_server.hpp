#pragma once

#include "tests/support/certificates.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

struct ssl_st;
struct ssl_ctx_st;

namespace accessd::test {

/// The server's end of one connection, blocking. Every read gives up after ten seconds, so that a test that
/// goes wrong ends.
class TlsPeer {
public:
    TlsPeer(int socket, ssl_ctx_st* context);
    TlsPeer(const TlsPeer&) = delete;
    TlsPeer& operator=(const TlsPeer&) = delete;
    ~TlsPeer();

    bool shake_hands();
    /// The next request, head and body; empty when the client is gone.
    std::string read_request();
    bool write(std::string_view text);
    /// Closes TLS properly; without it the connection just breaks off.
    void say_goodbye();
    /// Until the client closes.
    void wait_until_closed();

    /// What a proxy reads and says before there is TLS.
    std::string read_plain_head();
    void write_plain(std::string_view text);

    /// The name that the client asked for (SNI).
    std::string server_name() const;
    /// True when the client resumed a session of an earlier connection.
    bool resumed() const;

private:
    int socket_;
    ssl_st* tls_;
};

/// A server on 127.0.0.1 with a thread of its own, which gives each connection to `serve` on another thread.
class TlsServer {
public:
    using Serve = std::function<void(TlsPeer& peer)>;

    TlsServer(const TestCertificate& certificate, Serve serve);
    TlsServer(const TlsServer&) = delete;
    TlsServer& operator=(const TlsServer&) = delete;
    ~TlsServer();

    /// From the next connection on nothing newer than TLS 1.1 is spoken.
    void speak_old_tls();

    std::uint16_t port() const { return port_; }

    /// "https://HOST:PORT" + path.
    std::string url(std::string_view path = "/", std::string_view host = "127.0.0.1") const;

    /// How many connections came so far.
    int connections() const { return connections_; }

private:
    void run();
    void serve_one(int socket);

    ssl_ctx_st* context_;
    Serve serve_;
    int listener_ = -1;
    std::uint16_t port_ = 0;
    std::atomic<int> connections_ = 0;
    std::atomic<bool> stopping_ = false;
    std::mutex mutex_; ///< guards open_ and served_
    std::vector<int> open_;
    std::vector<std::thread> served_;
    std::thread thread_;
};

/// An answer with its length.
std::string
answer(std::string_view body, std::string_view more_headers = "", std::string_view status = "200 OK");

} // namespace accessd::test
