#include "core/support/crypto.hpp"
#include "core/support/system_random.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <set>
#include <string>

using namespace accessd;

TEST_CASE("random: two generators and two draws differ") {
    SystemRandom one;
    SystemRandom other;
    std::set<std::uint64_t> drawn;
    for (int i = 0; i < 1000; ++i) {
        drawn.insert(one.next());
        drawn.insert(other.next());
    }
    CHECK(drawn.size() == 2000);
}

TEST_CASE("random: the kernel fills more than it gives at once") {
    std::array<std::uint8_t, 1000> bytes{};
    fill_from_kernel(bytes);
    for (const std::size_t part : {0U, 256U, 512U, 768U}) {
        const auto zeros = std::count(bytes.begin() + part, bytes.begin() + part + 232, 0);
        CHECK(zeros < 50);
    }
}

TEST_CASE("random: UUIDs are of version 4, well-formed and different") {
    std::set<std::string> seen;
    for (int i = 0; i < 1000; ++i) {
        const std::string uuid = random_uuid();
        REQUIRE(uuid.size() == 36);
        for (std::size_t at = 0; at < uuid.size(); ++at) {
            const bool dash = at == 8 || at == 13 || at == 18 || at == 23;
            REQUIRE(
                (dash ? uuid[at] == '-' : std::string("0123456789abcdef").find(uuid[at]) != std::string::npos)
            );
        }
        REQUIRE(uuid[14] == '4');
        REQUIRE(std::string("89ab").find(uuid[19]) != std::string::npos);
        seen.insert(uuid);
    }
    CHECK(seen.size() == 1000);
}
