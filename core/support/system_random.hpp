#pragma once

#include "core/support/random.hpp"

#include <cstdint>
#include <random>
#include <span>

namespace accessd {

/// Fills the bytes from the kernel's generator. Ends the process when the kernel has none: nothing that needs
/// chance could go on.
void fill_from_kernel(std::span<std::uint8_t> bytes);

/// Randomness for jitter and ids: seeded from the kernel once, without system calls afterwards. Not for
/// threads to share.
class SystemRandom final : public Random {
public:
    SystemRandom();

    std::uint64_t next() override { return generator_(); }

private:
    std::mt19937_64 generator_;
};

} // namespace accessd
