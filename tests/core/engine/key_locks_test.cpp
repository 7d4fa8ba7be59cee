#include "core/engine/key_locks.hpp"
#include "core/support/task_group.hpp"
#include "tests/support/sim_world.hpp"

#include <boost/asio/post.hpp>
#include <doctest/doctest.h>

#include <chrono>
#include <map>
#include <set>
#include <string>
#include <vector>

using namespace accessd;
using namespace std::chrono_literals;
using accessd::test::SimWorld;

namespace {

AccessKey key(const std::string& entitlement) {
    return AccessKey("Entra ID", entitlement, "a-jane");
}

using Keys = std::vector<AccessKey>;

/// A world in which workers hold keys for a while, and what went on in it.
class Yard {
public:
    explicit Yard(std::uint64_t seed)
        : world(seed), tasks(world.get_executor(), [this](std::exception_ptr) { ++bugs; }) {}

    SimWorld world;
    KeyLocks locks;
    TaskGroup tasks;
    int bugs = 0;
    int overlaps = 0;
    int inside = 0; ///< workers that hold something
    int done = 0;
    std::vector<std::string> order;

    Task<> work(std::string name, Keys keys, Duration time) {
        auto hold = co_await locks.lock(keys);
        enter(keys);
        order.push_back(name);
        co_await world.sleep_until(world.now() + time);
        leave(keys);
        ++done;
    }

    Task<> work_from(std::string name, Keys keys, Duration start, Duration time) {
        co_await world.sleep_until(world.now() + start);
        co_await work(std::move(name), std::move(keys), time);
    }

    void spawn(std::string name, Keys keys, Duration start, Duration time) {
        tasks.spawn(work_from(std::move(name), std::move(keys), start, time));
    }

private:
    void enter(const Keys& keys) {
        ++inside;
        for (const AccessKey& one : std::set<AccessKey>(keys.begin(), keys.end())) {
            overlaps += holders_[one]++ > 0 ? 1 : 0;
        }
    }

    void leave(const Keys& keys) {
        --inside;
        for (const AccessKey& one : std::set<AccessKey>(keys.begin(), keys.end())) {
            --holders_[one];
        }
    }

    std::map<AccessKey, int> holders_;
};

/// Spawned from inside the loop, as everything is in the daemon.
Task<bool> begin_some(Yard& yard) {
    for (int i = 0; i < 20; ++i) {
        Keys keys;
        keys.push_back(key(std::to_string(yard.world.next() % 3)));
        keys.push_back(key(std::to_string(yard.world.next() % 3)));
        yard.spawn("x", std::move(keys), Duration(yard.world.next() % 50), Duration(yard.world.next() % 50));
    }
    co_return true;
}

/// Gives a key back while one waits, and sends many more for it before that one runs.
Task<bool> give_back_to_a_crowd(Yard& yard) {
    auto hold = co_await yard.locks.lock(Keys(1, key("users")));
    co_await yard.world.sleep_until(yard.world.now() + 5s);
    hold = KeyLocks::Hold();
    for (int i = 0; i < 20; ++i) {
        yard.tasks.spawn(yard.work("late", Keys(1, key("users")), 1s));
    }
    co_return true;
}

Task<> hold_and_wait(KeyLocks& locks, AccessKey first, AccessKey second) {
    auto one = co_await locks.lock(Keys(1, std::move(first)));
    auto other = co_await locks.lock(Keys(1, std::move(second)));
}

Task<bool> take_and_drop(KeyLocks& locks, Keys keys) {
    auto hold = co_await locks.lock(std::move(keys));
    co_return true;
}

} // namespace

TEST_CASE("key locks: one at a time for each key, others side by side") {
    Yard yard(1);
    yard.spawn("a", {key("users")}, 0s, 10s);
    yard.spawn("b", {key("users")}, 1s, 10s);
    yard.spawn("c", {key("admins")}, 1s, 1s);
    yard.world.run();
    CHECK(yard.order == std::vector<std::string>{"a", "c", "b"});
    CHECK(yard.overlaps == 0);
    CHECK(yard.done == 3);
}

TEST_CASE("key locks: those who wait for one key are served in turn") {
    Yard yard(2);
    for (int i = 0; i < 5; ++i) {
        yard.spawn(std::to_string(i), {key("users")}, i * 1s, 10s);
    }
    yard.world.run();
    CHECK(yard.order == std::vector<std::string>{"0", "1", "2", "3", "4"});
}

