#include "core/http/target.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace accessd;

TEST_CASE("target: what is not fixed text is encoded byte by byte and cannot leave its place") {
    const RequestTarget target =
        RequestTarget("/users/").segment("a/b?c#d%2f e\xc3\xa9").query("$filter", "x eq 'y'&z=1");
    CHECK(target.text() == "/users/a%2Fb%3Fc%23d%252f%20e%C3%A9?$filter=x%20eq%20%27y%27%26z%3D1");
    CHECK_FALSE(target.invalid());
}

TEST_CASE("target: segments are set apart by one slash") {
    CHECK(RequestTarget("/a/").segment("b").segment("c").literal("/d").text() == "/a/b/c/d");
    CHECK(RequestTarget("/a").segment("b").text() == "/a/b");
}

TEST_CASE("target: the second query value follows an ampersand, after a checked link too") {
    CHECK(RequestTarget("/a").query("b", "1").query("c", "2").text() == "/a?b=1&c=2");
    CHECK(RequestTarget::checked("/a?b=1").query("c", "2").text() == "/a?b=1&c=2");
    CHECK(RequestTarget::checked("/a").query("c", "2").text() == "/a?c=2");
}

TEST_CASE("target: a segment that would climb or vanish makes the target invalid") {
    for (const std::string bad : {"", ".", ".."}) {
        CAPTURE(bad);
        CHECK(RequestTarget("/a/").segment(bad).segment("x").invalid());
    }
    CHECK_FALSE(RequestTarget("/a/").segment("...").invalid());
}
