#pragma once

#include <cstdint>
#include <random>

namespace accessd::power_loss {

/// Chance out of a seed: the same seed gives the same throws everywhere.
class Dice {
public:
    explicit Dice(std::uint64_t seed) : engine_(seed) {}

    /// 0 to n - 1; n is not 0.
    std::uint64_t below(std::uint64_t n) { return engine_() % n; }

    bool chance(std::uint64_t times, std::uint64_t of) { return below(of) < times; }

    /// 1 to 2^bits, each doubling as likely as the next: many small numbers, some large ones.
    std::uint64_t magnitude(unsigned bits) {
        const std::uint64_t from = std::uint64_t(1) << below(bits);
        return from + below(from) + below(2);
    }

private:
    std::mt19937_64 engine_;
};

} // namespace accessd::power_loss