TEST_CASE("key locks: crossing sets neither overlap nor lock up, in any order of events") {
    const std::vector<Keys> sets = {
        {key("a"), key("b")},
        {key("b"), key("a")},
        {key("b"), key("c")},
        {key("c"), key("a")},
        {key("a")},
        {key("c"), key("c")},
        {},
        {key("a"), key("b"), key("c")}};
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        Yard yard(seed);
        for (int i = 0; i < 40; ++i) {
            const Keys& keys = sets[yard.world.next() % sets.size()];
            yard.spawn("x", keys, Duration(yard.world.next() % 2000), Duration(yard.world.next() % 500));
        }
        yard.world.run();
        REQUIRE(yard.done == 40);
        REQUIRE(yard.overlaps == 0);
        REQUIRE(yard.bugs == 0);
    }
}

TEST_CASE("key locks: many who come and go at one key all have their turn") {
    // Waiters that come in the moment between another's being served and its resuming.
    for (std::uint64_t seed = 1; seed <= 300; ++seed) {
        Yard yard(seed);
        for (int i = 0; i < 30; ++i) {
            yard.spawn("x", {key("users")}, Duration(yard.world.next() % 3), Duration(yard.world.next() % 3));
        }
        yard.world.run();
        REQUIRE(yard.done == 30);
        REQUIRE(yard.tasks.size() == 0);
    }
}

TEST_CASE("key locks: one who comes before another that was served has resumed is not forgotten") {
    Yard yard(5);
    yard.spawn("served", {key("users")}, 1s, 1s);
    CHECK(yard.world.run(give_back_to_a_crowd(yard)));
    yard.world.run();
    CHECK(yard.done == 21);
}

TEST_CASE("key locks: one who is cancelled while waiting holds nothing and lets the next one in") {
    Yard yard(3);
    TaskGroup other(yard.world.get_executor(), [&](std::exception_ptr) { ++yard.bugs; });
    yard.spawn("first", {key("users")}, 0s, 10s);
    other.spawn(yard.work_from("cancelled", {key("users"), key("admins")}, 1s, 10s));
    yard.spawn("last", {key("users")}, 2s, 1s);
    yard.world.run_until(yard.world.now() + 5s);
    boost::asio::post(yard.world.get_executor(), [&other] { other.cancel(); });
    yard.world.run();
    CHECK(yard.order == std::vector<std::string>{"first", "last"});
    CHECK(other.size() == 0);
    CHECK(yard.bugs == 0);
    CHECK(yard.world.run(take_and_drop(yard.locks, {key("admins"), key("users")})));
}

TEST_CASE("key locks: cancelling in the middle of everything leaves no key taken") {
    for (std::uint64_t seed = 1; seed <= 300; ++seed) {
        Yard yard(seed);
        yard.world.run(begin_some(yard));
        for (std::uint64_t steps = yard.world.next() % 200; steps > 0; --steps) {
            yard.world.step();
        }
        boost::asio::post(yard.world.get_executor(), [&yard] { yard.tasks.cancel(); });
        yard.world.run();
        REQUIRE(yard.tasks.size() == 0);
        REQUIRE(yard.bugs == 0);
        REQUIRE(yard.overlaps == 0);
        REQUIRE(yard.world.run(take_and_drop(yard.locks, {key("0"), key("1"), key("2")})));
    }
}

TEST_CASE("key locks: a hold can be moved, replaced and given back early") {
    SimWorld world(4);
    KeyLocks locks;
    const auto play = [](KeyLocks& all, SimWorld& in) -> Task<bool> {
        auto hold = co_await all.lock(Keys(1, key("users")));
        KeyLocks::Hold moved(std::move(hold));
        hold = co_await all.lock(Keys(1, key("admins")));
        moved = std::move(hold); // gives "users" back
        auto again = co_await all.lock(Keys(1, key("users")));
        moved = KeyLocks::Hold();
        auto admins = co_await all.lock(Keys(1, key("admins")));
        co_await in.sleep_until(in.now() + 1s);
        co_return true;
    };
    CHECK(world.run(play(locks, world)));
}

TEST_CASE("key locks: a world that ends while some hold and some wait leaks nothing") {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        Yard yard(seed);
        for (int i = 0; i < 10; ++i) {
            yard.spawn("x", {key("a"), key(std::to_string(i % 3))}, 0s, 1h);
            yard.tasks.spawn(hold_and_wait(yard.locks, key("own" + std::to_string(i)), key("a")));
        }
        for (std::uint64_t steps = 0; steps < seed * 3; ++steps) {
            yard.world.step();
        }
        // The locks go first, the world with its sleepers last; the address sanitizer watches.
    }
}
