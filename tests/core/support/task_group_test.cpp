#include "core/support/deadline.hpp"
#include "core/support/task_group.hpp"
#include "tests/support/sim_world.hpp"

#include <boost/asio/post.hpp>
#include <doctest/doctest.h>

#include <chrono>
#include <stdexcept>
#include <string>
#include <vector>

using namespace accessd;
using namespace std::chrono_literals;
using accessd::test::SimWorld;

namespace {

/// A group, its world and the bugs it reported.
class Crew {
public:
    explicit Crew(std::uint64_t seed = 1)
        : world(seed), group(world.get_executor(), [this](std::exception_ptr bug) {
              try {
                  std::rethrow_exception(bug);
              } catch (const std::exception& error) {
                  bugs.emplace_back(error.what());
              }
          }) {}

    SimWorld world;
    TaskGroup group;
    std::vector<std::string> bugs;
    int ended = 0;

    Task<> sleep(Duration time) {
        co_await world.sleep_until(world.now() + time);
        ++ended;
    }

    Task<> fail(Duration time) {
        co_await world.sleep_until(world.now() + time);
        throw std::runtime_error("a bug");
    }

    Task<> sleep_and_spawn(Duration time) {
        co_await world.sleep_until(world.now() + time);
        group.spawn(sleep(time));
        ++ended;
    }

    Task<Duration> wait_below(std::size_t limit) {
        const TimePoint start = world.now();
        co_await group.wait_below(limit);
        co_return world.now() - start;
    }

    Task<bool> begin_and_cancel() {
        group.cancel();
        for (int i = 0; i < 5; ++i) {
            group.spawn(sleep(1h));
        }
        group.cancel();
        group.cancel();
        co_return true;
    }

    Task<bool> wait_until_empty() {
        co_await group.wait_below(1);
        co_return true;
    }
};

} // namespace

TEST_CASE("task group: waiting ends when few enough are left, at once when they are") {
    Crew crew;
    for (int i = 1; i <= 4; ++i) {
        crew.group.spawn(crew.sleep(i * 1s));
    }
    CHECK(crew.group.size() == 4);
    CHECK(crew.world.run(crew.wait_below(5)) == 0s);
    CHECK(crew.world.run(crew.wait_below(3)) == 2s);
    CHECK(crew.world.run(crew.wait_below(1)) == 2s);
    CHECK(crew.group.size() == 0);
    CHECK(crew.ended == 4);
    CHECK(crew.world.run(crew.wait_below(1)) == 0s);
}

TEST_CASE("task group: what a child starts is waited for too") {
    Crew crew;
    crew.group.spawn(crew.sleep_and_spawn(1s));
    CHECK(crew.world.run(crew.wait_below(1)) == 2s);
    CHECK(crew.ended == 2);
}

TEST_CASE("task group: a child that throws is reported and gone, the others go on") {
    Crew crew;
    crew.group.spawn(crew.fail(1s));
    crew.group.spawn(crew.sleep(2s));
    CHECK(crew.world.run(crew.wait_below(1)) == 2s);
    CHECK(crew.bugs == std::vector<std::string>{"a bug"});
    CHECK(crew.ended == 1);
}

TEST_CASE("task group: cancelling ends every child, is no bug, and leaves the group usable") {
    Crew crew;
    for (int i = 0; i < 10; ++i) {
        crew.group.spawn(crew.sleep(1h));
    }
    crew.world.run_until(crew.world.now() + 1s);
    boost::asio::post(crew.world.get_executor(), [&crew] { crew.group.cancel(); });
    CHECK(crew.world.run(crew.wait_below(1)) == 0s);
    CHECK(crew.bugs.empty());
    CHECK(crew.world.timers() == 0);
    crew.group.spawn(crew.sleep(1s));
    CHECK(crew.world.run(crew.wait_below(1)) == 1s);
    CHECK(crew.bugs.empty());
}

TEST_CASE("task group: cancelling an empty group, or children that have just begun, is harmless") {
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
        Crew crew(seed);
        CHECK(crew.world.run(crew.begin_and_cancel()));
        crew.world.run();
        CHECK(crew.group.size() == 0);
        CHECK(crew.bugs.empty());
        CHECK(crew.world.timers() == 0);
    }
}

TEST_CASE("task group: a wait may be given up, and begun again") {
    Crew crew;
    crew.group.spawn(crew.sleep(1h));
    const TimePoint until = crew.world.now() + 1s;
    const auto in_time = crew.world.run(with_deadline(crew.world, until, crew.wait_until_empty()));
    CHECK_FALSE(in_time.has_value());
    CHECK(crew.world.now() == until);
    CHECK(crew.world.run(crew.wait_below(1)) == 1h - 1s);
}

TEST_CASE("task group: a world that ends with children at work leaks nothing") {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        Crew crew(seed);
        for (int i = 0; i < 5; ++i) {
            crew.group.spawn(crew.sleep(i * 1h));
            crew.group.spawn(crew.fail(i * 1h));
        }
        TaskGroup other(crew.world.get_executor(), [](std::exception_ptr) {});
        other.spawn(crew.group.wait_below(1));
        for (std::uint64_t steps = 0; steps < seed; ++steps) {
            crew.world.step();
        }
        // The group goes first, the world with its sleepers last; the address sanitizer watches.
    }
}
