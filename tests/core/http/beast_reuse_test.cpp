#include "tests/core/http/transport_rig.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <string>

namespace accessd::test {

namespace {

using namespace std::chrono_literals;

void serve_many(TlsPeer& peer) {
    peer.shake_hands();
    while (!peer.read_request().empty()) {
        peer.write(answer("{}"));
    }
}

/// Answers the first request of a connection; closes without a word when the second one came.
void serve_once_then_drop(TlsPeer& peer) {
    peer.shake_hands();
    if (!peer.read_request().empty()) {
        peer.write(answer("{}"));
        peer.read_request();
    }
}

} // namespace

TEST_CASE("http: a connection is used again") {
    TransportRig rig;
    TlsServer server(rig.good, serve_many);
    rig.trust();
    for (int i = 0; i < 5; ++i) {
        const auto response = rig.post(server.url());
        REQUIRE(response);
    }
    CHECK(server.connections() == 1);
}

TEST_CASE("http: a connection is not kept when the server or the limit says so") {
    TransportRig rig;
    TlsServer closing(rig.good, [](TlsPeer& peer) {
        peer.shake_hands();
        peer.read_request();
        peer.write(answer("{}", "Connection: close\r\n"));
    });
    rig.trust();
    REQUIRE(rig.post(closing.url()));
    REQUIRE(rig.post(closing.url()));
    CHECK(closing.connections() == 2);

    TransportOptions keep_none;
    keep_none.max_idle_per_host = 0;
    TlsServer server(rig.good, serve_many);
    rig.trust(keep_none);
    REQUIRE(rig.post(server.url()));
    REQUIRE(rig.post(server.url()));
    CHECK(server.connections() == 2);

    TransportOptions short_lived;
    short_lived.idle_limit = 0ms;
    rig.trust(short_lived);
    REQUIRE(rig.post(server.url()));
    REQUIRE(rig.post(server.url()));
    CHECK(server.connections() == 4);
}

TEST_CASE("http: bytes behind an answer end the connection") {
    TransportRig rig;
    TlsServer server(rig.good, [](TlsPeer& peer) {
        peer.shake_hands();
        peer.read_request();
        peer.write(answer("{}") + answer("{\"smuggled\":true}"));
        peer.wait_until_closed();
    });
    rig.trust();
    REQUIRE(rig.get(server.url()));
    const auto second = rig.get(server.url());
    REQUIRE(second);
    CHECK(second->body == "{}");
    CHECK(server.connections() == 2);
}

TEST_CASE("http: a kept connection that the server closed is seen before it is used") {
    TransportRig rig;
    std::atomic<int> closed = 0;
    TlsServer server(rig.good, [&](TlsPeer& peer) {
        peer.shake_hands();
        peer.read_request();
        peer.write(answer("{}"));
        peer.say_goodbye();
        ++closed;
        peer.wait_until_closed();
    });
    rig.trust();
    REQUIRE(rig.post(server.url()));
    while (closed == 0) {
        std::this_thread::yield();
    }
    const auto second = rig.post(server.url());
    CHECK(second);
    CHECK(server.connections() == 2);
}

TEST_CASE("http: a read over a kept connection that breaks is sent once more over a new one") {
    TransportRig rig;
    TlsServer server(rig.good, serve_once_then_drop);
    rig.trust();
    REQUIRE(rig.get(server.url()));
    const auto second = rig.get(server.url());
    CHECK(second);
    CHECK(server.connections() == 2);
}

TEST_CASE("http: a write over a kept connection that breaks is never repeated") {
    TransportRig rig;
    TlsServer server(rig.good, serve_once_then_drop);
    rig.trust();
    REQUIRE(rig.post(server.url()));
    const auto second = rig.post(server.url());
    REQUIRE_FALSE(second);
    CHECK(second.error().code() == "http.closed");
    CHECK(second.error().effect() == Effect::unknown);
    CHECK(server.connections() == 1);
    // A server that ends its connections without a word must not break every other write.
    for (int i = 0; i < 3; ++i) {
        const auto next = rig.post(server.url());
        CHECK(next);
    }
    CHECK(server.connections() == 4);
}

TEST_CASE("http: a read is not repeated when its answer had begun or the connection was new") {
    TransportRig rig;
    TlsServer half(rig.good, [](TlsPeer& peer) {
        peer.shake_hands();
        peer.read_request();
        peer.write(answer("{}"));
        peer.read_request();
        peer.write("HTTP/1.1 200");
    });
    rig.trust();
    REQUIRE(rig.get(half.url()));
    const auto begun = rig.get(half.url());
    REQUIRE_FALSE(begun);
    CHECK(begun.error().code() == "http.closed");
    CHECK(half.connections() == 1);

    TlsServer mute(rig.good, [](TlsPeer& peer) {
        peer.shake_hands();
        peer.read_request();
    });
    rig.trust();
    const auto fresh = rig.get(mute.url());
    REQUIRE_FALSE(fresh);
    CHECK(mute.connections() == 1);
}

TEST_CASE("http: a proxy opens a tunnel and never sees the request") {
    TransportRig rig;
    std::string asked;
    TlsServer proxy(rig.good, [&](TlsPeer& peer) {
        asked = peer.read_plain_head();
        peer.write_plain("HTTP/1.1 200 Connection established\r\n\r\n");
        serve_many(peer);
    });
    TransportOptions options;
    options.proxy_url = "http://jane:p%40ss@127.0.0.1:" + std::to_string(proxy.port());
    rig.trust(options);
    const auto response = rig.post("https://localhost/x");
    REQUIRE(response);
    CHECK(
        asked == "CONNECT localhost:443 HTTP/1.1\r\nHost: localhost:443\r\n"
                 "Proxy-Authorization: Basic amFuZTpwQHNz\r\n\r\n"
    );
    REQUIRE(rig.post("https://localhost/y"));
    CHECK(proxy.connections() == 1);
}

TEST_CASE("http: a proxy that refuses is explained and nothing was sent") {
    TransportRig rig;
    TlsServer proxy(rig.good, [](TlsPeer& peer) {
        peer.read_plain_head();
        peer.write_plain("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n");
    });
    TransportOptions options;
    options.proxy_url = "http://jane:secret@127.0.0.1:" + std::to_string(proxy.port());
    rig.use(options);
    const auto response = rig.post("https://graph.example/");
    REQUIRE_FALSE(response);
    CHECK(response.error().code() == "http.proxy");
    CHECK(response.error().effect() == Effect::none);
    CHECK(response.error().message().find("https_proxy") != std::string::npos);
    CHECK(response.error().message().find("secret") == std::string::npos);
}

TEST_CASE("http: a proxy that says nothing ends with the time that was given") {
    TransportRig rig;
    TlsServer proxy(rig.good, [](TlsPeer& peer) { peer.wait_until_closed(); });
    TransportOptions options;
    options.proxy_url = "127.0.0.1:" + std::to_string(proxy.port());
    rig.use(options);
    const auto response = rig.post("https://graph.example/", 150ms);
    REQUIRE_FALSE(response);
    CHECK(response.error().code() == "http.timeout");
    CHECK(response.error().effect() == Effect::none);
}

TEST_CASE("http: hosts of no_proxy are reached directly") {
    TransportRig rig;
    TlsServer server(rig.good, serve_many);
    TransportOptions options;
    options.proxy_url = "http://127.0.0.1:1";
    options.no_proxy.assign(1, "127.0.0.1");
    rig.trust(options);
    const auto direct = rig.post(server.url());
    CHECK(direct);
}

} // namespace accessd::test
