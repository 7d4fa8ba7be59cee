#include "tests/core/http/rest_rig.hpp"

#include <doctest/doctest.h>

#include <string>

using accessd::test::RestRig;

TEST_CASE("follow: a link on the vendor's own path becomes a target") {
    const RestRig rig;
    const auto target = rig.client.follow("https://api.acme.example/v1/users?$skiptoken=a%2Fb&x=..%2F");
    REQUIRE(target);
    CHECK(target->text() == "/users?$skiptoken=a%2Fb&x=..%2F");
}

TEST_CASE("follow: a link that leads elsewhere is refused") {
    const RestRig rig;
    for (const std::string link : {
             "",
             "/v1/users",
             "users",
             "//api.acme.example/v1/users",
             "http://api.acme.example/v1/users",
             "https://evil.example/v1/users",
             "https://api.acme.example.evil.example/v1/users",
             "https://api.acme.example@evil.example/v1/users",
             "https://api.acme.example:8443/v1/users",
             "https://user@api.acme.example/v1/users",
             "https://api.acme.example/v2/users",
             "https://api.acme.example/v1",
             "https://api.acme.example/v1x/users",
             "https://api.acme.example/v1/../admin",
             "https://api.acme.example/v1/a/..",
             "https://api.acme.example/v1/%2e%2e/admin",
             "https://api.acme.example/v1/%2E./admin",
             "https://api.acme.example/v1/..%2fadmin",
             "https://api.acme.example/v1/a\\..\\admin",
             "https://api.acme.example/v1/a%5C..%5c..%5cadmin",
             "https://api.acme.example/v1//evil.example/",
             "https://api.acme.example/v1/users#x",
             "https://api.acme.example/v1/users HTTP/1.1",
             "https://api.acme.example/v1/users\r\nHost: evil.example",
             "https://api.acme.example/v1/\xc3\xa9",
         }) {
        CAPTURE(link);
        const auto target = rig.client.follow(link);
        REQUIRE_FALSE(target);
        CHECK(target.error().code() == "acme.foreign_link");
        CHECK(target.error().fault() == accessd::Fault::permanent);
        CHECK(target.error().message().find('\n') == std::string::npos);
    }
}
