#include "tests/core/http/transport_rig.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/post.hpp>
#include <doctest/doctest.h>

#include <atomic>
#include <string>

namespace accessd::test {

namespace {

using namespace std::chrono_literals;

/// Writes the given bytes in answer to every connection's first request, then waits for the client.
TlsServer::Serve saying(std::string text) {
    return [text = std::move(text)](TlsPeer& peer) {
        if (peer.shake_hands() && !peer.read_request().empty()) {
            peer.write(text);
            peer.wait_until_closed();
        }
    };
}

void check_failed(const Result<HttpResponse>& result, std::string_view code) {
    REQUIRE_FALSE(result);
    CHECK(result.error().code() == code);
    CHECK(result.error().fault() == Fault::transient);
    CHECK(result.error().effect() == Effect::unknown);
}

} // namespace

TEST_CASE("http: a body that stalls ends with the time that was given, its effect unknown") {
    TransportRig rig;
    TlsServer server(rig.good, saying("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nten bytes."));
    rig.trust();
    const auto result = rig.post(server.url(), 200ms);
    check_failed(result, "http.timeout");
}

TEST_CASE("http: a body over 8 MiB is refused, announced or not") {
    TransportRig rig;
    TlsServer announced(rig.good, saying("HTTP/1.1 200 OK\r\nContent-Length: 8388609\r\n\r\n"));
    rig.trust();
    check_failed(rig.post(announced.url()), "http.too_large");

    TlsServer endless(rig.good, [](TlsPeer& peer) {
        peer.shake_hands();
        peer.read_request();
        peer.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        const std::string chunk = "10000\r\n" + std::string(0x10000, 'x') + "\r\n";
        while (peer.write(chunk)) {
        }
    });
    rig.trust();
    check_failed(rig.post(endless.url()), "http.too_large");
}

TEST_CASE("http: headers without an end are refused") {
    TransportRig rig;
    TlsServer server(rig.good, [](TlsPeer& peer) {
        peer.shake_hands();
        peer.read_request();
        peer.write("HTTP/1.1 200 OK\r\n");
        while (peer.write("X-More: " + std::string(1000, 'y') + "\r\n")) {
        }
    });
    rig.trust();
    check_failed(rig.post(server.url()), "http.too_large");
}

TEST_CASE("http: a chunk's line and trailers without an end are refused") {
    for (const char* start : {"2;", "2\r\n{}\r\n0\r\nX-Trailer: "}) {
        CAPTURE(start);
        TransportRig rig;
        std::atomic<std::size_t> taken = 0;
        {
            TlsServer endless(rig.good, [&](TlsPeer& peer) {
                peer.shake_hands();
                peer.read_request();
                peer.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + std::string(start));
                const std::string more(16384, 'x');
                while (taken < (64U << 20U) && peer.write(more)) {
                    taken += more.size();
                }
            });
            rig.trust();
            check_failed(rig.post(endless.url()), "http.too_large");
        }
        CHECK(taken < (32U << 20U));
    }
}

TEST_CASE("http: interim answers are skipped, but not without end") {
    TransportRig rig;
    TlsServer few(rig.good, saying("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + answer("{}")));
    rig.trust();
    const auto response = rig.get(few.url());
    REQUIRE(response);
    CHECK(response->status == 200);

    TlsServer endless(rig.good, [](TlsPeer& peer) {
        peer.shake_hands();
        peer.read_request();
        while (peer.write("HTTP/1.1 100 Continue\r\n\r\n")) {
        }
    });
    rig.trust();
    check_failed(rig.post(endless.url()), "http.malformed");
}

TEST_CASE("http: what is not HTTP is malformed") {
    for (const char* text :
         {"SSH-2.0-OpenSSH_9.2\r\n\r\n",
          "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
          "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc",
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
          "HTTP/1.1 101 Switching Protocols\r\n\r\n"}) {
        TransportRig rig;
        TlsServer server(rig.good, saying(text));
        rig.trust();
        const auto result = rig.post(server.url());
        CAPTURE(text);
        check_failed(result, "http.malformed");
    }
}

TEST_CASE("http: a packed answer is refused") {
    TransportRig rig;
    TlsServer server(rig.good, saying(answer("....", "Content-Encoding: gzip\r\n")));
    rig.trust();
    const auto result = rig.post(server.url());
    check_failed(result, "http.malformed");
    CHECK(result.error().message().find("gzip") != std::string::npos);
}

TEST_CASE("http: a connection that breaks in the middle of an answer leaves the effect unknown") {
    for (const char* text :
         {"", "HTTP/1.1 200 OK\r\nContent-Le", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"}) {
        TransportRig rig;
        TlsServer server(rig.good, [&](TlsPeer& peer) {
            peer.shake_hands();
            peer.read_request();
            peer.write(text);
            peer.say_goodbye();
        });
        rig.trust();
        const auto result = rig.post(server.url());
        CAPTURE(text);
        check_failed(result, "http.closed");
    }
}

TEST_CASE("http: an answer that may have been cut off is no answer") {
    TransportRig rig;
    // Without a length the end of the connection ends the body: only a proper end of TLS proves it whole.
    TlsServer server(rig.good, [](TlsPeer& peer) {
        peer.shake_hands();
        peer.read_request();
        peer.write("HTTP/1.1 200 OK\r\n\r\n{\"part\":");
    });
    rig.trust();
    check_failed(rig.post(server.url()), "http.closed");
}

TEST_CASE("http: a redirect is handed back and not followed") {
    TransportRig rig;
    TlsServer other(rig.good, saying(answer("{}")));
    TlsServer server(rig.good, saying(answer("", "Location: " + other.url() + "\r\n", "302 Found")));
    rig.trust();
    const auto response = rig.get(server.url());
    REQUIRE(response);
    CHECK(response->status == 302);
    CHECK(other.connections() == 0);
}

TEST_CASE("http: a call that is given up closes its connection") {
    TransportRig rig;
    std::atomic<bool> client_left = false;
    boost::asio::cancellation_signal give_up;
    TlsServer server(rig.good, [&](TlsPeer& peer) {
        peer.shake_hands();
        peer.read_request();
        boost::asio::post(rig.loop, [&] { give_up.emit(boost::asio::cancellation_type::terminal); });
        peer.wait_until_closed();
        client_left = true;
    });
    rig.trust();
    const HttpRequest request("POST", server.url());
    std::optional<Result<HttpResponse>> result;
    boost::asio::co_spawn(
        rig.loop,
        rig.send_into(request, rig.clock.now() + 8s, result),
        boost::asio::bind_cancellation_slot(give_up.slot(), [&](std::exception_ptr) {})
    );
    rig.loop.run();
    REQUIRE(result);
    check_failed(*result, "http.cancelled");
    rig.transport.reset();
    while (!client_left) {
        std::this_thread::yield();
    }
    CHECK(client_left);
}

TEST_CASE("http: a loop that ends in the middle of calls leaves nothing behind") {
    TransportRig rig;
    TlsServer mute(rig.good, [&](TlsPeer& peer) {
        peer.shake_hands();
        peer.read_request();
        rig.loop.stop();
        peer.wait_until_closed();
    });
    rig.trust();
    const HttpRequest request("POST", mute.url());
    std::optional<Result<HttpResponse>> result;
    for (int i = 0; i < 3; ++i) {
        boost::asio::co_spawn(
            rig.loop, rig.send_into(request, rig.clock.now() + 8s, result), [](std::exception_ptr) {}
        );
    }
    rig.loop.run();
    CHECK_FALSE(result);
    CHECK(mute.connections() == 3);
}

} // namespace accessd::test
