#include "tests/daemon/config_fixture.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace accessd;

namespace {

/// A change that breaks the small configuration, and what is then said.
class Case {
public:
    std::string_view from;
    std::string_view to;
    std::string_view said;
};

void check_all(const std::vector<Case>& cases) {
    const ConfigFolder folder;
    for (const Case& broken : cases) {
        CAPTURE(broken.to);
        const LoadedConfig loaded = folder.load(config_with(broken.from, broken.to));
        CHECK(problems_of(loaded, folder) == std::string(broken.said));
        CHECK_FALSE(loaded.config.has_value());
    }
}

} // namespace

TEST_CASE("config: an unknown name is an error that offers the nearest one") {
    check_all({
        {"[jira]\n",
         "[jira]\npol_interval = \"15s\"\n",
         "accessd.toml:2:1: unknown key \"pol_interval\" in [jira]; did you mean \"poll_interval\"?\n"},
        {"[jira]\n",
         "[deamon]\n[jira]\n",
         "accessd.toml:1:2: unknown section \"deamon\"; did you mean \"daemon\"?\n"},
        {"[jira]\n",
         "[speed]\n[jira]\n",
         "accessd.toml:1:2: unknown section \"speed\"; known are \"daemon\", \"jira\", \"portal\", "
         "\"brake\", \"application\", \"rule\", \"deny\", \"conflict\"\n"},
        {"[jira]\n",
         "mode = \"enforce\"\n[jira]\n",
         "accessd.toml:1:1: unknown key \"mode\"; known are \"daemon\", \"jira\", \"portal\", "
         "\"brake\", \"application\", \"rule\", \"deny\", \"conflict\"\n"},
        {"revoked = ",
         "revokd = ",
         "accessd.toml:16:1: unknown key \"revokd\" in [portal.statuses]; did you mean \"revoked\"?\n"},
        {"client_secret",
         "client_secrt",
         "accessd.toml:22:1: unknown key \"client_secrt\" in [application.\"Entra ID\"]; did you mean "
         "\"client_secret\"?\n"},
        {"\"entra\"",
         "\"entar\"",
         "accessd.toml:19:12: there is no provider \"entar\"; did you mean \"entra\"?\n"},
        {"application = \"Entra ID\"",
         "application = \"Enrta ID\"",
         "accessd.toml:27:15: there is no application \"Enrta ID\"; did you mean \"Entra ID\"?\n"},
        {"{ groups = [\"appr",
         "{ group = [\"appr",
         "accessd.toml:30:13: \"approvers\" must name at least one of \"users\" and \"groups\"\n"
         "accessd.toml:30:15: unknown key \"group\" in \"approvers\"; did you mean \"groups\"?\n"},
    });
}

TEST_CASE("config: what is missing is reported where it belongs") {
    check_all({
        {"email = \"accessd@acme.example\"\n", "", "accessd.toml:1:1: \"email\" is missing in [jira]\n"},
        {"project = \"ACC\"\n", "", "accessd.toml:6:1: \"project\" is missing in [portal]\n"},
        {"tenant_id = \"tenant\"\n",
         "",
         "accessd.toml:18:1: \"tenant_id\" is missing in [application.\"Entra ID\"]\n"},
        {"[application.\"Entra ID\".identity]\nallowed_domains = [\"acme.example\"]\n",
         "",
         "accessd.toml:18:1: \"identity\" is missing in [application.\"Entra ID\"]\n"},
        {"allowed_domains = [\"acme.example\"]\n",
         "",
         "accessd.toml:23:1: \"allowed_domains\" is missing in [application.\"Entra ID\".identity]\n"},
        {"approvers = { groups = [\"approvers\"] }\n",
         "",
         "accessd.toml:26:1: \"approvers\" is missing in [[rule]]\n"},
        {"access_type = \"User\"\n", "", "accessd.toml:26:1: \"access_type\" is missing in [[rule]]\n"},
    });
}

TEST_CASE("config: a file without sections misses each of them") {
    const ConfigFolder folder;
    CHECK(
        problems_of(folder.load(""), folder) == "accessd.toml: the section [jira] is missing\n"
                                                "accessd.toml: the section [portal] is missing\n"
                                                "accessd.toml: the section [application.NAME] is missing\n"
                                                "accessd.toml: the section [[rule]] is missing\n"
    );
}

