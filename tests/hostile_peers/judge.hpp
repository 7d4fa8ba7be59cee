#pragma once

#include "tests/hostile_peers/scenario.hpp"

namespace accessd::hostile {

/// Whether the ticket was told how the story ended.
bool settled(House& house, Story story);

/// Looks at everything that must be so in the end: the vendors' truth, what the ticket was told, the audit,
/// secrets, and what the servers saw. `may_stay`: Jira has refused to move the ticket, and that is told, too.
Verdict judge(Stage& stage, House& house, Story story, Hope hope, bool may_stay = false);

} // namespace accessd::hostile
