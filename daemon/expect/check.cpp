#include "daemon/expect/check.hpp"

#include "core/support/text.hpp"
#include "daemon/check.hpp"
#include "daemon/config.hpp"
#include "daemon/expect/judge.hpp"

#include <ostream>
#include <vector>

namespace accessd {

namespace {

constexpr int exit_unmet = 1;
constexpr int exit_wrong = 2;

int say_problems(const std::vector<ConfigProblem>& problems, const std::string& name, std::ostream& out) {
    for (const ConfigProblem& problem : problems) {
        out << problem.text() << "\n";
    }
    out << name << ": " << counted(problems.size(), "problem") << "\n";
    return exit_wrong;
}

std::string title(const Expectation& expected) {
    const std::string_view what = expected.kind == RequestKind::grant    ? "access to "
                                  : expected.kind == RequestKind::remove ? "removal of "
                                                                         : "change to ";
    return std::string(what) + in_quotes(expected.access_type) + " in " + in_quotes(expected.application) +
           " for " + escape_text(expected.beneficiary);
}

} // namespace

int check_expectations(
    const std::filesystem::path& config,
    const std::filesystem::path& expectations,
    const std::map<std::string, std::string>& environment,
    std::ostream& out
) {
    LoadedConfig loaded = load_config(config, environment, SecretUse::skip);
    if (!loaded.config) {
        return say_problems(loaded.problems, escape_text(config.string(), 4096), out);
    }
    const std::string name = escape_text(expectations.string(), 4096);
    Problems problems;
    const ExpectFile file = read_expect_file(expectations, *loaded.config, problems);
    if (!problems.empty()) {
        return say_problems(problems.take(), name, out);
    }
    const Policy policy = offline_policy(*loaded.config);
    std::size_t unmet = 0;
    for (const Expectation& expected : file.expectations) {
        const std::string wrong = difference(expected, judge(expected, file, *loaded.config, policy));
        if (!wrong.empty()) {
            ++unmet;
            out << problems.describe(expected.place) << ": " << title(expected) << ": " << wrong << "\n";
        }
    }
    const std::string all = counted(file.expectations.size(), "expectation");
    out << name << ": " << (unmet == 0 ? "ok: " + all : std::to_string(unmet) + " of " + all + " not met")
        << "\n";
    return unmet == 0 ? 0 : exit_unmet;
}

} // namespace accessd
