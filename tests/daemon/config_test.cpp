#include "core/support/text.hpp"
#include "daemon/config.hpp"
#include "tests/daemon/config_fixture.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <fstream>
#include <sstream>

using namespace accessd;
using namespace std::chrono_literals;

namespace {

std::string source_file(const std::string& name) {
    std::ifstream file(ACCESSD_SOURCE_DIR "/" + name);
    std::ostringstream content;
    content << file.rdbuf();
    return content.str();
}

std::string hash_of(const ConfigFolder& folder, const std::string& content) {
    const LoadedConfig loaded = folder.load(content);
    REQUIRE(loaded.config.has_value());
    return loaded.config->hash;
}

std::string rule_hash_of(const ConfigFolder& folder, const std::string& content) {
    const LoadedConfig loaded = folder.load(content);
    REQUIRE(loaded.config.has_value());
    return loaded.config->rules.front().hash;
}

} // namespace

TEST_CASE("config: a small file gives every value and every default") {
    const ConfigFolder folder;
    const LoadedConfig loaded = folder.load(config_with());
    CHECK(problems_of(loaded, folder) == "");
    REQUIRE(loaded.config.has_value());
    const Config& config = *loaded.config;

    CHECK(config.daemon.state_dir == "/var/lib/accessd");
    CHECK(config.daemon.mode == Mode::enforce);
    CHECK(config.daemon.log_level == LogLevel::info);
    CHECK(config.daemon.log_format == LogFormat::automatic);
    CHECK(config.daemon.park_after == 24h);
    CHECK(config.jira.url == "https://acme.atlassian.net");
    CHECK(config.jira.email == "accessd@acme.example");
    CHECK(config.jira.token.reveal() == "the-jira-token");
    CHECK(config.jira.poll_interval == 15s);
    CHECK(config.jira.sweep_interval == 10min);
    CHECK(config.portal.project == "ACC");
    CHECK(config.portal.grant_types == std::vector<std::string>{"Request Access"});
    CHECK(config.portal.beneficiary_field == "reporter");
    CHECK(config.portal.comments == Comments::public_);
    CHECK(config.on_vanished == OnVanished::park);
    CHECK(config.vanished_grace == 24h);
    REQUIRE(config.applications.size() == 1);
    const ApplicationSettings& application = config.applications.front();
    CHECK(application.name == "Entra ID");
    CHECK(application.settings.application == "Entra ID");
    REQUIRE(application.provider != nullptr);
    CHECK(application.provider->system == "entra");
    CHECK(application.settings.texts.at("tenant_id") == "tenant");
    CHECK(application.settings.texts.at("api_url") == "https://graph.microsoft.com");
    CHECK(application.settings.secrets.at("client_secret").reveal() == "the-entra-secret");
    CHECK(application.identity.match == IdentityMatch::email);
    CHECK(application.identity.allowed_domains == std::vector<std::string>{"acme.example"});
    REQUIRE(config.rules.size() == 1);
    CHECK(config.rules.front().access_type == "User");
    CHECK(config.rules.front().approvers.groups == std::vector<std::string>{"approvers"});
    CHECK_FALSE(config.rules.front().max_duration.has_value());
    CHECK(config.rules.front().hash.size() == 16);
    CHECK(config.hash.size() == 16);
}

TEST_CASE("config: every optional key is read") {
    const ConfigFolder folder;
    folder.write("ca.pem", "-----BEGIN CERTIFICATE-----\n");
    std::string text = config_with("[jira]\n", R"([daemon]
state_dir = "/srv/accessd"
mode = "dry-run"
log_level = "debug"
log_format = "json"
park_after = "36h"
[jira]
deployment = "cloud"
poll_interval = "5s"
sweep_interval = "1h"
ca_file = ")" + folder.path("ca.pem") + "\"\n");
    text.replace(text.find("project = "), 0, R"(evidence = "approval"
comments = "internal"
on_vanished = "revoke"
vanished_grace = "7d"
outcomes = { granted = "Granted", removed = "Removed", failed = "Failed" }
)");
    text += "max_duration = \"90d\"\nrevoke_preexisting = true\n";
    const LoadedConfig loaded = folder.load(text);
    CHECK(problems_of(loaded, folder) == "");
    REQUIRE(loaded.config.has_value());
    const Config& config = *loaded.config;
    CHECK(config.daemon.state_dir == "/srv/accessd");
    CHECK(config.daemon.mode == Mode::dry_run);
    CHECK(config.daemon.log_level == LogLevel::debug);
    CHECK(config.daemon.log_format == LogFormat::json);
    CHECK(config.daemon.park_after == 36h);
    CHECK(config.jira.poll_interval == 5s);
    CHECK(config.jira.sweep_interval == 1h);
    CHECK(config.jira.ca_file == folder.path("ca.pem"));
    CHECK(config.portal.comments == Comments::internal);
    CHECK(config.on_vanished == OnVanished::revoke);
    CHECK(config.vanished_grace == 24h * 7);
    CHECK(config.portal.failed_outcome == "Failed");
    CHECK(config.rules.front().max_duration == 24h * 90);
    CHECK(config.rules.front().revoke_preexisting);
}

