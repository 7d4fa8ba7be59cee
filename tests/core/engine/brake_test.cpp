#include "core/engine/brake.hpp"

#include <doctest/doctest.h>

using namespace accessd;
using namespace std::chrono_literals;

namespace {

SteadyPoint at(Duration since_start) {
    return SteadyPoint() + 100h + since_start;
}

} // namespace

TEST_CASE("brake: lets so many pass within any hour, for each name by itself") {
    Brake brake(3);
    CHECK(brake.ask("a", 1, at(0min)).passes);
    CHECK(brake.ask("a", 2, at(30min)).passes);
    CHECK_FALSE(brake.ask("a", 1, at(59min)).passes);
    CHECK(brake.ask("b", 3, at(59min)).passes);
    CHECK(brake.ask("a", 1, at(60min)).passes);
    CHECK_FALSE(brake.ask("a", 1, at(60min)).passes);
}

TEST_CASE("brake: says for how long it refuses, and counts nothing that it refused") {
    Brake brake(2);
    brake.ask("a", 2, at(0min));
    for (int times = 0; times < 5; ++times) {
        CHECK(brake.ask("a", 1, at(20min)).wait == 40min);
    }
    CHECK(brake.ask("a", 2, at(60min)).passes);
}

TEST_CASE("brake: says once that it closes, and once that it opens") {
    Brake brake(1);
    CHECK_FALSE(brake.ask("a", 1, at(0min)).is_news);
    CHECK(brake.ask("a", 1, at(1min)).is_news);
    CHECK_FALSE(brake.ask("a", 1, at(2min)).is_news);
    CHECK(brake.ask("a", 1, at(61min)).is_news);
    CHECK_FALSE(brake.ask("a", 1, at(200min)).is_news);
}

TEST_CASE("brake: more at once than an hour allows do not wait for ever") {
    Brake brake(2);
    CHECK(brake.ask("a", 5, at(0min)).passes);
    CHECK_FALSE(brake.ask("a", 5, at(1min)).passes);
    CHECK(brake.ask("a", 5, at(60min)).passes);
}

TEST_CASE("brake: remembers what an earlier process began") {
    Brake brake(2);
    brake.remember("a", at(0min));
    brake.remember("a", at(10min));
    const BrakeAnswer answer = brake.ask("a", 1, at(30min));
    CHECK_FALSE(answer.passes);
    CHECK(answer.wait == 30min);
}
