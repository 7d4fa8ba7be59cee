#include "tests/daemon/config_fixture.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace accessd;

namespace {

constexpr const char* conflict = R"(
[[conflict]]
name = "Payments"
exceptions = ["cfo@acme.example"]
[[conflict.side]]
"Entra ID" = ["users"]
[[conflict.side]]
"Entra ID" = ["admins", "owners"]
)";

std::string text_with(const std::string& conflicts) {
    return config_with() + R"(
[[rule]]
application = "Entra ID"
access_type = "Admin"
groups = ["admins", "owners"]
approvers = { groups = ["approvers"] }
)" + conflicts;
}

std::string said(const std::string& conflicts) {
    const ConfigFolder folder;
    return problems_of(folder.load(text_with(conflicts)), folder);
}

std::string instead(const std::string& old_text, const std::string& new_text) {
    std::string text = conflict;
    text.replace(text.find(old_text), old_text.size(), new_text);
    return said(text);
}

bool contains(const std::string& text, const std::string& part) {
    INFO(text);
    return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("config: a conflict names its sides by application, and whom it excepts") {
    const ConfigFolder folder;
    const LoadedConfig loaded = folder.load(text_with(conflict));
    REQUIRE(problems_of(loaded, folder) == "");
    REQUIRE(loaded.config->conflicts.size() == 1);
    const ConflictRule& read = loaded.config->conflicts.front();
    CHECK(read.name == "Payments");
    CHECK(read.exceptions.users == std::vector<std::string>{"cfo@acme.example"});
    REQUIRE(read.sides.size() == 2);
    CHECK(read.sides[0].groups.at("Entra ID") == std::vector<std::string>{"users"});
    CHECK(read.sides[1].groups.at("Entra ID").size() == 2);
    CHECK(loaded.config->hash != folder.load(text_with("")).config->hash);
}

TEST_CASE("config: a conflict that could not do what it is meant to is an error at its place") {
    CHECK(
        said(std::string(conflict).replace(std::string(conflict).find("[\"users\"]"), 9, "[\"by-hand\"]")) ==
        ""
    );
    CHECK(contains(
        said("[[conflict]]\nname = \"x\"\n[[conflict.side]]\n\"Entra ID\" = [\"adnims\"]\n"
             "[[conflict.side]]\n\"Entra ID\" = [\"by-hand\"]\n"),
        "no rule gives any group of this conflict"
    ));
    CHECK(contains(instead("[\"users\"]", "[\"owners\"]"), "already on another side of this conflict"));
    CHECK(contains(instead("\"Entra ID\" = [\"users\"]", "Okta = [\"users\"]"), "unknown key \"Okta\""));
    CHECK(contains(instead("\"Entra ID\" = [\"users\"]", ""), "must name groups"));
    CHECK(contains(instead("name = \"Payments\"", ""), "\"name\""));
    CHECK(contains(instead("cfo@acme.example", "cfo@"), "neither an e-mail address nor"));
    CHECK(contains(instead("name =", "nam = 1\nname ="), "unknown key \"nam\""));
    CHECK(contains(
        instead("[[conflict.side]]\n\"Entra ID\" = [\"admins\", \"owners\"]", ""), "at least two sides"
    ));
    CHECK(contains(said("[[conflict]]\nname = \"Empty\"\n"), "\"side\""));
    CHECK(contains(said("[[conflict]]\nname = \"x\"\nside = [1, 2]\n"), "[[conflict.side]]"));
    CHECK(contains(
        said("[[conflict]]\nname = \"x\"\n[[conflict.side]]\n\"Entra ID\" = [\"admins\"]\n"
             "[[conflict.side]]\n\"Entra ID\" = [\"owners\"]\n"),
        "access type \"Admin\" gives both sides of this conflict"
    ));
}
