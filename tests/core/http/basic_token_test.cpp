#include "core/http/basic_token.hpp"
#include "tests/core/http/outcome.hpp"
#include "tests/support/sim_world.hpp"

#include <doctest/doctest.h>

using namespace accessd;

TEST_CASE("basic token: user and secret, as RFC 7617 encodes them") {
    test::SimWorld world;
    BasicTokenSource tokens("Aladdin", Secret("open sesame"));
    const auto value = test::outcome_of(world, tokens.authorization(world.now()));
    REQUIRE(value);
    CHECK(*value == "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
}

TEST_CASE("basic token: there is no other one after a refusal") {
    test::SimWorld world;
    BasicTokenSource tokens("user", Secret("secret"));
    CHECK_FALSE(tokens.reject("Basic whatever"));
}