TEST_CASE("config: without state_dir the folder that systemd made is used") {
    ConfigFolder folder;
    folder.environment["STATE_DIRECTORY"] = "/var/lib/private/accessd:/var/lib/other";
    const LoadedConfig loaded = folder.load(config_with());
    REQUIRE(loaded.config.has_value());
    CHECK(loaded.config->daemon.state_dir == "/var/lib/private/accessd");
}

TEST_CASE("config: the example in etc loads as it is") {
    const ConfigFolder folder;
    folder.write("credentials/entra-client-secret", "secret\n");
    const std::string example = source_file("etc/accessd.toml");

    SUBCASE("with its standards") {
        const LoadedConfig loaded = folder.load(example);
        CHECK(problems_of(loaded, folder) == "");
        REQUIRE(loaded.config.has_value());
        CHECK(loaded.config->daemon.mode == Mode::dry_run);
    }
    SUBCASE("with every key that it comments out") {
        folder.write("ca.pem", "-----BEGIN CERTIFICATE-----\n");
        std::string text;
        for (std::string_view line : split(example, '\n')) {
            const bool is_key = line.starts_with("# ") && line.find(" = ") != std::string_view::npos &&
                                ((line[2] >= 'a' && line[2] <= 'z') || line[2] == '"') &&
                                line.find('{') == std::string_view::npos;
            if (is_key || line.starts_with("# ["))
                line.remove_prefix(2);
            text += std::string(line) + "\n";
        }
        folder.write("entra.csv", "# nobody yet\n", 0644);
        for (const std::string name : {"ca.pem", "entra.csv"}) {
            const std::string there = "/etc/accessd/" + name;
            REQUIRE(text.find("_file = \"" + there) != std::string::npos);
            text.replace(text.find(there), there.size(), folder.path(name));
        }
        const LoadedConfig loaded = folder.load(text);
        CHECK(problems_of(loaded, folder) == "");
        REQUIRE(loaded.config.has_value());
        CHECK(loaded.config->portal.granted_outcome == "Access Granted");
    }
}

TEST_CASE("config: the examples of the manual load together") {
    const ConfigFolder folder;
    folder.write("credentials/entra-client-secret", "secret\n");
    std::string examples;
    bool inside = false;
    const std::string manual = source_file("docs/configuration.md");
    for (const std::string_view line : split(manual, '\n')) {
        if (line.starts_with("```"))
            inside = line == "```toml";
        else if (inside)
            examples += std::string(line) + "\n";
    }
    const LoadedConfig loaded = folder.load(examples);
    CHECK(problems_of(loaded, folder) == "");
    REQUIRE(loaded.config.has_value());
    CHECK(loaded.config->rules.size() == 1);
}

