#include "tests/sim/workers.hpp"

#include "core/support/mutant.hpp"
#include "tests/support/planted.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <new>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace accessd::test {

namespace {

/// What the processes share; lies in memory that all of them map.
class Shared {
public:
    std::atomic<std::uint64_t> next{0}; ///< index of the next seed
    std::atomic<std::uint64_t> failed{0};
    std::atomic<std::uint64_t> done{0};
    std::atomic<std::uint64_t> steps{0};
    std::atomic<std::uint64_t> calls{0};
    std::atomic<std::uint64_t> grants{0};
    std::atomic<std::uint64_t> revokes{0};
    std::atomic<std::uint64_t> faults{0};
    std::atomic<std::uint64_t> crashes{0};
    std::atomic<std::uint64_t> trace{0}; ///< sum over all seeds: the order does not matter
    std::atomic<std::uint64_t> present[64]{};
    char found[200] = {}; ///< the first violation, when the search ends with it
};

Shared* map_shared() {
    void* const place =
        mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return place == MAP_FAILED ? nullptr : new (place) Shared();
}

std::vector<std::uint64_t> seeds_of(const SeedRange& range) {
    std::vector<std::uint64_t> seeds;
    if (range.file.empty()) {
        for (std::uint64_t i = 0; i < range.count; ++i) {
            seeds.push_back(range.first + i);
        }
        return seeds;
    }
    std::ifstream file(range.file);
    for (std::string line; std::getline(file, line);) {
        if (const std::uint64_t seed = std::strtoull(line.c_str(), nullptr, 10)) {
            seeds.push_back(seed);
        }
    }
    return seeds;
}

void print(const Outcome& outcome) {
    std::string text = "seed " + std::to_string(outcome.seed) +
                       " broke a promise; replay it with: ./dev simulate --seeds 1 --from " +
                       std::to_string(outcome.seed) + " --trace\n";
    for (const std::string& violation : outcome.violations) {
        text += "    " + violation + "\n";
    }
    std::fputs(text.c_str(), stdout);
    std::fflush(stdout);
}

void work(
    Shared& shared, const std::vector<std::uint64_t>& seeds, unsigned worker, const SimulationOptions& options
) {
    for (std::uint64_t i = shared.next++; i < seeds.size(); i = shared.next++) {
        shared.present[worker] = seeds[i];
        const Outcome outcome = simulate(seeds[i], options);
        shared.steps += outcome.steps;
        shared.calls += outcome.calls;
        shared.grants += outcome.grants;
        shared.revokes += outcome.revokes;
        shared.faults += outcome.faults;
        shared.crashes += outcome.crashes;
        shared.trace += outcome.trace;
        ++shared.done;
        if (!outcome.violations.empty()) {
            ++shared.failed;
            print(outcome);
        }
    }
}

/// Starts a process that does this and ends well.
pid_t start(const std::function<void()>& task) {
    std::fflush(stdout);
    const pid_t child = fork();
    if (child == 0) {
        task();
        std::exit(0); // not _exit: a build that counts coverage writes it down here
    }
    return child;
}

} // namespace

bool run_seeds(const SeedRange& range, const SimulationOptions& options, unsigned workers) {
    const auto began = std::chrono::steady_clock::now();
    Shared* const shared = map_shared();
    if (shared == nullptr) {
        return false;
    }
    const auto seeds = seeds_of(range);
    if (workers == 0) {
        work(*shared, seeds, 0, options);
    }
    workers = std::min(workers, 64U);
    const auto start_worker = [&](unsigned worker) {
        return start([&, worker] { work(*shared, seeds, worker, options); });
    };
    std::vector<pid_t> children;
    for (unsigned worker = 0; worker < workers; ++worker) {
        children.push_back(start_worker(worker));
    }
    for (unsigned worker = 0; worker < workers; ++worker) {
        int status = 0;
        waitpid(children[worker], &status, 0);
        while (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
            Outcome died;
            died.seed = shared->present[worker];
            died.violations.push_back("the process died, wait status " + std::to_string(status));
            print(died);
            ++shared->failed;
            children[worker] = start_worker(worker);
            waitpid(children[worker], &status, 0);
        }
    }
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
    std::printf(
        "simulation: %llu seeds, %llu with violations, %llu grants, %llu revokes, %llu vendor calls, %llu "
        "faults, %llu crashes, "
        "trace %016llx, %.1f s, %.1f seeds/s\n",
        static_cast<unsigned long long>(shared->done),
        static_cast<unsigned long long>(shared->failed),
        static_cast<unsigned long long>(shared->grants),
        static_cast<unsigned long long>(shared->revokes),
        static_cast<unsigned long long>(shared->calls),
        static_cast<unsigned long long>(shared->faults),
        static_cast<unsigned long long>(shared->crashes),
        static_cast<unsigned long long>(shared->trace),
        seconds,
        static_cast<double>(shared->done) / seconds
    );
    return shared->failed == 0 && shared->done == seeds.size();
}

namespace {

constexpr std::uint64_t mutant_limit = 500;

/// Seeds until one breaks a promise.
void hunt(Shared& shared, std::uint64_t first, std::uint64_t count, const SimulationOptions& options) {
    for (std::uint64_t i = shared.next++; i < count && shared.failed == 0; i = shared.next++) {
        const Outcome outcome = simulate(first + i, options);
        if (!outcome.violations.empty() && shared.failed++ == 0) {
            shared.present[0] = outcome.seed;
            const std::string& what = outcome.violations.front();
            what.copy(static_cast<char*>(shared.found), sizeof(shared.found) - 1);
        }
        ++shared.done;
    }
}

/// Whether a seed finds it; prints its row of the table.
bool kill(
    std::string_view mutant, const SeedRange& range, const SimulationOptions& options, unsigned workers
) {
    const std::uint64_t count = range.count > 1 ? range.count : mutant_limit;
    Shared* const shared = map_shared();
    std::vector<pid_t> children;
    for (unsigned worker = 0; worker < std::clamp(workers, 1U, 64U); ++worker) {
        children.push_back(start([&] {
            if (plant(std::string(mutant))) {
                hunt(*shared, range.first, count, options);
            }
        }));
    }
    for (const pid_t child : children) {
        waitpid(child, nullptr, 0);
    }
    const bool found = shared->failed > 0;
    const std::string by =
        "seed " + std::to_string(shared->present[0]) + ": " + static_cast<const char*>(shared->found);
    std::printf(
        "%-22s %6llu  %s\n",
        std::string(mutant).c_str(),
        static_cast<unsigned long long>(shared->done),
        found ? by.c_str() : "NOT FOUND"
    );
    munmap(shared, sizeof(Shared));
    return found;
}

} // namespace

bool kill_mutants(const SeedRange& range, const SimulationOptions& options, unsigned workers) {
    std::size_t killed = 0;
    std::size_t all = 0;
    std::puts("mutant                  seeds  found by");
    for (const std::string_view name : mutant_names) {
        // What power loss alone can show is shown by the power-loss suite.
        if (name != "none" && name != "not_synced") {
            ++all;
            killed += kill(name, range, options, workers) ? 1 : 0;
        }
    }
    std::printf(
        "mutants: %zu of %zu killed, from seed %llu\n",
        killed,
        all,
        static_cast<unsigned long long>(range.first)
    );
    return killed == all;
}

} // namespace accessd::test
