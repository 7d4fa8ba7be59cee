#include "tests/daemon/config_fixture.hpp"

#include <doctest/doctest.h>

#include <string>

// What a rule may say beyond groups and approvers, and what nobody may approve.
using namespace accessd;

namespace {

Config good(const ConfigFolder& folder, const std::string& text) {
    const LoadedConfig loaded = folder.load(text);
    CHECK(problems_of(loaded, folder) == "");
    REQUIRE(loaded.config.has_value());
    return *loaded.config;
}

std::string said(const std::string& text) {
    const ConfigFolder folder;
    return problems_of(folder.load(text), folder);
}

std::string with_rule(const std::string& more) {
    return config_with() + more;
}

std::string with_approvers(const std::string& approvers) {
    return config_with("{ groups = [\"approvers\"] }", "{ " + approvers + " }");
}

} // namespace

TEST_CASE("config: a rule says how many approve, who may ask, and that it wants a reason") {
    const ConfigFolder folder;
    std::string text =
        config_with("access_type = \"Access Type\"", "access_type = \"Access Type\"\nreason = \"Reason\"");
    text.replace(text.find("{ groups ="), 2, "{ minimum = 2, ");
    text += "requesters = { users = [\"id-jane\"], groups = [\"staff\"] }\nrequire_reason = true\n";
    const Config config = good(folder, text);
    const AccessRule& rule = config.rules.front();
    CHECK(config.portal.reason_field == "Reason");
    CHECK(rule.approvers.minimum == 2);
    CHECK(rule.approvers.groups.size() == 1);
    REQUIRE(rule.requesters.has_value());
    CHECK(rule.requesters->users == std::vector<std::string>{"id-jane"});
    CHECK(rule.requesters->groups == std::vector<std::string>{"staff"});
    CHECK(rule.require_reason);
}

TEST_CASE("config: one approver, everybody who asks and no reason is the standard") {
    const ConfigFolder folder;
    const Config config = good(folder, config_with());
    CHECK(config.rules.front().approvers.minimum == 1);
    CHECK_FALSE(config.rules.front().requesters.has_value());
    CHECK_FALSE(config.rules.front().require_reason);
    CHECK(config.portal.evidence == EvidenceSource::approval);
    CHECK(config.denies.empty());
}

TEST_CASE("config: a transition may be the evidence of an approval") {
    const ConfigFolder folder;
    const Config config = good(folder, config_with("[portal]\n", "[portal]\nevidence = \"transition\"\n"));
    CHECK(config.portal.evidence == EvidenceSource::transition);
    CHECK(config.hash != good(folder, config_with()).hash);
}

TEST_CASE("config: a minimum that can never be reached is refused") {
    CHECK(
        said(with_approvers("users = [\"a@b.example\", \"id-bob\"], minimum = 3")) ==
        "accessd.toml:30:60: \"minimum\" asks for more approvers than \"users\" names: 2\n"
    );
    CHECK(said(with_approvers("users = [\"a@b.example\"], groups = [\"approvers\"], minimum = 3")).empty());
    CHECK(
        said(with_approvers("groups = [\"approvers\"], minimum = 0")) ==
        "accessd.toml:30:49: \"minimum\" must be between 1 and 20\n"
    );
    CHECK(
        said(with_approvers("groups = [\"approvers\"], minimum = \"2\"")) ==
        "accessd.toml:30:49: \"minimum\" must be a number (without quotes, like minimum = 2), not text\n"
    );
    std::string text = with_approvers("groups = [\"approvers\"], minimum = 2");
    text.replace(text.find("[portal]\n"), 9, "[portal]\nevidence = \"transition\"\n");
    CHECK(
        said(text) == "accessd.toml:31:49: \"minimum\" must be 1 with evidence = \"transition\": one person "
                      "moves a ticket\n"
    );
}

