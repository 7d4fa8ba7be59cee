#include "core/support/secret.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cstring>
#include <memory>
#include <new>
#include <string>
#include <type_traits>
#include <utility>

using namespace accessd;

namespace {

// Short enough to live inside the string object, where it can be looked for.
constexpr std::string_view short_secret = "hunter2-hunter";

bool holds(const void* object, std::size_t size, std::string_view text) {
    return std::string_view(static_cast<const char*>(object), size).find(text) != std::string_view::npos;
}

// Without the first byte, which an emptied string sets to its terminator.
constexpr std::string_view remains = short_secret.substr(1);

bool holds_secret(const Secret& secret) {
    return holds(&secret, sizeof secret, remains);
}

} // namespace

TEST_CASE("secret: copies and moves carry the value") {
    for (const std::string& value : {std::string(short_secret), std::string(1000, 'k'), std::string()}) {
        Secret first(value);
        Secret copy(first);
        CHECK(copy.reveal() == value);
        Secret moved(std::move(first));
        CHECK(moved.reveal() == value);
        Secret assigned(std::string("something else that is long enough for the heap"));
        assigned = moved;
        CHECK(assigned.reveal() == value);
        CHECK(moved.reveal() == value);
        Secret taken(std::string("x"));
        taken = std::move(moved);
        CHECK(taken.reveal() == value);
        CHECK(taken.empty() == value.empty());
    }
}

TEST_CASE("secret: assigning a secret to itself keeps it") {
    Secret secret{std::string(short_secret)};
    Secret& same = secret;
    secret = same;
    CHECK(secret.reveal() == short_secret);
    secret = std::move(same);
    CHECK(secret.reveal() == short_secret);
}

TEST_CASE("secret: what a move leaves behind is empty and wiped") {
    Secret first{std::string(short_secret)};
    REQUIRE(holds_secret(first));
    const Secret second(std::move(first));
    CHECK(first.empty());
    CHECK_FALSE(holds_secret(first));
    Secret third{std::string(short_secret)};
    Secret fourth;
    fourth = std::move(third);
    CHECK(third.empty());
    CHECK_FALSE(holds_secret(third));
}

TEST_CASE("secret: a shorter value leaves nothing of the longer one") {
    Secret secret{std::string(short_secret)};
    const Secret shorter(std::string("a"));
    secret = shorter;
    CHECK_FALSE(holds(&secret, sizeof secret, short_secret.substr(5)));
}

TEST_CASE("secret: the constructor wipes the string that it was given") {
    std::string given(short_secret);
    const Secret secret(std::move(given));
    CHECK(secret.reveal() == short_secret);
    CHECK_FALSE(std::is_convertible_v<std::string, Secret>);
}

TEST_CASE("secret: a destroyed secret's bytes are wiped") {
    alignas(Secret) std::array<unsigned char, sizeof(Secret)> storage{};
    auto* secret = new (storage.data()) Secret(std::string(short_secret));
    REQUIRE(holds_secret(*secret));
    std::destroy_at(secret);
    CHECK_FALSE(holds(storage.data(), storage.size(), remains));
}
