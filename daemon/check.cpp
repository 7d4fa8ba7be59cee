#include "daemon/check.hpp"

#include "core/support/asio_clock.hpp"
#include "core/support/system_random.hpp"
#include "core/support/text.hpp"
#include "daemon/config.hpp"
#include "daemon/wiring.hpp"

#include <ostream>
#include <sysexits.h>

namespace accessd {

std::string counted(std::size_t number, std::string_view noun) {
    return std::to_string(number) + " " + std::string(noun) + (number == 1 ? "" : "s");
}

int check_config(
    const std::filesystem::path& path,
    const std::map<std::string, std::string>& environment,
    std::ostream& out
) {
    const LoadedConfig loaded = load_config(path, environment);
    const std::string name = escape_text(path.string(), 4096);
    if (loaded.config) {
        AsioClock clock;
        SystemRandom random;
        // What only the parts themselves can judge: keys that exclude each other, certificates, CA files.
        const auto wiring = Wiring::make(*loaded.config, environment, clock, random);
        if (!wiring) {
            out << name << ": error: " << wiring.error().message() << "\n" << name << ": 1 problem\n";
            return EX_CONFIG;
        }
        out << name << ": ok: " << counted(loaded.config->applications.size(), "application") << ", "
            << counted(loaded.config->rules.size(), "rule") << "\n";
        return EX_OK;
    }
    for (const ConfigProblem& problem : loaded.problems) {
        out << problem.text() << "\n";
    }
    out << name << ": " << counted(loaded.problems.size(), "problem") << "\n";
    return EX_CONFIG;
}

} // namespace accessd
