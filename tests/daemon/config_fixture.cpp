#include "tests/daemon/config_fixture.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>

namespace accessd {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view good = R"([jira]
url = "https://acme.atlassian.net/"
email = "accessd@acme.example"
token = { credential = "jira-token" }

[portal]
project = "ACC"
[portal.request_types]
grant = ["Request Access"]
remove = ["Request Removal"]
[portal.fields]
application = "Application"
access_type = "Access Type"
[portal.statuses]
approved = ["Approved"]
revoked = ["Revoked"]

[application."Entra ID"]
provider = "entra"
tenant_id = "tenant"
client_id = "client"
client_secret = { credential = "entra-secret" }
[application."Entra ID".identity]
allowed_domains = ["acme.example"]

[[rule]]
application = "Entra ID"
access_type = "User"
groups = ["users"]
approvers = { groups = ["approvers"] }
)";

} // namespace

ConfigFolder::ConfigFolder() {
    std::string name = (fs::temp_directory_path() / "accessd-config-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    folder_ = name;
    environment["CREDENTIALS_DIRECTORY"] = path("credentials");
    write("credentials/jira-token", "the-jira-token\n");
    write("credentials/entra-secret", "the-entra-secret");
}

ConfigFolder::~ConfigFolder() {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
}

void ConfigFolder::write(const std::string& name, std::string_view content, unsigned mode) const {
    const fs::path file = folder_ / name;
    fs::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << content;
    fs::permissions(file, fs::perms(mode));
}

LoadedConfig ConfigFolder::load() const {
    return load_config(folder_ / "accessd.toml", environment);
}

LoadedConfig ConfigFolder::load(std::string_view content) const {
    write("accessd.toml", content, 0640);
    return load();
}

std::string config_with(std::string_view from, std::string_view to) {
    std::string text(good);
    if (from.empty())
        return text;
    const std::size_t at = text.find(from);
    REQUIRE(at != std::string::npos);
    return text.replace(at, from.size(), to);
}

std::string problems_of(const LoadedConfig& loaded, const ConfigFolder& folder) {
    std::string lines;
    for (const ConfigProblem& problem : loaded.problems)
        lines += problem.text() + "\n";
    for (const std::string& noise : {folder.path("conf.d/"), folder.path(), std::string(" error:")}) {
        for (std::size_t at = 0; (at = lines.find(noise)) != std::string::npos;)
            lines.erase(at, noise.size());
    }
    return lines;
}

} // namespace accessd