TEST_CASE("config: a value of the wrong kind says which kind is right") {
    check_all({
        {"\"ACC\"",
         "5",
         "accessd.toml:7:11: \"project\" must be text (like project = \"...\"), not a number\n"},
        {"[\"Approved\"]",
         "\"Approved\"",
         "accessd.toml:15:12: \"approved\" must be a list (like approved = [\"...\"]), not text\n"},
        {"[\"Approved\"]",
         "[\"Approved\", 1.5]",
         "accessd.toml:15:25: \"approved\" must hold text only, not a date or a fraction\n"},
        {"[jira]\n",
         "[jira]\npoll_interval = 15\n",
         "accessd.toml:2:17: \"poll_interval\" must be text (with its unit, like poll_interval = \"15m\"), "
         "not "
         "a number\n"},
        {"{ groups = [\"approvers\"] }",
         "[\"approvers\"]",
         "accessd.toml:30:13: \"approvers\" must be a table (a section of its own), not a list\n"},
        {"groups = [\"users\"]",
         "groups = [\"users\"]\nrevoke_preexisting = \"yes\"",
         "accessd.toml:30:22: \"revoke_preexisting\" must be true or false (without quotes), not text\n"},
        {"[jira]\n", "daemon = 1\n[jira]\n", "accessd.toml:1:1: \"daemon\" must be a section: [daemon]\n"},
    });
}

TEST_CASE("config: a value out of its range or shape is refused") {
    check_all({
        {"[jira]\n",
         "[jira]\npoll_interval = \"4s\"\n",
         "accessd.toml:2:17: \"poll_interval\" must be between \"5s\" and \"10m\"\n"},
        {"[jira]\n",
         "[jira]\npoll_interval = \"11m\"\n",
         "accessd.toml:2:17: \"poll_interval\" must be between \"5s\" and \"10m\"\n"},
        {"[jira]\n",
         "[jira]\npoll_interval = \"15\"\n",
         "accessd.toml:2:17: \"poll_interval\" must be digits and one unit (s, m, h, d, w), like \"15m\"\n"},
        {"[jira]\n",
         "[daemon]\nmode = \"dryrun\"\n[jira]\n",
         "accessd.toml:2:8: \"mode\" cannot be \"dryrun\"; did you mean \"dry-run\"?\n"},
        {"[jira]\n",
         "[daemon]\nstate_dir = \"state\"\n[jira]\n",
         "accessd.toml:2:13: \"state_dir\" must be an absolute path\n"},
        {"[jira]\n",
         "[jira]\ndeployment = \"data-center\"\n",
         "accessd.toml:2:14: this version speaks Jira Cloud only: \"deployment\" must be \"cloud\"\n"},
        {"[portal]\n",
         "[portal]\nevidence = \"transitions\"\n",
         "accessd.toml:7:12: \"evidence\" cannot be \"transitions\"; did you mean \"transition\"?\n"},
        {"\"ACC\"",
         "\"Access Requests\"",
         "accessd.toml:7:11: \"project\" must be the key of a Jira project, like \"ACC\", not its name\n"},
        {"accessd@acme.example", "accessd", "accessd.toml:3:9: \"email\" must be an e-mail address\n"},
        {"[\"acme.example\"]",
         "[\"@acme.example\"]",
         "accessd.toml:24:20: \"allowed_domains\" must hold domains like \"acme.example\"\n"},
        {"[\"acme.example\"]", "[]", "accessd.toml:24:19: \"allowed_domains\" must not be empty\n"},
        {"\"User\"", "\"\"", "accessd.toml:28:15: \"access_type\" must not be empty\n"},
        {"\"User\"", "\"a\\nb\"", "accessd.toml:28:15: \"access_type\" holds control characters\n"},
        {"\"User\"", "\"User \"", "accessd.toml:28:15: \"access_type\" begins or ends with a blank\n"},
        {"\"User\"", "\"a\\u202Eb\"", "accessd.toml:28:15: \"access_type\" holds control characters\n"},
        {"groups = [\"users\"]", "groups = []", "accessd.toml:29:10: \"groups\" must not be empty\n"},
        {"groups = [\"approvers\"]",
         "users = [], groups = []",
         "accessd.toml:30:13: \"approvers\" must name at least one of \"users\" and \"groups\"\n"},
        {"groups = [\"approvers\"]",
         "users = [\"@x\"]",
         "accessd.toml:30:24: \"@x\" is neither an e-mail address nor a Jira account id\n"},
    });
}

