#include "core/engine/watcher.hpp"

#include <doctest/doctest.h>

#include <chrono>

using namespace accessd;
using namespace std::chrono_literals;

namespace {

const TimePoint start = std::chrono::sys_days(std::chrono::January / 1 / 2026);

Access just_revoked() {
    Access access(AccessKey("Entra ID", "g-users", "a-jane"));
    access.grant_uncertain = true;
    access.watch_stage = 1;
    access.watch_at = start + 1min;
    return access;
}

} // namespace

TEST_CASE("watch: three looks, after a minute, ten more and an hour more, then the doubt is over") {
    Access access = watched(just_revoked(), start + 1min);
    CHECK(access.watch_at == start + 11min);
    CHECK(access.grant_uncertain);
    access = watched(access, start + 11min);
    CHECK(access.watch_at == start + 71min);
    CHECK(access.grant_uncertain);
    access = watched(access, start + 71min);
    CHECK_FALSE(access.watch_at.has_value());
    CHECK(access.watch_stage == 0);
    CHECK_FALSE(access.grant_uncertain);
}

TEST_CASE("watch: looks that come late push the next ones back, never together") {
    Access access = watched(just_revoked(), start + 5h);
    CHECK(access.watch_at == start + 5h + 10min);
}

TEST_CASE("watch: a stage that cannot be ends the watch") {
    for (const std::uint32_t stage : {0U, 4U, 4000000000U}) {
        Access access = just_revoked();
        access.watch_stage = stage;
        access = watched(access, start);
        CHECK_FALSE(access.watch_at.has_value());
    }
}

TEST_CASE("watch: a look changes nothing else about the key") {
    Access before = just_revoked();
    before.generation = 7;
    before.preexisting = true;
    before.revision = 3;
    const Access after = watched(before, start);
    CHECK(after.key == before.key);
    CHECK(after.generation == 7);
    CHECK(after.preexisting);
    CHECK(after.revision == 3);
    CHECK_FALSE(after.desired);
}
