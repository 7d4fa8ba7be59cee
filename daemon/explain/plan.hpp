#pragma once

#include "daemon/database_source.hpp"

#include <filesystem>
#include <iosfwd>
#include <map>
#include <string>

namespace accessd {

class PlanOptions {
public:
    PlanOptions() = default;

    std::filesystem::path config;   ///< the one that may come into force; secrets are not read
    std::filesystem::path database; ///< empty: that of `config`
    std::string key;                ///< of the only ticket to look at; empty: all
};

/// `accessd plan`: what a configuration would do to the requests that are held or under way, by rule. It
/// never grants anything to them. Reads only, also beside a running daemon. Gives the exit status: 0 when it
/// differs from what they were approved under in nothing, 1 when it does, or 2 when the configuration is
/// wrong, the database cannot be read, or accessd does not know the ticket; then what is wrong goes to
/// `errors`.
int plan_change(
    const PlanOptions& options,
    const std::map<std::string, std::string>& environment,
    std::ostream& out,
    std::ostream& errors
);

} // namespace accessd
