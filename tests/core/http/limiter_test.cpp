#include "core/http/limiter.hpp"
#include "core/support/deadline.hpp"
#include "tests/core/http/outcome.hpp"
#include "tests/support/sim_world.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

using namespace accessd;
using namespace std::chrono_literals;

namespace {

/// What became of callers that hold their permit for a while.
class Callers {
public:
    Callers(test::SimWorld& in_world, Limiter& with_limiter) : world(in_world), limiter(with_limiter) {}

    void start(int number, Duration patience, Duration work) {
        boost::asio::co_spawn(
            world.get_executor(), call(number, world.now() + patience, work), [](std::exception_ptr) {}
        );
    }

    Task<> call(int number, TimePoint deadline, Duration work) {
        auto permit = co_await limiter.acquire(deadline);
        if (!permit) {
            refused.push_back(permit.error());
            co_return;
        }
        started.push_back(number);
        started_at.push_back(world.now());
        co_await world.sleep_until(world.now() + work);
    }

    test::SimWorld& world;
    Limiter& limiter;
    std::vector<int> started;
    std::vector<TimePoint> started_at;
    std::vector<Error> refused;
};

/// The world's time, a delay that timers do not see, and a setting of the clock that only now() sees.
class TroubledClock final : public Clock {
public:
    explicit TroubledClock(test::SimWorld& in_world) : world(in_world) {}

    TimePoint now() const override { return world.now() + delay + set; }

    SteadyPoint steady() const override { return world.steady() + delay; }

    Task<bool> sleep_until(TimePoint when) override { return world.sleep_until(when - delay - set); }

    test::SimWorld& world;
    Duration delay{};
    Duration set{};
};

void starve(Limiter& limiter, TimePoint until, int times) {
    for (int i = 0; i < times; ++i) {
        limiter.throttled(until);
    }
}

} // namespace

TEST_CASE("limiter: as many as allowed pass, the others wait, first come first served") {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        test::SimWorld world(seed);
        Limiter limiter("jira", 2, world);
        Callers callers(world, limiter);
        for (int i = 0; i < 6; ++i) {
            callers.start(i, 1h, 10s);
            world.run_until(world.now() + 1ms);
        }
        CHECK(limiter.in_flight() == 2);
        world.run();
        CHECK(callers.started == std::vector<int>{0, 1, 2, 3, 4, 5});
        CHECK(limiter.in_flight() == 0);
        CHECK(world.timers() == 0);
    }
}

TEST_CASE("limiter: who waits too long is told that the call never started") {
    test::SimWorld world;
    Limiter limiter("jira", 1, world);
    Callers callers(world, limiter);
    callers.start(0, 1h, 1min);
    callers.start(1, 10s, 1s);
    world.run_until(world.now() + 20s);
    REQUIRE(callers.refused.size() == 1);
    CHECK(callers.refused[0].code() == "jira.busy");
    CHECK(callers.refused[0].fault() == Fault::transient);
    CHECK(callers.refused[0].effect() == Effect::none);
    callers.start(2, 1h, 1s);
    world.run();
    CHECK(callers.started.size() == 2);
    CHECK(limiter.in_flight() == 0);
}

TEST_CASE("limiter: a throttling answer halves the limit and shuts the door until it says") {
    test::SimWorld world;
    Limiter limiter("jira", 8, world);
    Callers callers(world, limiter);
    const TimePoint until = world.now() + 30s;
    limiter.throttled(until);
    CHECK(limiter.limit() == 4);
    callers.start(0, 10s, 1s);
    callers.start(1, 1min, 1s);
    world.run_until(world.now() + 1ms);
    REQUIRE(callers.refused.size() == 1);
    CHECK(callers.refused[0].code() == "jira.throttled");
    CHECK(callers.refused[0].fault() == Fault::throttled);
    CHECK(callers.refused[0].retry_at() == until);
    world.run();
    REQUIRE(callers.started_at.size() == 1);
    CHECK(callers.started_at[0] == until);
}

TEST_CASE("limiter: a later throttling answer never opens the door earlier") {
    test::SimWorld world;
    Limiter limiter("jira", 8, world);
    const TimePoint until = world.now() + 1min;
    limiter.throttled(until);
    limiter.throttled(world.now() + 5s);
    CHECK(limiter.closed_until() == until);
}

TEST_CASE("limiter: who waits already when the door shuts is told at once when it is for too long") {
    test::SimWorld world;
    Limiter limiter("jira", 1, world);
    Callers callers(world, limiter);
    callers.start(0, 1h, 1min);
    callers.start(1, 30s, 1s);
    world.run_until(world.now() + 1s);
    limiter.throttled(world.now() + 1h);
    world.run_until(world.now() + 1s);
    REQUIRE(callers.refused.size() == 1);
    CHECK(callers.refused[0].code() == "jira.throttled");
    world.run();
}

