#include "tests/daemon/config_fixture.hpp"

#include <doctest/doctest.h>

#include <map>
#include <string>

using namespace accessd;

namespace {

std::string with_map(const ConfigFolder& folder) {
    return config_with(
        "allowed_domains = [\"acme.example\"]",
        "match = \"map\"\nmap_file = \"" + folder.path("accounts.csv") + "\""
    );
}

} // namespace

TEST_CASE("config: a map file says which account belongs to whom") {
    const ConfigFolder folder;
    folder.write(
        "accounts.csv",
        "# Jira, Entra\n\n712020:aa-bb, jane@acme.example\r\n557058:1,bob@acme.example\n  # more\n",
        0644
    );
    const LoadedConfig loaded = folder.load(with_map(folder));
    CHECK(problems_of(loaded, folder) == "");
    REQUIRE(loaded.config.has_value());
    const IdentityRule& identity = loaded.config->applications.front().identity;
    CHECK(identity.match == IdentityMatch::map);
    CHECK(
        identity.account ==
        std::map<std::string, std::string>{
            {"712020:aa-bb", "jane@acme.example"}, {"557058:1", "bob@acme.example"}}
    );
}

TEST_CASE("config: a map file may have a header in its first line, and the mark of a spreadsheet") {
    const ConfigFolder folder;
    folder.write(
        "accounts.csv", "\xef\xbb\xbf# exported\njira_account_id, account\r\n712020:a,jane\r\n", 0644
    );
    const LoadedConfig loaded = folder.load(with_map(folder));
    CHECK(problems_of(loaded, folder) == "");
    REQUIRE(loaded.config.has_value());
    CHECK(
        loaded.config->applications.front().identity.account ==
        std::map<std::string, std::string>{{"712020:a", "jane"}}
    );
    folder.write("accounts.csv", "1,a\njira_account_id,account\n", 0644);
    CHECK(
        problems_of(folder.load(with_map(folder)), folder) ==
        "accounts.csv:2:1: this line does not begin with a Jira account id\n"
    );
}

TEST_CASE("config: a map file that may be cut short is refused") {
    const ConfigFolder folder;
    folder.write("accounts.csv", "1,jane@acme.example\n2,bob@acme.exam", 0644);
    CHECK(
        problems_of(folder.load(with_map(folder)), folder) ==
        "accounts.csv:2:1: this line has no line break at its end: the file may be cut short\n"
    );
    folder.write("accounts.csv", "", 0644);
    CHECK(
        problems_of(folder.load(with_map(folder)), folder) ==
        "accessd.toml:25:12: \"map_file\" \"accounts.csv\" is empty\n"
    );
    folder.write("accounts.csv", "# nobody yet\n", 0644);
    CHECK(problems_of(folder.load(with_map(folder)), folder) == "");
}

TEST_CASE("config: a map file may stand beside e-mail addresses") {
    const ConfigFolder folder;
    folder.write("accounts.csv", "712020:a,jane\n", 0644);
    const LoadedConfig loaded = folder.load(config_with(
        "allowed_domains",
        "map_file = \"" + folder.path("accounts.csv") + "\"\nportal_customers = true\nallowed_domains"
    ));
    CHECK(problems_of(loaded, folder) == "");
    REQUIRE(loaded.config.has_value());
    const IdentityRule& identity = loaded.config->applications.front().identity;
    CHECK(identity.match == IdentityMatch::email);
    CHECK(identity.account.size() == 1);
    CHECK(identity.portal_customers);
    CHECK_FALSE(folder.load(config_with()).config->applications.front().identity.portal_customers);
}

TEST_CASE("config: each wrong line of a map file is reported") {
    const ConfigFolder folder;
    folder.write(
        "accounts.csv",
        "1,a\n2\n3,a,b\n ,c\n1,d\n4,A\n5,\n\"6\",e\n7,\"f\"\nj\xffx,g\n8,\x01\n9,j\xc3\xa4ne\n",
        0644
    );
    CHECK(
        problems_of(folder.load(with_map(folder)), folder) ==
        "accounts.csv:2:1: this line must be \"jira account id,account\"\n"
        "accounts.csv:3:1: this line must be \"jira account id,account\"\n"
        "accounts.csv:4:1: this line does not begin with a Jira account id\n"
        "accounts.csv:5:1: this line has the Jira account id of line 1 again\n"
        "accounts.csv:6:1: this line has the account of line 1 again\n"
        "accounts.csv:7:1: this line has an account that must not be empty\n"
        "accounts.csv:8:1: this line does not begin with a Jira account id\n"
        "accounts.csv:9:1: this line must not be quoted\n"
        "accounts.csv:10:1: this line does not begin with a Jira account id\n"
        "accounts.csv:11:1: this line has an account that holds control characters\n"
        "accounts.csv:12:1: this line has an account that is not plain ASCII without blanks\n"
    );
}

TEST_CASE("config: a file of another kind is not reported line by line for ever") {
    const ConfigFolder folder;
    std::string text;
    for (int line = 0; line < 1000; ++line)
        text += "nonsense\n";
    folder.write("accounts.csv", text, 0644);
    const LoadedConfig loaded = folder.load(with_map(folder));
    REQUIRE(loaded.problems.size() == 21);
    CHECK(loaded.problems.back().message == "more lines are wrong; the rest is not read");
}

TEST_CASE("config: each way of matching has its own key") {
    const ConfigFolder folder;
    CHECK(
        problems_of(folder.load(with_map(folder)), folder) ==
        "accessd.toml:25:12: \"map_file\" \"accounts.csv\" cannot be read: No such file or directory\n"
    );
    CHECK(
        problems_of(
            folder.load(config_with("allowed_domains", "match = \"map\"\nallowed_domains")), folder
        ) == "accessd.toml:23:1: \"map_file\" is missing in [application.\"Entra ID\".identity]\n"
             "accessd.toml:25:1: \"allowed_domains\" goes with match = \"email\" only\n"
    );
}

TEST_CASE("config: allowed domains are kept in lower case") {
    const ConfigFolder folder;
    const LoadedConfig loaded = folder.load(config_with("[\"acme.example\"]", "[\"Acme.Example\"]"));
    REQUIRE(loaded.config.has_value());
    CHECK(loaded.config->applications.front().identity.allowed_domains.front() == "acme.example");
}
