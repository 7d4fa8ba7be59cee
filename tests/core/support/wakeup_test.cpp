#include "core/support/task_group.hpp"
#include "core/support/wakeup.hpp"
#include "tests/support/sim_world.hpp"

#include <boost/asio/post.hpp>
#include <doctest/doctest.h>

#include <chrono>

using namespace accessd;
using namespace std::chrono_literals;
using accessd::test::SimWorld;

namespace {

class Bed {
public:
    explicit Bed(std::uint64_t seed = 1)
        : world(seed), group(world.get_executor(), [this](std::exception_ptr) { ++bugs; }) {}

    SimWorld world;
    TaskGroup group;
    Wakeup wakeup;
    int bugs = 0;
    int produced = 0;
    int consumed = 0;

    Task<Duration> wait(Duration longest) {
        const TimePoint start = world.now();
        co_await wakeup.wait_until(world, start + longest);
        co_return world.now() - start;
    }

    Task<> wait_once(Duration longest) { co_await wait(longest); }

    Task<> notify_after(Duration time) {
        co_await world.sleep_until(world.now() + time);
        wakeup.notify();
    }

    Task<> produce(int count) {
        for (int i = 0; i < count; ++i) {
            co_await world.sleep_until(world.now() + Duration(world.next() % 3));
            ++produced;
            wakeup.notify();
        }
    }

    /// Takes what there is and waits for more; a notification that got lost would cost it an hour.
    Task<> consume(int count) {
        while (consumed < count) {
            consumed = produced;
            if (consumed < count) {
                co_await wakeup.wait_until(world, world.now() + 1h);
            }
        }
    }
};

} // namespace

TEST_CASE("wakeup: the waiter sleeps until its time when nobody calls") {
    Bed bed;
    CHECK(bed.world.run(bed.wait(5s)) == 5s);
    CHECK(bed.world.timers() == 0);
}

TEST_CASE("wakeup: a call ends the wait, and its timer") {
    Bed bed;
    bed.group.spawn(bed.notify_after(2s));
    CHECK(bed.world.run(bed.wait(1h)) == 2s);
    CHECK(bed.world.timers() == 0);
}

TEST_CASE("wakeup: a call while nobody waits is remembered, once") {
    Bed bed;
    bed.wakeup.notify();
    bed.wakeup.notify();
    CHECK(bed.world.run(bed.wait(1h)) == 0s);
    CHECK(bed.world.run(bed.wait(5s)) == 5s);
}

TEST_CASE("wakeup: a time that is past does not wait") {
    Bed bed;
    CHECK(bed.world.run(bed.wait(-1h)) == 0s);
}

TEST_CASE("wakeup: no call is lost between two waits, in any order of events") {
    for (std::uint64_t seed = 1; seed <= 300; ++seed) {
        Bed bed(seed);
        const TimePoint start = bed.world.now();
        bed.group.spawn(bed.consume(20));
        bed.group.spawn(bed.produce(20));
        bed.world.run();
        REQUIRE(bed.consumed == 20);
        REQUIRE(bed.world.now() - start < 1min);
    }
}

TEST_CASE("wakeup: a call in the very moment of the deadline neither hangs nor fails") {
    for (std::uint64_t seed = 1; seed <= 100; ++seed) {
        Bed bed(seed);
        bed.group.spawn(bed.notify_after(5s));
        REQUIRE(bed.world.run(bed.wait(5s)) == 5s);
        bed.world.run();
        REQUIRE(bed.bugs == 0);
    }
}

TEST_CASE("wakeup: a wait that is cancelled ends without a bug, and the next one works") {
    Bed bed;
    bed.group.spawn(bed.wait_once(1h));
    bed.world.run_until(bed.world.now() + 1s);
    boost::asio::post(bed.world.get_executor(), [&bed] { bed.group.cancel(); });
    bed.world.run();
    CHECK(bed.group.size() == 0);
    CHECK(bed.bugs == 0);
    bed.group.spawn(bed.notify_after(2s));
    CHECK(bed.world.run(bed.wait(1h)) == 2s);
}

TEST_CASE("wakeup: a world that ends while somebody waits leaks nothing") {
    for (std::uint64_t steps = 0; steps < 20; ++steps) {
        Bed bed(steps + 1);
        bed.group.spawn(bed.wait_once(1h));
        for (std::uint64_t i = 0; i < steps; ++i) {
            bed.world.step();
        }
        // The wakeup goes first, the world last; the address sanitizer watches.
    }
}
