#pragma once

#include "tests/hostile_peers/fault.hpp"
#include "tests/hostile_peers/house.hpp"
#include "tests/hostile_peers/leap_clock.hpp"
#include "tests/hostile_peers/peer.hpp"

#include <boost/asio/io_context.hpp>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace accessd::hostile {

/// What happens while the fault is on.
enum class Story : std::uint8_t {
    grant,    ///< the daemon starts, and an approved ticket waits for it
    unproven, ///< the same, and the ticket's status says more than its approval
    revoke,   ///< the access is there, and the ticket says that it must go
};

constexpr std::array<Story, 3> all_stories = {Story::grant, Story::unproven, Story::revoke};
std::string_view to_string(Story story);

/// How a case ended.
class Verdict {
public:
    Verdict() = default;

    std::uint64_t strikes = 0;
    bool parked = false; ///< the request waits for a human
    std::vector<std::string> violations;
    std::vector<std::string> lines; ///< of the log
};

/// The loop, the clock and the servers of one run.
class Stage {
public:
    Stage() = default;

    boost::asio::io_context loop{1};
    LeapClock clock{loop};
    Peer peer{loop, clock};
};

/// Endpoints that a story uses when nothing goes wrong. Throws when it does not end as it should.
std::vector<std::string> endpoints_of(Stage& stage, Story story);

/// One fault at one endpoint in one story.
Verdict play_case(Stage& stage, Story story, const Fault& fault, const std::string& endpoint);

} // namespace accessd::hostile
