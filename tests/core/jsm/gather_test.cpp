#include "core/jsm/gather.hpp"
#include "core/model/result.hpp"
#include "core/support/deadline.hpp"
#include "tests/support/sim_world.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

using namespace accessd;
using namespace std::chrono_literals;
using test::SimWorld;

namespace {

/// Has no default, like every Result.
Task<Result<int>> wait(Clock& clock, Duration pause, int value, int& ended) {
    const bool slept = co_await clock.sleep_until(clock.now() + pause);
    ++ended;
    if (!slept) {
        co_return Error(Fault::transient, "test.cancelled", "cancelled");
    }
    co_return value;
}

Task<Result<int>> at_once(int value) {
    co_return value;
}

Task<Result<int>> fail() {
    throw std::runtime_error("broken");
    co_return 0;
}

std::vector<Task<Result<int>>> three(SimWorld& world, int& ended) {
    std::vector<Task<Result<int>>> tasks;
    tasks.push_back(wait(world, 30s, 1, ended));
    tasks.push_back(wait(world, 10s, 2, ended));
    tasks.push_back(wait(world, 20s, 3, ended));
    return tasks;
}

} // namespace

TEST_CASE("gather: runs side by side and keeps the order") {
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
        SimWorld world(seed);
        const TimePoint start = world.now();
        int ended = 0;
        const auto values = world.run(gather(three(world, ended)));
        REQUIRE(values.size() == 3);
        CHECK(*values[0] == 1);
        CHECK(*values[1] == 2);
        CHECK(*values[2] == 3);
        CHECK(world.now() - start == 30s);
    }
}

TEST_CASE("gather: nothing to do and tasks that never wait both end") {
    SimWorld world;
    CHECK(world.run(gather(std::vector<Task<Result<int>>>())).empty());
    std::vector<Task<Result<int>>> tasks;
    for (int i = 0; i < 1000; ++i) {
        tasks.push_back(at_once(i));
    }
    const auto values = world.run(gather(std::move(tasks)));
    REQUIRE(values.size() == 1000);
    CHECK(*values[999] == 999);
}

TEST_CASE("gather: an exception comes out after all have ended") {
    SimWorld world;
    int ended = 0;
    auto tasks = three(world, ended);
    tasks.push_back(fail());
    CHECK_THROWS_AS(world.run(gather(std::move(tasks))), std::runtime_error);
    CHECK(ended == 3);
}

TEST_CASE("gather: a deadline cancels every child") {
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
        SimWorld world(seed);
        int ended = 0;
        const TimePoint start = world.now();
        const auto values = world.run(with_deadline(world, start + 15s, gather(three(world, ended))));
        CHECK_FALSE(values);
        CHECK(ended == 3);
        CHECK(world.now() - start == 15s);
    }
}

TEST_CASE("gather: a world that ends in mid-flight leaves nothing behind") {
    int ended = 0;
    {
        SimWorld world;
        boost::asio::co_spawn(world.get_executor(), gather(three(world, ended)), [](auto, auto) {});
        world.run_until(world.now() + 15s);
    }
    CHECK(ended == 1);
}
