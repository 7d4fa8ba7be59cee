#include "core/support/system_random.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <exception>
#include <sys/random.h>

namespace accessd {

void fill_from_kernel(std::span<std::uint8_t> bytes) {
    constexpr std::size_t most = 256; // getentropy's limit; up to it the answer is whole
    while (!bytes.empty()) {
        const std::span<std::uint8_t> part = bytes.first(std::min(bytes.size(), most));
        if (getentropy(part.data(), part.size()) != 0) {
            std::terminate();
        }
        bytes = bytes.subspan(part.size());
    }
}

SystemRandom::SystemRandom() {
    std::array<std::uint8_t, 64> entropy{};
    fill_from_kernel(entropy);
    std::seed_seq seed(entropy.begin(), entropy.end());
    generator_.seed(seed);
}

} // namespace accessd
