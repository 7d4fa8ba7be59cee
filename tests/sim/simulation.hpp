#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace accessd::test {

/// What came of one seed.
class Outcome {
public:
    Outcome() = default;

    std::uint64_t seed = 0;
    std::vector<std::string> violations; ///< with time and promise; empty: all is as promised
    std::uint64_t trace = 0;             ///< a hash over everything that was said to the vendors, and when
    std::uint64_t steps = 0;
    std::uint64_t calls = 0;
    std::uint64_t grants = 0;
    std::uint64_t revokes = 0;
    std::uint64_t faults = 0;
    std::uint64_t crashes = 0;
};

class SimulationOptions {
public:
    SimulationOptions() = default;

    bool trace = false; ///< print what happens, by the minute of virtual time
    std::string disk;   ///< a directory in memory for the databases; empty: the system's for temporary files
};

/// Lets thirty days pass in the world that the seed makes, and judges them. install_sim_disk() was called.
Outcome simulate(std::uint64_t seed, const SimulationOptions& options);

} // namespace accessd::test
