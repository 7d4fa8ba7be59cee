#include "tests/sim/sim_disk.hpp"
#include "tests/sim/simulation.hpp"
#include "tests/sim/workers.hpp"
#include "tests/support/planted.hpp"

#include <CLI/CLI.hpp>

#include <cstdio>
#include <filesystem>
#include <string>

int main(int argc, char** argv) {
    using namespace accessd::test;
    CLI::App app("Runs accessd through thirty virtual days per seed and holds it to its promises");
    SeedRange range;
    SimulationOptions options;
    std::string disk = std::filesystem::exists("/dev/shm") ? "/dev/shm" : "";
    unsigned workers = 1;
    std::string mutant = "none";
    bool mutants = false;
    app.add_option("--seeds", range.count, "how many")->default_val(1);
    app.add_option("--from", range.first, "the first one")->default_val(1);
    app.add_option("--threads", workers, "so many seeds at once, each in a process; 0: in this one")
        ->default_val(1);
    app.add_flag("--trace", options.trace, "print what happens");
    app.add_option("--plant", mutant, "the bug that the daemon is to have");
    app.add_flag("--mutants", mutants, "plant one bug after another, and see that seeds find each");
    app.add_option("--file", range.file, "a file with a seed on every line, instead");
    CLI11_PARSE(app, argc, argv);
    options.disk = disk;
    install_sim_disk();
    if (mutants) {
        return kill_mutants(range, options, workers) ? 0 : 1;
    }
    if (!plant(mutant)) {
        std::fputs("there is no such mutant, or this build has none\n", stderr);
        return 2;
    }
    return run_seeds(range, options, workers) ? 0 : 1;
}
