#pragma once

#include "core/engine/context.hpp"
#include "core/engine/machine.hpp"

namespace accessd {

/// Logs and counts what a saved step changed: one line per event, as docs list them.
void announce(EngineContext& context, const Request& before, const Request& after, std::int64_t audit_seq);

} // namespace accessd
