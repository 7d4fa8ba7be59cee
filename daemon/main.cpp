#include "daemon/check.hpp"
#include "daemon/run.hpp"

#include <CLI/CLI.hpp>

#include <cstdio>
#include <exception>
#include <iostream>
#include <map>
#include <string>
#include <unistd.h>

namespace {

constexpr int exit_usage = 64;

std::map<std::string, std::string> read_environment() {
    std::map<std::string, std::string> variables;
    for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
        const std::string text(*entry);
        const std::size_t equals = text.find('=');
        if (equals != std::string::npos) {
            variables.emplace(text.substr(0, equals), text.substr(equals + 1));
        }
    }
    return variables;
}

int run_command_line(int argc, char** argv) {
    CLI::App app(
        "accessd turns approved Jira Service Management tickets into access, and revoked ones into none."
    );
    app.set_version_flag("--version", "accessd " ACCESSD_VERSION);
    app.require_subcommand(1);
    std::string config = "/etc/accessd/accessd.toml";
    CLI::App* run = app.add_subcommand("run", "run the daemon in the foreground");
    run->add_option("--config", config, "the configuration file")->capture_default_str();
    CLI::App* check =
        app.add_subcommand("check", "check the configuration and every secret it names; exit 78 if wrong");
    check->add_option("--config", config, "the configuration file")->capture_default_str();
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : exit_usage;
    }
    if (run->parsed()) {
        return accessd::run_daemon(config, read_environment());
    }
    return accessd::check_config(config, read_environment(), std::cout);
}

} // namespace

int main(int argc, char** argv) {
    try {
        return run_command_line(argc, argv);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "accessd: %s\n", error.what());
        return 1;
    }
}
