#include "core/support/text.hpp"
#include "tests/core/policy/promise.hpp"

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string_view>
#include <thread>
#include <vector>

// Compares the policy with the promise over many random histories. Every history has a seed of its own, which
// is what to give to --from when one of them disagrees.
using namespace accessd;
using namespace accessd::policy_test;

namespace {

class Options {
public:
    std::uint64_t histories = 1'000'000;
    std::uint64_t from = 1;
    unsigned threads = 2;
    bool show = false;
};

std::optional<Options> read_options(int count, char** arguments) {
    Options options;
    for (int i = 1; i < count; ++i) {
        const std::string_view name = arguments[i];
        if (name == "--show") {
            options.show = true;
            continue;
        }
        const auto value = i + 1 < count ? parse_integer(arguments[++i]) : std::nullopt;
        if (!value || *value < 1) {
            return std::nullopt;
        }
        if (name == "--histories") {
            options.histories = static_cast<std::uint64_t>(*value);
        } else if (name == "--from") {
            options.from = static_cast<std::uint64_t>(*value);
        } else if (name == "--threads" && *value <= 64) {
            options.threads = static_cast<unsigned>(*value);
        } else {
            return std::nullopt;
        }
    }
    return options;
}

class Tally {
public:
    std::atomic<std::uint64_t> next{0};
    std::atomic<std::uint64_t> granted{0};
    std::atomic<std::uint64_t> believed{0};
    std::atomic<bool> failed{false};
};

void compare(const Options& options, Tally& tally) {
    while (!tally.failed) {
        const std::uint64_t number = tally.next++;
        if (number >= options.histories) {
            return;
        }
        const std::uint64_t seed = options.from + number;
        SeededChance chance(seed);
        const History history = some_history(chance);
        if (options.show) {
            std::printf("seed %llu\n%s\n", static_cast<unsigned long long>(seed), described(history).c_str());
        }
        tally.believed += approval_holds(history) ? 1 : 0;
        tally.granted += may_be_granted(history) ? 1 : 0;
        if (const auto wrong = disagreement(history)) {
            tally.failed = true;
            std::printf(
                "seed %llu: %s\n%s\nagain: --from %llu --histories 1\n",
                static_cast<unsigned long long>(seed),
                wrong->c_str(),
                described(history).c_str(),
                static_cast<unsigned long long>(seed)
            );
        }
    }
}

} // namespace

int main(int count, char** arguments) {
    const auto options = read_options(count, arguments);
    if (!options) {
        std::fputs("accessd-histories [--histories N] [--from SEED] [--threads T] [--show]\n", stderr);
        return 2;
    }
    Tally tally;
    std::vector<std::thread> threads;
    for (unsigned i = 0; i < options->threads; ++i) {
        threads.emplace_back(compare, std::cref(*options), std::ref(tally));
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    if (tally.failed) {
        return EXIT_FAILURE;
    }
    std::printf(
        "%llu histories from seed %llu: %llu may be granted, %llu with an approval that holds; no "
        "disagreement\n",
        static_cast<unsigned long long>(options->histories),
        static_cast<unsigned long long>(options->from),
        static_cast<unsigned long long>(tally.granted),
        static_cast<unsigned long long>(tally.believed)
    );
    return EXIT_SUCCESS;
}
