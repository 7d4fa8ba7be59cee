#pragma once

#include <filesystem>
#include <iosfwd>
#include <map>
#include <string>

namespace accessd {

/// `accessd check`: loads the configuration without any call to the outside. Writes "PATH: ok: N
/// applications, M rules", or every problem and their number. Gives the exit status: 0, or 78 (EX_CONFIG of
/// sysexits.h).
int check_config(
    const std::filesystem::path& path,
    const std::map<std::string, std::string>& environment,
    std::ostream& out
);

} // namespace accessd