TEST_CASE("config: only plain https URLs are taken, and a refused one is not quoted") {
    for (const std::string_view url :
         {"http://acme.example",
          "https://",
          "https:///x",
          "https://u:p@acme.example",
          "https://acme.example?x=1",
          "https://acme.example#x",
          "acme.example",
          "https://acme.example:0",
          "https://acme.example:70000",
          "https://acme.example:",
          "https://acme..example",
          "https://-acme.example",
          "https://acme.example/../x",
          "https://acme.example/a b",
          "https://[::1",
          "https://[1234]",
          "https://acme.example//x",
          "https://\u00e4cme.example"}) {
        CAPTURE(url);
        const ConfigFolder folder;
        CHECK(
            problems_of(folder.load(config_with("https://acme.atlassian.net/", url)), folder) ==
            "accessd.toml:2:7: \"url\" must be \"https://host[:port][/path]\", without user, query or "
            "fragment\n"
        );
    }
}

TEST_CASE("config: a URL is kept in its normal form") {
    const ConfigFolder folder;
    for (const auto& [written, kept] : std::map<std::string, std::string>{
             {"HTTPS://Acme.Example:8443/Jira/", "https://acme.example:8443/Jira"},
             {"https://api.atlassian.com/ex/jira/1-2", "https://api.atlassian.com/ex/jira/1-2"},
             {"https://[::1]:9000", "https://[::1]:9000"}}) {
        const LoadedConfig loaded = folder.load(config_with("https://acme.atlassian.net/", written));
        REQUIRE(loaded.config.has_value());
        CHECK(loaded.config->jira.url == kept);
    }
}

TEST_CASE("config: a name has one meaning") {
    check_all({
        {"revoked = [\"Revoked\"]",
         "revoked = [\"approved\"]",
         "accessd.toml:16:12: status \"approved\" already means \"approved\" at accessd.toml:15:13\n"},
        {"remove = [\"Request Removal\"]",
         "remove = [\"Request Access\"]",
         "accessd.toml:10:11: request type \"Request Access\" already means \"grant\" at "
         "accessd.toml:9:10\n"},
        {"access_type = \"Access Type\"",
         "access_type = \"Application\"",
         "accessd.toml:13:15: field \"Application\" already means \"application\" at accessd.toml:12:15\n"},
        {"[portal.statuses]",
         "[portal.outcomes]\ngranted = \"Approved\"\n[portal.statuses]",
         "accessd.toml:15:11: status \"Approved\" already means \"approved\" at accessd.toml:17:13\n"},
        {"[\"Approved\"]",
         "[\"Approved\", \"APPROVED\"]",
         "accessd.toml:15:25: \"APPROVED\" is already listed at accessd.toml:15:13\n"},
        {"[\"users\"]",
         "[\"users\", \"Users\"]",
         "accessd.toml:29:20: \"Users\" is already listed at accessd.toml:29:11\n"},
        {"[application.\"Entra ID\"]",
         "[application.\"entra id\"]\nprovider = \"entra\"\ntenant_id = \"t\"\n"
         "client_id = \"c\"\nidentity.allowed_domains = [\"a.example\"]\n[application.\"Entra ID\"]",
         "accessd.toml:18:14: application \"entra id\" differs only in case from the one at "
         "accessd.toml:23:14\n"},
        {"[[rule]]",
         "[[rule]]\napplication = \"Entra ID\"\naccess_type = \"user\"\ngroups = [\"x\"]\n"
         "approvers = { users = [\"a@b.example\"] }\n[[rule]]",
         "accessd.toml:31:1: the rule for application \"Entra ID\" and access type \"User\" is already at "
         "accessd.toml:26:1\n"},
    });
}

TEST_CASE("config: all problems come at once, in the order of their places") {
    const ConfigFolder folder;
    std::string text = config_with("\"ACC\"", "5");
    text.replace(text.find("https"), 5, "http");
    text += "x = 1\n";
    folder.write("conf.d/a.toml", "[daemon]\nmode = 1\n");
    CHECK(
        problems_of(folder.load(text), folder) ==
        "accessd.toml:2:7: \"url\" must be \"https://host[:port][/path]\", without user, query or fragment\n"
        "accessd.toml:7:11: \"project\" must be text (like project = \"...\"), not a number\n"
        "accessd.toml:31:1: unknown key \"x\" in [[rule]]; known are \"application\", \"access_type\", "
        "\"groups\", \"approvers\", \"requesters\", \"require_reason\", \"max_duration\", "
        "\"revoke_preexisting\"\n"
        "a.toml:2:8: \"mode\" must be text (like mode = \"...\"), not a number\n"
    );
}