TEST_CASE("config: requesters are people, and a reason needs a field") {
    CHECK(
        said(with_rule("requesters = {}\n")) ==
        "accessd.toml:31:14: \"requesters\" must name at least one of \"users\" and \"groups\"\n"
    );
    CHECK(
        said(with_rule("requesters = { users = [\"@x\"], minimum = 1 }\n")) ==
        "accessd.toml:31:25: \"@x\" is neither an e-mail address nor a Jira account id\n"
        "accessd.toml:31:32: unknown key \"minimum\" in \"requesters\"; known are \"users\", \"groups\"\n"
    );
    CHECK(
        said(with_rule("require_reason = true\n")) ==
        "accessd.toml:31:18: \"require_reason\" needs a field to read: set \"reason\" in [portal.fields]\n"
    );
    CHECK(said(with_rule("require_reason = false\n")).empty());
}

TEST_CASE("config: deny rules are read from every file, each with what it names") {
    const ConfigFolder folder;
    folder.write("conf.d/leavers.toml", "[[deny]]\ngroups = [\"leavers\"]\n");
    const Config config = good(
        folder,
        with_rule("[[deny]]\napplication = \"Entra ID\"\naccess_type = \"User\"\n"
                  "users = [\"id-jane\", \"a@b.example\"]\nreason = \"audit finding 12\"\n")
    );
    REQUIRE(config.denies.size() == 2);
    CHECK(config.denies[0].application == "Entra ID");
    CHECK(config.denies[0].access_type == "User");
    CHECK(config.denies[0].people.users.size() == 2);
    CHECK(config.denies[0].reason == "audit finding 12");
    CHECK(config.denies[1].application.empty());
    CHECK(config.denies[1].people.groups == std::vector<std::string>{"leavers"});
}

TEST_CASE("config: a deny rule that would deny everything, or nothing, is refused") {
    CHECK(
        said(with_rule("[[deny]]\nreason = \"x\"\n")) == "accessd.toml:31:1: [[deny]] must name at least one "
                                                         "of \"application\", \"access_type\", \"users\" and "
                                                         "\"groups\"\n"
    );
    CHECK(
        said(with_rule("[[deny]]\nusers = []\n")) == "accessd.toml:31:1: [[deny]] must name at least one of "
                                                     "\"application\", \"access_type\", \"users\" and "
                                                     "\"groups\"\n"
    );
    CHECK(
        said(with_rule("[[deny]]\napplication = \"Enrta ID\"\n")) ==
        "accessd.toml:32:15: there is no application \"Enrta ID\"; did you mean \"Entra ID\"?\n"
    );
    CHECK(
        said(with_rule("[[deny]]\naccess_type = \"Usr\"\n")) ==
        "accessd.toml:32:15: no rule has the access type \"Usr\"; did you mean \"User\"?\n"
    );
    CHECK(
        said(with_rule("[[deny]]\nuser = [\"id-jane\"]\ngroups = [\"x\"]\n")) ==
        "accessd.toml:32:1: unknown key \"user\" in [[deny]]; did you mean \"users\"?\n"
    );
    CHECK(
        said(with_rule("[deny]\ngroups = [\"x\"]\n")) ==
        "accessd.toml:31:2: \"deny\" must be a section: [[deny]]\n"
    );
    CHECK(
        said("deny = [1]\n" + config_with()) == "accessd.toml:1:9: a deny rule must be a section: [[deny]]\n"
    );
}

TEST_CASE("config: what a rule asks for is part of its hash, a deny rule of the configuration's") {
    const ConfigFolder folder;
    const Config before = good(folder, config_with());
    const std::string& rule = before.rules.front().hash;
    CHECK(good(folder, with_approvers("groups = [\"approvers\"], minimum = 1")).rules.front().hash == rule);
    CHECK(good(folder, with_approvers("groups = [\"approvers\"], minimum = 2")).rules.front().hash != rule);
    CHECK(good(folder, with_rule("requesters = { groups = [\"x\"] }\n")).rules.front().hash != rule);
    const std::string reason = config_with("[portal.statuses]", "reason = \"Reason\"\n[portal.statuses]");
    CHECK(good(folder, reason).rules.front().hash == rule);
    CHECK(good(folder, reason + "require_reason = true\n").rules.front().hash != rule);
    const Config denied = good(folder, with_rule("[[deny]]\ngroups = [\"x\"]\n"));
    CHECK(denied.rules.front().hash == rule);
    CHECK(denied.hash != before.hash);
    CHECK(good(folder, with_rule("[[deny]]\ngroups = [\"y\"]\n")).hash != denied.hash);
}
