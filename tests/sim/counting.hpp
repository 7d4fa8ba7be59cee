#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace accessd::test {

/// How often a code stands among those of World::audit().
inline std::size_t count(const std::vector<std::string>& all, std::string_view one) {
    return static_cast<std::size_t>(std::count(all.begin(), all.end(), one));
}

} // namespace accessd::test
