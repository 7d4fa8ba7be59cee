#include "core/http/exchange.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace accessd;

namespace {

const TimePoint later = TimePoint(std::chrono::hours(1));

HttpRequest post(const std::string& url, const std::string& body = "{}") {
    HttpRequest request("POST", url);
    request.headers.add("Accept", "application/json");
    request.body = body;
    return request;
}

Exchange prepared(const HttpRequest& request) {
    auto exchange = Exchange::prepare(request, later);
    REQUIRE(exchange);
    return *std::move(exchange);
}

} // namespace

TEST_CASE("exchange: a request as RFC 9112 writes it, head and body in one piece") {
    const HttpRequest request = post("https://acme.example:8443/a?b=c", "{\"x\":1}");
    CHECK(
        prepared(request).wire() ==
        "POST /a?b=c HTTP/1.1\r\nHost: acme.example:8443\r\nAccept: application/json\r\n"
        "Content-Length: 7\r\n\r\n{\"x\":1}"
    );
    const HttpRequest bare("GET", "https://acme.example");
    CHECK(prepared(bare).wire() == "GET / HTTP/1.1\r\nHost: acme.example\r\n\r\n");
    const HttpRequest query("GET", "https://acme.example?a=b");
    CHECK(prepared(query).wire() == "GET /?a=b HTTP/1.1\r\nHost: acme.example\r\n\r\n");
    const HttpRequest empty("POST", "https://acme.example/");
    CHECK(prepared(empty).wire() == "POST / HTTP/1.1\r\nHost: acme.example\r\nContent-Length: 0\r\n\r\n");
}

TEST_CASE("exchange: what is no https URL is refused, its query untold") {
    const HttpRequest request("GET", "http://acme.example/a?token=hunter2");
    const auto exchange = Exchange::prepare(request, later);
    REQUIRE_FALSE(exchange);
    CHECK(exchange.error().code() == "http.bad_url");
    CHECK(exchange.error().fault() == Fault::permanent);
    CHECK(exchange.error().message().find("hunter2") == std::string::npos);
}

TEST_CASE("exchange: a header or method that holds another line is refused, its value untold") {
    const std::string nul("a\0b", 3);
    for (const std::string& value : {std::string("hunter2\r\nX: y"), std::string("hunter2\ny"), nul}) {
        HttpRequest request = post("https://acme.example/");
        request.headers.add("Authorization", value);
        const auto exchange = Exchange::prepare(request, later);
        REQUIRE_FALSE(exchange);
        CHECK(exchange.error().code() == "http.bad_request");
        CHECK(exchange.error().message().find("hunter2") == std::string::npos);
    }
    HttpRequest name = post("https://acme.example/");
    name.headers.add("X Y", "z");
    CHECK_FALSE(Exchange::prepare(name, later));
    CHECK_FALSE(Exchange::prepare(HttpRequest("GET /x HTTP/1.1\r\n", "https://acme.example/"), later));
}

TEST_CASE("exchange: the effect is unknown from the first byte that was sent") {
    const HttpRequest request = post("https://acme.example/");
    Exchange exchange = prepared(request);
    exchange.enter(Stage::answer);
    SUBCASE("before") {
        exchange.fail(Failure("http.closed", "closed"));
        CHECK(exchange.take_outcome().error().effect() == Effect::none);
    }
    SUBCASE("after") {
        exchange.sent();
        exchange.time_out();
        const auto outcome = exchange.take_outcome();
        CHECK(outcome.error().effect() == Effect::unknown);
        CHECK(outcome.error().code() == "http.timeout");
        CHECK(outcome.error().message() == "acme.example: the whole answer did not come in time");
    }
}

TEST_CASE("exchange: only what reads or was not sent starts over, and only on a kept connection") {
    for (const std::string method : {"GET", "HEAD", "POST", "DELETE", "PATCH", "PUT"}) {
        CAPTURE(method);
        const bool reads = method == "GET" || method == "HEAD";
        const HttpRequest request(method, "https://acme.example/");
        Exchange fresh = prepared(request);
        fresh.fail(Failure("http.closed", "closed"));
        CHECK_FALSE(fresh.may_start_over());

        Exchange unsent = prepared(request);
        unsent.use_kept_connection();
        unsent.fail(Failure("http.closed", "closed"));
        CHECK(unsent.may_start_over());

        Exchange sent = prepared(request);
        sent.use_kept_connection();
        sent.sent();
        sent.fail(Failure("http.closed", "closed"));
        CHECK(sent.may_start_over() == reads);

        Exchange begun = prepared(request);
        begun.use_kept_connection();
        begun.sent();
        begun.answer_began();
        begun.fail(Failure("http.closed", "closed"));
        CHECK_FALSE(begun.may_start_over());

        Exchange late = prepared(request);
        late.use_kept_connection();
        late.time_out();
        CHECK_FALSE(late.may_start_over());

        unsent.start_over();
        unsent.fail(Failure("http.closed", "closed"));
        CHECK_FALSE(unsent.may_start_over());
    }
}

TEST_CASE("exchange: what goes wrong before there is a tunnel is said of the proxy") {
    const HttpRequest request = post("https://acme.example/");
    Proxy proxy;
    proxy.host = "proxy.example";
    proxy.port = 3128;
    proxy.authorization = Secret("Basic hunter2");
    Exchange exchange = prepared(request);
    exchange.use_proxy(&proxy);
    CHECK(exchange.next_host() == "proxy.example");
    CHECK(exchange.next_port() == 3128);
    exchange.enter(Stage::connect);
    exchange.fail(Failure("http.connect", "refused"));
    const auto outcome = exchange.take_outcome();
    CHECK(outcome.error().code() == "http.proxy");
    CHECK(outcome.error().message() == "acme.example: the proxy proxy.example:3128: refused");
    exchange.enter(Stage::handshake);
    exchange.fail(Failure("http.tls", "expired"));
    CHECK(exchange.take_outcome().error().code() == "http.tls");
}

TEST_CASE("exchange: a packed answer is refused") {
    const HttpRequest request = post("https://acme.example/");
    Exchange exchange = prepared(request);
    exchange.sent();
    HttpResponse packed(200);
    packed.headers.add("content-encoding", "gzip");
    exchange.answered(std::move(packed));
    const auto outcome = exchange.take_outcome();
    REQUIRE_FALSE(outcome);
    CHECK(outcome.error().code() == "http.malformed");
    CHECK(outcome.error().effect() == Effect::unknown);
    HttpResponse plain(200);
    plain.headers.add("Content-Encoding", "Identity");
    exchange.answered(std::move(plain));
    CHECK(exchange.take_outcome().has_value());
}
