#pragma once

#include <filesystem>
#include <map>
#include <string>

namespace accessd {

/// `accessd run`: the daemon, until SIGTERM or SIGINT. Gives the exit status: 0 after a clean stop, 75
/// (EX_TEMPFAIL) when another daemon holds the state directory, 78 (EX_CONFIG) when the configuration is
/// wrong or does not fit Jira, 1 when it cannot go on.
int run_daemon(const std::filesystem::path& config, const std::map<std::string, std::string>& environment);

} // namespace accessd
