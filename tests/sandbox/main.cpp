#include "core/support/text.hpp"
#include "tests/sandbox/server.hpp"

#include <cstdio>
#include <exception>
#include <optional>
#include <string_view>
#include <sys/resource.h>

using namespace accessd;

namespace {

constexpr const char* usage =
    "usage: accessd-sandbox --dir DIR [--latency-ms N] [--index-lag-ms N] [--port-base N]\n"
    "                       [--seed N] [--verbose]\n"
    "Plays Jira Service Management and Entra ID on loopback. DIR/sandbox.json tells where.\n";

// Nothing when the command line is not understood.
std::optional<sandbox::ServerOptions> parse(int count, char** words) {
    sandbox::ServerOptions options;
    for (int i = 1; i < count; ++i) {
        const std::string_view name = words[i];
        if (name == "--verbose") {
            options.verbose = true;
            continue;
        }
        if (i + 1 == count) {
            return std::nullopt;
        }
        const std::string_view value = words[++i];
        const auto number = parse_integer(value);
        if (name == "--dir" && !value.empty()) {
            options.dir = value;
        } else if (name == "--latency-ms" && number) {
            options.latency = Duration(*number);
        } else if (name == "--index-lag-ms" && number) {
            options.index_lag = Duration(*number);
        } else if (name == "--port-base" && number && *number < 65530) {
            options.port_base = static_cast<std::uint16_t>(*number);
        } else if (name == "--seed" && number) {
            options.seed = static_cast<std::uint64_t>(*number);
        } else {
            return std::nullopt;
        }
    }
    return options.dir.empty() ? std::nullopt : std::optional(options);
}

// Every connection takes a descriptor, and a benchmark opens many.
void allow_many_connections() {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

} // namespace

int main(int count, char** words) {
    const auto options = parse(count, words);
    if (!options) {
        std::fputs(usage, stderr);
        return 2;
    }
    allow_many_connections();
    try {
        sandbox::Server server(*options);
        std::printf(
            "sandbox ready jira=%s entra=%s control=%s\n",
            server.jira_url().c_str(),
            server.entra_url().c_str(),
            server.control_url().c_str()
        );
        std::fflush(stdout);
        server.run();
    } catch (const std::exception& failure) {
        std::fprintf(stderr, "accessd-sandbox: %s\n", failure.what());
        return 1;
    }
    return 0;
}
