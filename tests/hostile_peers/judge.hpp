#pragma once

#include "tests/hostile_peers/scenario.hpp"

namespace accessd::hostile {

/// Whether the ticket was told how the story ended.
bool settled(House& house, Story story);

/// Looks at everything that must be so in the end: the vendors' truth, what the ticket was told, the audit,
/// secrets, and what the servers saw. What a vendor's refusal may mean depends on the `endpoint`.
Verdict judge(Stage& stage, House& house, Story story, Hope hope, const std::string& endpoint = "");

} // namespace accessd::hostile
