#pragma once

#include <filesystem>
#include <iosfwd>
#include <map>
#include <string>

namespace accessd {

/// `accessd check --expect`: tries the rules of a configuration on the requests of a file. Calls nobody and
/// opens no secret. Writes a line for each expectation that is not met, and how many there are. Gives the
/// exit status: 0; 1 when one is not met, or 2 when a file is wrong: then every problem is written instead.
int check_expectations(
    const std::filesystem::path& config,
    const std::filesystem::path& expectations,
    const std::map<std::string, std::string>& environment,
    std::ostream& out
);

} // namespace accessd
