#pragma once

#include "core/model/time.hpp"
#include "core/support/random.hpp"

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <vector>

namespace accessd::test {

/// Chance, the same with every compiler and standard library (SplitMix64, Steele et al. 2014).
class Dice final : public Random {
public:
    explicit Dice(std::uint64_t seed) : state_(seed) {}

    std::uint64_t next() override {
        state_ += 0x9e3779b97f4a7c15U;
        std::uint64_t word = state_;
        word = (word ^ (word >> 30U)) * 0xbf58476d1ce4e5b9U;
        word = (word ^ (word >> 27U)) * 0x94d049bb133111ebU;
        return word ^ (word >> 31U);
    }

    /// 0 to `bound` - 1.
    std::uint64_t below(std::uint64_t bound) { return next() % bound; }

    std::int64_t between(std::int64_t least, std::int64_t most) {
        return least + static_cast<std::int64_t>(below(static_cast<std::uint64_t>(most - least) + 1));
    }

    Duration between(Duration least, Duration most) { return Duration(between(least.count(), most.count())); }

    bool chance(unsigned percent) { return below(100) < percent; }

    std::string_view pick(std::initializer_list<std::string_view> choices) {
        return *(choices.begin() + below(choices.size()));
    }

    template <class T> const T& pick(const std::vector<T>& choices) { return choices[below(choices.size())]; }

private:
    std::uint64_t state_;
};

} // namespace accessd::test
