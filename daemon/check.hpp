#pragma once

#include <cstddef>
#include <filesystem>
#include <iosfwd>
#include <map>
#include <string>
#include <string_view>

namespace accessd {

/// "1 rule", "2 rules".
std::string counted(std::size_t number, std::string_view noun);

/// `accessd check`: loads the configuration without any call to the outside. Writes "PATH: ok: N
/// applications, M rules", or every problem and their number. Gives the exit status: 0, or 78 (EX_CONFIG of
/// sysexits.h).
int check_config(
    const std::filesystem::path& path,
    const std::map<std::string, std::string>& environment,
    std::ostream& out
);

} // namespace accessd
