#pragma once

#include "core/model/time.hpp"

#include <optional>
#include <string_view>

namespace accessd {

/// The duration that a ticket's field asks for: "90d", "30 days", "1 hour", "2 weeks"; upper and lower case
/// alike. Nothing for anything else, zero and more than ten years included.
std::optional<Duration> parse_lease_duration(std::string_view text);

} // namespace accessd
