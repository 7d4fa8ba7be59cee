#pragma once

#include "tests/sim/simulation.hpp"

#include <cstdint>
#include <string>

namespace accessd::test {

class SeedRange {
public:
    SeedRange() = default;

    std::uint64_t first = 1;
    std::uint64_t count = 1;
    std::string file; ///< with one seed a line (after "#" a comment); instead of the range
};

/// For every mutant that a simulation can kill: runs seeds until one finds it, `range.count` at most, and
/// prints a table. True when every one was found.
bool kill_mutants(const SeedRange& range, const SimulationOptions& options, unsigned workers);

/// Runs the seeds in so many processes at once, so that a crash of one is a finding and not the end, and
/// prints what they found and one line with the sum. With 0 they run in this process. True when no promise
/// was broken.
bool run_seeds(const SeedRange& range, const SimulationOptions& options, unsigned workers);

} // namespace accessd::test
