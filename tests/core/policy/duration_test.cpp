#include "core/policy/duration.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <string>

using namespace accessd;
using namespace std::chrono_literals;

TEST_CASE("lease duration: what people write in a ticket is understood") {
    CHECK(parse_lease_duration("90d") == 2160h);
    CHECK(parse_lease_duration("30 days") == 720h);
    CHECK(parse_lease_duration(" 1 Hour ") == 1h);
    CHECK(parse_lease_duration("2 WEEKS") == 336h);
    CHECK(parse_lease_duration("45 min") == 45min);
    CHECK(parse_lease_duration("1 month") == 720h);
    CHECK(parse_lease_duration("1 year") == 8760h);
    CHECK(parse_lease_duration("2 years") == 17520h);
    CHECK(parse_lease_duration("10 years") == 87600h);
}

TEST_CASE("lease duration: everything else is refused, never guessed") {
    for (const char* const text :
         {"",
          " ",
          "d",
          "30",
          "0d",
          "-1d",
          "+1d",
          "1.5h",
          "1,5 h",
          "1h30m",
          "1 fortnight",
          "days 3",
          "3 days!",
          "3  days ago",
          "11 years",
          "99999999999999999999d",
          "9223372036854775807 days",
          "\xd9\xa3 days",
          "3 d\xc3\xa4ys"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_lease_duration(text).has_value());
    }
    CHECK_FALSE(parse_lease_duration(std::string_view("3d\0x", 4)).has_value());
    CHECK_FALSE(parse_lease_duration(std::string(100000, '9') + "d").has_value());
}
