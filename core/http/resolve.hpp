#pragma once

#include "core/support/task.hpp"

#include <string>
#include <vector>

namespace accessd {

/// What a host's name stands for.
class ResolvedHost {
public:
    ResolvedHost() = default;

    std::vector<std::string> addresses; ///< as text, in the order to try them; empty: unknown
    std::string error;                  ///< why there are none
};

/// Asks the system's resolver, which blocks a thread of Asio's and not the loop. Ends at once when it is
/// cancelled, though the system may go on asking.
Task<ResolvedHost> resolve(std::string host);

} // namespace accessd