TEST_CASE("config: files of conf.d are read after the main file, in the order of their names") {
    const ConfigFolder folder;
    folder.write("conf.d/20-rules.toml", R"([[rule]]
application = "Entra ID"
access_type = "Third"
groups = ["third"]
approvers = { users = ["bob@acme.example"] }
)");
    folder.write("conf.d/10-rules.toml", R"([daemon]
mode = "dry-run"
[portal]
comments = "none"
[[rule]]
application = "Entra ID"
access_type = "Second"
groups = ["second"]
approvers = { users = ["bob@acme.example"] }
)");
    folder.write("conf.d/B.toml", "[daemon]\nlog_level = \"debug\"\n");
    folder.write("conf.d/notes.txt", "not TOML");
    folder.write("conf.d/.hidden.toml", "not TOML");
    const LoadedConfig loaded = folder.load(config_with());
    CHECK(problems_of(loaded, folder) == "");
    REQUIRE(loaded.config.has_value());
    REQUIRE(loaded.config->rules.size() == 3);
    CHECK(loaded.config->rules[0].access_type == "User");
    CHECK(loaded.config->rules[1].access_type == "Second");
    CHECK(loaded.config->rules[2].access_type == "Third");
    CHECK(loaded.config->daemon.mode == Mode::dry_run);
    CHECK(loaded.config->daemon.log_level == LogLevel::debug);
    CHECK(loaded.config->portal.comments == Comments::none);
}

TEST_CASE("config: a key that two files set is a problem that names both places") {
    const ConfigFolder folder;
    folder.write("conf.d/a.toml", "[jira]\nemail = \"x@acme.example\"\ntoken.file = \"/x\"\n");
    folder.write("conf.d/b.toml", "rule = 1\n");
    CHECK(
        problems_of(folder.load(config_with()), folder) ==
        "a.toml:2:1: \"email\" is already set at accessd.toml:3:1\n"
        "a.toml:3:1: \"token\" is already set at accessd.toml:4:1\n"
        "b.toml:1:1: \"rule\" is already set at accessd.toml:26:3\n"
    );
}

TEST_CASE("config: one broken file of conf.d does not hide another, but hides what would be noise") {
    const ConfigFolder folder;
    folder.write("conf.d/a.toml", "[jira\n");
    folder.write("conf.d/b.toml", "x = \n");
    CHECK(
        problems_of(folder.load(config_with("email", "e_mail")), folder) ==
        "a.toml:1:6: not valid TOML: table header: expected ']'\n"
        "b.toml:1:5: not valid TOML: key-value pair: expected value\n"
    );
}

TEST_CASE("config: the hash follows the meaning, not the writing") {
    const ConfigFolder folder;
    const std::string before = hash_of(folder, config_with());
    const std::string two_groups = config_with("[\"users\"]", "[\"users\", \"more\"]");

    CHECK(hash_of(folder, "# a comment\n\n" + config_with()) == before);
    CHECK(
        hash_of(
            folder,
            config_with("email = \"accessd@acme.example\"\ntoken", "token")
                .insert(7, "email = \"accessd@acme.example\"\n")
        ) == before
    );
    CHECK(hash_of(folder, config_with("[portal]\n", "[portal]\ncomments = \"public\"\n")) == before);
    CHECK(
        hash_of(folder, two_groups) == hash_of(folder, config_with("[\"users\"]", "[\"more\", \"users\"]"))
    );

    CHECK(hash_of(folder, two_groups) != before);
    CHECK(hash_of(folder, config_with("[portal]\n", "[portal]\ncomments = \"none\"\n")) != before);
    CHECK(hash_of(folder, config_with("tenant\"", "other\"")) != before);
    CHECK(hash_of(folder, config_with("[\"Approved\"]", "[\"Approved twice\"]")) != before);
}

TEST_CASE("config: a secret is no part of the hash") {
    const ConfigFolder folder;
    const std::string before = hash_of(folder, config_with());
    folder.write("credentials/jira-token", "another");
    CHECK(hash_of(folder, config_with()) == before);
}

TEST_CASE("config: a rule's hash changes with that rule only") {
    const ConfigFolder folder;
    const std::string before = rule_hash_of(folder, config_with());
    CHECK(rule_hash_of(folder, config_with("\"ACC\"", "\"OTHER\"")) == before);
    CHECK(rule_hash_of(folder, config_with() + "# comment\nrevoke_preexisting = false\n") == before);
    CHECK(rule_hash_of(folder, config_with("[\"approvers\"]", "[\"others\"]")) != before);
    CHECK(rule_hash_of(folder, config_with() + "max_duration = \"90d\"\n") != before);
    CHECK(
        rule_hash_of(folder, config_with() + "max_duration = \"90d\"\n") ==
        rule_hash_of(folder, config_with() + "max_duration = \"2160h\"\n")
    );
    CHECK(rule_hash_of(folder, config_with() + "revoke_preexisting = true\n") != before);
}
