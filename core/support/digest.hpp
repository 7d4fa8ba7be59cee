#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace accessd {

using Sha256 = std::array<std::uint8_t, 32>;

Sha256 sha256(std::string_view bytes);

/// 64 hex digits.
std::string sha256_hex(std::string_view bytes);

} // namespace accessd
