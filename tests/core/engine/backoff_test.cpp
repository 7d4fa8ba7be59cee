#include "core/engine/backoff.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <limits>
#include <random>
#include <set>

using namespace accessd;
using namespace std::chrono_literals;

namespace {

const TimePoint now = std::chrono::sys_days(std::chrono::January / 1 / 2026);

Duration
wait(const Error& error, std::uint32_t attempt, std::uint64_t dice, const RetryRule& rule = RetryRule()) {
    return retry_at(rule, error, attempt, now, dice) - now;
}

Error failing(Fault fault) {
    return Error(fault, "entra.trouble", "trouble");
}

} // namespace

TEST_CASE("backoff: waits double from two seconds to a quarter of an hour, half of them random") {
    std::mt19937_64 random(1);
    Duration full = 2s;
    for (std::uint32_t attempt = 1; attempt <= 40; ++attempt) {
        for (int i = 0; i < 200; ++i) {
            const Duration waited = wait(failing(Fault::transient), attempt, random());
            CHECK(waited >= full / 2);
            CHECK(waited < full);
        }
        full = std::min<Duration>(2 * full, 15min);
    }
}

TEST_CASE("backoff: extremes of attempts and dice stay within bounds") {
    const std::uint32_t most_attempts = std::numeric_limits<std::uint32_t>::max();
    for (const std::uint32_t attempt : {0U, 1U, 31U, 32U, 63U, 64U, most_attempts}) {
        for (const std::uint64_t dice : {std::uint64_t{0}, std::numeric_limits<std::uint64_t>::max()}) {
            const Duration waited = wait(failing(Fault::transient), attempt, dice);
            CHECK(waited >= 1s);
            CHECK(waited <= 15min);
        }
    }
}

TEST_CASE("backoff: a crowd that failed together comes back spread") {
    std::mt19937_64 random(1);
    std::set<Duration> waits;
    for (int i = 0; i < 1000; ++i) {
        waits.insert(wait(failing(Fault::transient), 8, random()));
    }
    CHECK(waits.size() > 900);
    CHECK(*waits.rbegin() - *waits.begin() > 2min);
}

TEST_CASE("backoff: the vendor's own time is a floor, a little spread behind it") {
    const Error early = Error::throttled_until(now + 100ms, "entra.throttled", "wait");
    const Error late = Error::throttled_until(now + 30min, "entra.throttled", "wait");
    for (const std::uint64_t dice : {0U, 1U, 499U, 500U, 12345U}) {
        CHECK(wait(early, 5, dice) == wait(failing(Fault::throttled), 5, dice));
        CHECK(wait(late, 5, dice) >= 30min);
        CHECK(wait(late, 5, dice) < 30min + 500ms);
    }
    const Error past = Error::throttled_until(now - 1h, "entra.throttled", "wait");
    CHECK(wait(past, 1, 0) == 1s);
}

TEST_CASE("backoff: what cannot help soon waits long at once") {
    CHECK(wait(failing(Fault::permanent), 1, 0) == 7min + 30s);
    CHECK(wait(failing(Fault::permanent), 1, std::numeric_limits<std::uint64_t>::max()) <= 15min);
}

TEST_CASE("backoff: a refused credential is tried again within the minute, however often it was refused") {
    for (const std::uint32_t attempt : {1U, 9U, 1000U}) {
        CHECK(wait(failing(Fault::credential), attempt, 0) == 30s);
        CHECK(wait(failing(Fault::credential), attempt, std::numeric_limits<std::uint64_t>::max()) <= 1min);
    }
}

TEST_CASE("backoff: a rule without waits is no division by nothing") {
    RetryRule none;
    none.first = 0ms;
    none.cap = 0ms;
    CHECK(wait(failing(Fault::transient), 3, 7, none) == 0ms);
    none.first = 1ms;
    none.cap = 1ms;
    CHECK(wait(failing(Fault::transient), 3, 7, none) == 0ms);
}
