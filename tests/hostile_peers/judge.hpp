#pragma once

#include "tests/hostile_peers/scenario.hpp"

namespace accessd::hostile {

/// Whether the story has come to one of its ends.
bool settled(House& house, Story story);

/// Looks at everything that must be so in the end: the vendors' truth, what the ticket was told, the audit,
/// secrets, and what the servers saw.
Verdict judge(Stage& stage, House& house, Story story, Hope hope);

} // namespace accessd::hostile
