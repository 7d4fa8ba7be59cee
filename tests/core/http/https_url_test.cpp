#include "core/http/https_url.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace accessd;

TEST_CASE("https url: host, port and target") {
    const std::string text = "https://Acme.Example:8443/a/b?c=d";
    const auto url = parse_https_url(text);
    REQUIRE(url);
    CHECK(url->host == "Acme.Example");
    CHECK(url->port == 8443);
    CHECK(url->target == "/a/b?c=d");
    CHECK(url->origin() == "acme.example:8443");
    CHECK(url->authority(false) == "Acme.Example:8443");
}

TEST_CASE("https url: the port is 443 unless it is said") {
    const std::string text = "HTTPS://acme.example";
    const auto url = parse_https_url(text);
    REQUIRE(url);
    CHECK(url->target.empty());
    CHECK(url->origin() == "acme.example:443");
    CHECK(url->authority(false) == "acme.example");
    CHECK(url->authority(true) == "acme.example:443");
}

TEST_CASE("https url: an IPv6 address loses its brackets and gets them back") {
    const std::string text = "https://[::1]:9/x";
    const auto url = parse_https_url(text);
    REQUIRE(url);
    CHECK(url->host == "::1");
    CHECK(url->authority(false) == "[::1]:9");
}

TEST_CASE("https url: everything else is refused") {
    for (const std::string& text : {
             std::string("http://acme.example/"),
             std::string("https:/acme.example/"),
             std::string("https://"),
             std::string("https:///path"),
             std::string("https://user@acme.example/"),
             std::string("https://user:password@acme.example/"),
             std::string("https://acme.example\\@evil.example/"),
             std::string("https://acme.example:/") + "\n",
             std::string("https://acme.example:0/"),
             std::string("https://acme.example:65536/"),
             std::string("https://acme.example:44x/"),
             std::string("https://acme.example:-1/"),
             std::string("https://acme.example/a b"),
             std::string("https://acme.example/\r\nHost: evil"),
             std::string("https://acme.example/\xc3\xa9"),
             std::string("https://acme.example/#fragment"),
             std::string("https://[::1/"),
             std::string("https://[]/"),
             std::string("https://[::1]x/"),
             std::string("https://[acme.example]/"),
             std::string("https://-acme.example/"),
             std::string("https://.acme.example/"),
             std::string("https://acme.example%00.evil/"),
             "https://acme.example/" + std::string(9000, 'a'),
             "https://" + std::string(300, 'a') + "/",
         }) {
        CAPTURE(text);
        CHECK_FALSE(parse_https_url(text).has_value());
    }
}
