#include "daemon/check.hpp"

#include "core/support/text.hpp"
#include "daemon/config.hpp"

#include <ostream>
#include <string_view>
#include <sysexits.h>

namespace accessd {

namespace {

std::string counted(std::size_t number, std::string_view noun) {
    return std::to_string(number) + " " + std::string(noun) + (number == 1 ? "" : "s");
}

} // namespace

int check_config(
    const std::filesystem::path& path,
    const std::map<std::string, std::string>& environment,
    std::ostream& out
) {
    const LoadedConfig loaded = load_config(path, environment);
    const std::string name = escape_text(path.string(), 4096);
    if (loaded.config) {
        out << name << ": ok: " << counted(loaded.config->applications.size(), "application") << ", "
            << counted(loaded.config->rules.size(), "rule") << "\n";
        return EX_OK;
    }
    for (const ConfigProblem& problem : loaded.problems)
        out << problem.text() << "\n";
    out << name << ": " << counted(loaded.problems.size(), "problem") << "\n";
    return EX_CONFIG;
}

} // namespace accessd
