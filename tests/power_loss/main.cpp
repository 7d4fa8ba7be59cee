#include "tests/power_loss/rig.hpp"
#include "tests/power_loss/story.hpp"
#include "tests/support/planted.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <ctime>
#include <exception>
#include <iostream>
#include <map>
#include <string>

namespace {

using namespace accessd::power_loss;

constexpr std::array<const char*, moment_count> moments = {
    "creation",
    "migration",
    "recovery",
    "opening",
    "saving",
    "checkpoint",
    "closing",
    "idle",
};

const std::map<std::string, Mode>& modes() {
    static const std::map<std::string, Mode> all = {
        {"full", Mode::full},
        {"normal", Mode::normal},
        {"liar", Mode::liar},
    };
    return all;
}

class Options {
public:
    Options() = default;

    std::uint64_t cuts = 2000;
    std::uint64_t from = 1;
    Mode mode = Mode::full;
    std::string mutant = "none"; ///< the bug that accessd itself has
};

class Tally {
public:
    Tally() = default;

    void add(const Outcome& outcome) {
        for (std::size_t moment = 0; moment < moment_count; ++moment) {
            by_moment[moment] += outcome.cuts[moment];
            cuts += outcome.cuts[moment];
        }
        saves += outcome.saves;
        ++databases;
        lost += outcome.harm == Harm::lost ? 1 : 0;
        corrupt += outcome.harm == Harm::torn || outcome.harm == Harm::corrupt ? 1 : 0;
        ++witnesses[outcome.witness];
        rows_lost += outcome.rows_lost ? 1 : 0;
        losses_missed += outcome.loss_missed ? 1 : 0;
    }

    std::uint64_t of(Moment moment) const { return by_moment[static_cast<std::size_t>(moment)]; }

    std::uint64_t harmed() const { return lost + corrupt; }

    std::array<std::uint64_t, moment_count> by_moment{};
    std::map<Witness, std::uint64_t> witnesses;
    std::uint64_t databases = 0;
    std::uint64_t cuts = 0;
    std::uint64_t saves = 0;
    std::uint64_t lost = 0;
    std::uint64_t corrupt = 0;
    std::uint64_t rows_lost = 0;
    std::uint64_t losses_missed = 0;
};

void report_harm(
    const Options& options, const std::string& program, std::uint64_t seed, const Outcome& outcome
) {
    constexpr std::array<const char*, 4> names = {"none", "lost", "torn", "corrupt"};
    const auto mode = std::find_if(modes().begin(), modes().end(), [&](const auto& named) {
        return named.second == options.mode;
    });
    std::cout << names[static_cast<std::size_t>(outcome.harm)] << ": " << outcome.what
              << "\n  replay: " << program << " --mode " << mode->first << " --cuts 1 --from " << seed
              << "\n";
}

Tally run(const Options& options, const std::string& program) {
    constexpr std::uint64_t most_reports = 5;
    Rig rig(options.mode);
    Tally tally;
    for (std::uint64_t seed = options.from; tally.cuts < options.cuts; ++seed) {
        const Outcome outcome = Story(rig, seed).run();
        tally.add(outcome);
        if (outcome.harm != Harm::none && tally.harmed() <= most_reports) {
            report_harm(options, program, seed, outcome);
        }
    }
    return tally;
}

void print_witnesses(Tally& tally) {
    const auto of = [&](Witness witness) { return tally.witnesses[witness]; };
    const std::uint64_t seen = of(Witness::store) + of(Witness::structure) + of(Witness::audit);
    std::cout << "power loss: of " << tally.harmed() << " harmed databases " << seen << " ("
              << 100 * seen / tally.harmed() << " %) show it by themselves: " << of(Witness::store)
              << " refused by accessd, " << of(Witness::structure) << " by SQLite's checks, "
              << of(Witness::audit) << " by the audit alone\n"
              << "power loss: " << tally.rows_lost
              << " of them lost acknowledged audit rows; told the last head, "
              << "the verifier finds " << tally.rows_lost - tally.losses_missed << "\n";
}

void print_tally(Tally& tally, double seconds) {
    std::cout << "power loss: " << tally.databases << " databases, " << tally.saves
              << " acknowledged saves; cuts during";
    for (std::size_t moment = 0; moment < moment_count; ++moment) {
        std::cout << (moment == 0 ? " " : ", ") << moments[moment] << " " << tally.by_moment[moment];
    }
    std::cout << "\n";
    if (tally.harmed() > 0) {
        print_witnesses(tally);
    }
    std::cout << "power loss: " << tally.cuts << " cuts (" << tally.of(Moment::creation)
              << " during creation, " << tally.of(Moment::recovery) << " during recovery), " << tally.lost
              << " acknowledged commits lost, " << tally.corrupt << " corrupt, " << std::lround(seconds)
              << " s of CPU\n";
}

/// SQLite promises that NORMAL loses the newest commits and damages nothing.
bool as_expected(const Tally& tally, const Options& options) {
    if (tally.losses_missed > 0) {
        return false;
    }
    switch (options.mode) {
    case Mode::full:
        return (tally.harmed() == 0) == (options.mutant == "none");
    case Mode::normal:
        return tally.lost > 0 && tally.corrupt == 0;
    case Mode::liar:
        return tally.harmed() > 0 && tally.rows_lost > 0;
    }
    return false;
}

} // namespace

int main(int argc, char** argv) {
    Options options;
    CLI::App app("Cuts the power of accessd's database in memory and checks what is left.");
    app.add_option("--cuts", options.cuts, "how many power cuts");
    app.add_option("--from", options.from, "the first seed");
    app.add_option("--mode", options.mode, "full, or normal or liar, which must do harm")
        ->transform(CLI::CheckedTransformer(modes()));
    app.add_option("--plant", options.mutant, "not_synced: accessd does not sync, and this must find it");
    CLI11_PARSE(app, argc, argv);
    if (!accessd::test::plant(options.mutant)) {
        std::cout << "power loss: there is no such mutant, or this build has none\n";
        return 2;
    }
    try {
        Tally tally = run(options, argv[0]);
        print_tally(tally, static_cast<double>(std::clock()) / CLOCKS_PER_SEC);
        return as_expected(tally, options) ? 0 : 1;
    } catch (const std::exception& failure) {
        std::cout << "power loss: the suite itself fails: " << failure.what() << "\n";
        return 1;
    }
}
