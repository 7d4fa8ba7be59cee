#include "core/support/deadline.hpp"
#include "tests/support/sim_world.hpp"

#include <doctest/doctest.h>

using namespace accessd;
using namespace std::chrono_literals;

namespace {

Task<int> answer_at(Clock& clock, TimePoint when) {
    const bool elapsed = co_await clock.sleep_until(when);
    co_return elapsed ? 42 : -1;
}

} // namespace

TEST_CASE("deadline: an operation that ends in time gives its value") {
    test::SimWorld world(7);
    const TimePoint start = world.now();
    const auto value = world.run(with_deadline(world, start + 10s, answer_at(world, start + 5s)));
    CHECK(value == 42);
    CHECK(world.now() == start + 5s);
    CHECK(world.timers() == 0);
}

TEST_CASE("deadline: an operation that is late is cancelled and gives nothing") {
    test::SimWorld world(7);
    const TimePoint start = world.now();
    const auto value = world.run(with_deadline(world, start + 5s, answer_at(world, start + 1h)));
    CHECK_FALSE(value.has_value());
    CHECK(world.now() == start + 5s);
    CHECK(world.timers() == 0);
}

TEST_CASE("simulation: the same seed gives the same run, another seed another") {
    std::vector<std::uint64_t> draws;
    for (const std::uint64_t seed : {3U, 3U, 4U}) {
        test::SimWorld world(seed);
        for (int i = 0; i < 50; ++i) {
            boost::asio::co_spawn(
                world.get_executor(), world.sleep_until(world.now() + 1s), [](std::exception_ptr, bool) {}
            );
        }
        world.run();
        draws.push_back(world.next());
    }
    CHECK(draws[0] == draws[1]);
    CHECK(draws[0] != draws[2]);
}
