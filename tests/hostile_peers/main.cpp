#include "core/support/log.hpp"
#include "tests/hostile_peers/report.hpp"
#include "tests/hostile_peers/scenario.hpp"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <optional>
#include <string>
#include <string_view>

using namespace accessd;
using namespace accessd::hostile;

namespace {

constexpr const char* usage =
    "usage: accessd-hostile-peers [--fault NAME] [--endpoint \"METHOD PATH\"] [--scenario NAME] [--filter "
    "TEXT]\n"
    "                             [--list] [--verbose]\n"
    "Every fault at every endpoint that accessd uses, in three stories: grant, unproven, revoke.\n";

std::optional<Choice> parse(int count, char** words) {
    Choice choice;
    for (int i = 1; i < count; ++i) {
        const std::string_view name = words[i];
        if (name == "--list") {
            choice.list = true;
        } else if (name == "--verbose") {
            choice.verbose = true;
        } else if (i + 1 == count) {
            return std::nullopt;
        } else if (name == "--fault") {
            choice.fault = words[++i];
        } else if (name == "--endpoint") {
            choice.endpoint = words[++i];
        } else if (name == "--scenario") {
            choice.story = words[++i];
        } else if (name == "--filter") {
            choice.filter = words[++i];
        } else {
            return std::nullopt;
        }
    }
    return choice;
}

} // namespace

int main(int count, char** words) {
    const auto choice = parse(count, words);
    if (!choice) {
        std::fputs(usage, stderr);
        return 2;
    }
    std::signal(SIGPIPE, SIG_IGN);
    // The system's authorities would be read anew for every case, and none of them is needed.
    setenv("SSL_CERT_FILE", "/dev/null", 1);
    setenv("SSL_CERT_DIR", "/nonexistent", 1);
    configure_log(LogLevel::debug, LogFormat::text);
    try {
        return run_table(*choice);
    } catch (const std::exception& failure) {
        std::fprintf(stderr, "hostile peers: %s\n", failure.what());
        return 2;
    }
}
