#include "daemon/check.hpp"
#include "tests/daemon/config_fixture.hpp"

#include <doctest/doctest.h>

#include <sstream>

using namespace accessd;

TEST_CASE("check: a right configuration is one line and success") {
    const ConfigFolder folder;
    folder.write("accessd.toml", config_with());
    std::ostringstream out;
    CHECK(check_config(folder.path("accessd.toml"), folder.environment, out) == 0);
    CHECK(out.str() == folder.path("accessd.toml") + ": ok: 1 application, 1 rule\n");
}

TEST_CASE("check: a wrong configuration is every problem, their number and EX_CONFIG") {
    const ConfigFolder folder;
    folder.write("accessd.toml", config_with("[jira]\n", "[jira]\na = 1\nb = 2\n"));
    std::ostringstream out;
    CHECK(check_config(folder.path("accessd.toml"), folder.environment, out) == 78);
    const std::string said = out.str();
    CHECK(said.starts_with(folder.path("accessd.toml") + ":2:1: error: unknown key \"a\" in [jira]"));
    CHECK(said.ends_with(folder.path("accessd.toml") + ": 2 problems\n"));
}

TEST_CASE("check: a wrong line of a map file is named, and EX_CONFIG") {
    const ConfigFolder folder;
    folder.write("accounts.csv", "712020:a,jane\n712020:a,bob\n", 0644);
    folder.write(
        "accessd.toml",
        config_with("allowed_domains", "map_file = \"" + folder.path("accounts.csv") + "\"\nallowed_domains")
    );
    std::ostringstream out;
    CHECK(check_config(folder.path("accessd.toml"), folder.environment, out) == 78);
    CHECK(out.str().starts_with(
        folder.path("accounts.csv") + ":2:1: error: this line has the Jira account id of line 1 again\n"
    ));
}
