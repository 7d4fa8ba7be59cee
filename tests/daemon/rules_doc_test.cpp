#include "daemon/expect/check.hpp"
#include "tests/daemon/config_fixture.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <sstream>
#include <vector>

using namespace accessd;

namespace {

/// What stands between ```toml and ``` in docs/rules.md.
std::vector<std::string> toml_blocks() {
    std::ifstream file(std::string(ACCESSD_SOURCE_DIR) + "/docs/rules.md");
    std::vector<std::string> blocks;
    bool inside = false;
    for (std::string line; std::getline(file, line);) {
        if (line == "```toml") {
            inside = true;
            blocks.emplace_back();
        } else if (line == "```") {
            inside = false;
        } else if (inside) {
            blocks.back() += line + "\n";
        }
    }
    return blocks;
}

/// The portal and the application that the page speaks of, without rules.
std::string surroundings() {
    std::string text = config_with();
    const auto put = [&](const std::string& from, const std::string& to) {
        REQUIRE(text.find(from) != std::string::npos);
        text.replace(text.find(from), from.size(), to);
    };
    put("remove = [\"Request Removal\"]\n",
        "remove = [\"Request Removal\"]\nchange = [\"Request Change\"]\n");
    put("access_type = \"Access Type\"\n",
        "access_type = \"Access Type\"\nbeneficiary = \"For\"\nduration = \"How Long\"\nreason = \"Reason\"\n"
        "old_access_type = \"Current\"\n");
    return text.substr(0, text.find("[[rule]]"));
}

} // namespace

TEST_CASE("rules: every example of docs/rules.md loads, and comes to what stands beside it") {
    const std::vector<std::string> blocks = toml_blocks();
    REQUIRE(blocks.size() % 2 == 0);
    CHECK(blocks.size() >= 18);
    const ConfigFolder folder;
    folder.write("accessd.toml", surroundings());
    for (std::size_t i = 0; i < blocks.size(); i += 2) {
        CAPTURE(blocks[i]);
        REQUIRE(blocks[i].find("[[rule]]") == 0);
        REQUIRE(blocks[i + 1].find("[[expect]]") != std::string::npos);
        folder.write("conf.d/rules.toml", blocks[i]);
        folder.write("policy.toml", blocks[i + 1]);
        std::ostringstream out;
        const int status =
            check_expectations(folder.path("accessd.toml"), folder.path("policy.toml"), {}, out);
        CHECK_MESSAGE(status == 0, out.str());
    }
}

TEST_CASE("rules: the examples would notice another rule") {
    const std::vector<std::string> blocks = toml_blocks();
    const ConfigFolder folder;
    for (std::size_t i = 0; i + 1 < blocks.size(); i += 2) {
        CAPTURE(blocks[i]);
        // Nobody whom an example names may approve, ask or be denied any more.
        std::string rules = blocks[i];
        for (std::size_t at = 0; (at = rules.find("approvers = {", at)) != std::string::npos; ++at) {
            rules.replace(at, rules.find('\n', at) - at, "approvers = { users = [\"nobody@acme.example\"] }");
        }
        folder.write("accessd.toml", surroundings());
        folder.write("conf.d/rules.toml", rules);
        std::string expectations = blocks[i + 1];
        if (const std::size_t people = expectations.find("[people]"); people != std::string::npos) {
            expectations.erase(people, expectations.find("\n\n", people) - people);
        }
        folder.write("policy.toml", expectations);
        std::ostringstream out;
        CHECK(check_expectations(folder.path("accessd.toml"), folder.path("policy.toml"), {}, out) == 1);
    }
}
