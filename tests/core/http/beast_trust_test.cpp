#include "tests/core/http/transport_rig.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <string>

namespace accessd::test {

namespace {

using namespace std::chrono_literals;

void serve_one(TlsPeer& peer) {
    if (peer.shake_hands() && !peer.read_request().empty()) {
        peer.write(answer("{}"));
    }
}

void check_refused(const Result<HttpResponse>& result, std::string_view reason) {
    REQUIRE_FALSE(result);
    CHECK(result.error().code() == "http.tls");
    CHECK(result.error().fault() == Fault::transient);
    CHECK(result.error().effect() == Effect::none);
    CHECK_MESSAGE(result.error().message().find(reason) != std::string::npos, result.error().message());
    CHECK(result.error().message().starts_with("127.0.0.1: "));
}

} // namespace

TEST_CASE("http: a server with a trusted certificate for its name is spoken to") {
    TransportRig rig;
    std::string asked;
    TlsServer server(rig.good, [&](TlsPeer& peer) {
        peer.shake_hands();
        asked = peer.server_name() + "|" + peer.read_request();
        peer.write(answer(R"({"a":1})", "X-Thing: 7\r\n"));
    });
    rig.trust();
    HttpRequest request("POST", server.url("/path?q=1", "localhost"));
    request.headers.add("Accept", "application/json");
    request.body = "[]";
    const auto response = rig.send(request);
    REQUIRE(response);
    CHECK(response->status == 200);
    CHECK(response->body == R"({"a":1})");
    CHECK(response->headers.find("x-thing") == "7");
    CHECK(
        asked == "localhost|POST /path?q=1 HTTP/1.1\r\nHost: localhost:" + std::to_string(server.port()) +
                     "\r\nAccept: application/json\r\nContent-Length: 2\r\n\r\n[]"
    );
}

TEST_CASE("http: a certificate from an unknown authority is refused") {
    TransportRig rig;
    TlsServer server(rig.good, serve_one);
    rig.use(TransportOptions());
    check_refused(rig.get(server.url()), "ca_file");
}

TEST_CASE("http: a certificate for another host is refused") {
    TransportRig rig;
    TlsServer server(rig.ca.issue("DNS:elsewhere.example,IP:127.0.0.2"), serve_one);
    rig.trust();
    check_refused(rig.get(server.url()), "another host");
    const auto by_name = rig.get(server.url("/", "localhost"));
    REQUIRE_FALSE(by_name);
    CHECK(by_name.error().code() == "http.tls");
}

TEST_CASE("http: an expired certificate is refused") {
    TransportRig rig;
    TlsServer server(rig.ca.issue("IP:127.0.0.1", -60s), serve_one);
    rig.trust();
    check_refused(rig.get(server.url()), "expired");
}

TEST_CASE("http: a server that speaks nothing newer than TLS 1.1 is refused") {
    TransportRig rig;
    TlsServer server(rig.good, serve_one);
    server.speak_old_tls();
    rig.trust();
    check_refused(rig.get(server.url()), "TLS 1.2");
}

TEST_CASE("http: the next connection to a server resumes its session, another server's does not") {
    TransportRig rig;
    std::atomic<int> resumed = 0;
    const auto serve = [&](TlsPeer& peer) {
        if (peer.shake_hands() && !peer.read_request().empty()) {
            resumed += peer.resumed() ? 1 : 0;
            peer.write(answer("{}", "Connection: close\r\n"));
        }
    };
    TlsServer server(rig.good, serve);
    TlsServer other(rig.good, serve);
    rig.trust();
    REQUIRE(rig.get(server.url()));
    REQUIRE(rig.get(other.url()));
    CHECK(resumed == 0);
    REQUIRE(rig.get(server.url()));
    REQUIRE(rig.get(server.url()));
    CHECK(resumed == 2);
    CHECK(server.connections() == 3);
}

TEST_CASE("http: a server that does not speak TLS is refused") {
    TransportRig rig;
    TlsServer server(rig.good, [](TlsPeer& peer) {
        peer.write_plain("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
        peer.wait_until_closed();
    });
    rig.trust();
    check_refused(rig.get(server.url()), "does not speak TLS");
}

TEST_CASE("http: a handshake that stalls ends with the time that was given") {
    TransportRig rig;
    TlsServer server(rig.good, [](TlsPeer& peer) { peer.wait_until_closed(); });
    rig.trust();
    const auto response = rig.post(server.url(), 150ms);
    REQUIRE_FALSE(response);
    CHECK(response.error().code() == "http.timeout");
    CHECK(response.error().effect() == Effect::none);
    CHECK(response.error().message().find("handshake") != std::string::npos);
}

TEST_CASE("http: plain http is refused before anything is sent") {
    TransportRig rig;
    TlsServer server(rig.good, serve_one);
    rig.trust();
    const auto response = rig.get("http://127.0.0.1:" + std::to_string(server.port()) + "/");
    REQUIRE_FALSE(response);
    CHECK(response.error().code() == "http.bad_url");
    CHECK(response.error().fault() == Fault::permanent);
    CHECK(server.connections() == 0);
}

TEST_CASE("http: a ca_file that cannot be read is an error at start") {
    AsioClock clock;
    TransportOptions options;
    options.ca_file = "/nowhere/ca.pem";
    const auto made = make_beast_transport(clock, options);
    REQUIRE_FALSE(made);
    CHECK(made.error().code() == "tls.bad_ca");
    CHECK(made.error().message().find("/nowhere/ca.pem") != std::string::npos);
}

TEST_CASE("http: a port where nobody listens is a failed connection without effect") {
    TransportRig rig;
    std::string url;
    {
        TlsServer server(rig.good, serve_one);
        url = server.url();
    }
    rig.use(TransportOptions());
    const auto response = rig.post(url);
    REQUIRE_FALSE(response);
    CHECK(response.error().code() == "http.connect");
    CHECK(response.error().effect() == Effect::none);
}

} // namespace accessd::test