TEST_CASE("limiter: the limit never falls below one and grows by one after that many successes") {
    test::SimWorld world;
    Limiter limiter("jira", 4, world);
    starve(limiter, world.now(), 5);
    CHECK(limiter.limit() == 1);
    std::vector<unsigned> limits;
    for (int i = 0; i < 12; ++i) {
        limiter.succeeded();
        limits.push_back(limiter.limit());
    }
    CHECK(limits == std::vector<unsigned>{2, 2, 3, 3, 3, 4, 4, 4, 4, 4, 4, 4});
}

TEST_CASE("limiter: when the door opens those who wait pass in their order") {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        test::SimWorld world(seed);
        Limiter limiter("jira", 2, world);
        Callers callers(world, limiter);
        limiter.throttled(world.now() + 30s);
        for (int i = 0; i < 4; ++i) {
            callers.start(i, 1h, 10s);
            world.run_until(world.now() + 1ms);
        }
        world.run();
        CHECK(callers.started == std::vector<int>{0, 1, 2, 3});
    }
}

TEST_CASE("limiter: a waiter that is cancelled holds nobody up") {
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
        test::SimWorld world(seed);
        Limiter limiter("jira", 1, world);
        Callers callers(world, limiter);
        const TimePoint until = world.now() + 30s;
        limiter.throttled(until);
        // Cancelled in the very moment in which the door opens, on either side of it.
        boost::asio::co_spawn(
            world.get_executor(),
            with_deadline(world, until, test::in_box(limiter.acquire(world.now() + 1h))),
            [](std::exception_ptr, auto) {}
        );
        world.run_until(world.now() + 1ms);
        callers.start(1, 1h, 1s);
        world.run();
        REQUIRE(callers.started_at.size() == 1);
        CHECK(callers.started_at[0] <= until + 1s);
        CHECK(limiter.in_flight() == 0);
    }
}

TEST_CASE("limiter: when the first waiter finds itself too late the next one passes at once") {
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
        test::SimWorld world(seed);
        TroubledClock clock(world);
        Limiter limiter("jira", 1, clock);
        Callers callers(world, limiter);
        const TimePoint until = world.now() + 30s;
        limiter.throttled(until);
        callers.start(0, 35s, 1s);
        world.run_until(world.now() + 1ms);
        callers.start(1, 1h, 1s);
        world.run_until(until - 1ms);
        // Both wake when the door opens, in either order, and for the first one it is over.
        clock.delay = 10s;
        world.run_until(until + 1ms);
        REQUIRE(callers.refused.size() == 1);
        CHECK(callers.refused[0].code() == "jira.busy");
        CHECK(callers.started == std::vector<int>{1});
        world.run();
    }
}

TEST_CASE("limiter: nobody waits longer, nor less, because the clock was set") {
    for (const Duration set : {Duration(-2h), Duration(2h)}) {
        test::SimWorld world;
        TroubledClock clock(world);
        Limiter limiter("jira", 1, clock);
        Callers callers(world, limiter);
        const TimePoint until = world.now() + 30s;
        limiter.throttled(until);
        callers.start(0, 1min, 1h);
        callers.start(1, 1min, 1s);
        world.run_until(world.now() + 1s);
        clock.set = set;
        world.run_until(until - 1ms);
        CHECK(callers.started.empty());
        CHECK(callers.refused.empty());
        world.run_until(until + 1s);
        CHECK(callers.started == std::vector<int>{0});
        world.run_until(until + 31s);
        CHECK(callers.refused.size() == 1);
        world.run();
    }
}

TEST_CASE("limiter: a permit is given back once, whoever holds it last") {
    test::SimWorld world;
    Limiter limiter("jira", 2, world);
    {
        auto first = test::outcome_of(world, limiter.acquire(world.now() + 1s));
        auto second = test::outcome_of(world, limiter.acquire(world.now() + 1s));
        REQUIRE(first);
        REQUIRE(second);
        CHECK(limiter.in_flight() == 2);
        *first = *std::move(second);
        CHECK(limiter.in_flight() == 1);
    }
    CHECK(limiter.in_flight() == 0);
}

TEST_CASE("limiter: the world and the limiter may end in either order while callers wait") {
    auto world = std::make_unique<test::SimWorld>();
    auto limiter = std::make_unique<Limiter>("jira", 1, *world);
    Callers callers(*world, *limiter);
    for (int i = 0; i < 4; ++i) {
        callers.start(i, 1h, 10s);
    }
    world->run_until(world->now() + 1s);
    CHECK(callers.started == std::vector<int>{0});
    SUBCASE("the world first") {
        world.reset();
        limiter.reset();
    }
    SUBCASE("the limiter first") {
        limiter.reset();
        world.reset();
    }
}
