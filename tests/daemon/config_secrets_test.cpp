#include "tests/daemon/config_fixture.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <string>
#include <sys/stat.h>

using namespace accessd;

namespace {

constexpr std::string_view reference = "{ credential = \"jira-token\" }";

std::string said_of(const ConfigFolder& folder, const std::string& token) {
    return problems_of(folder.load(config_with(reference, token)), folder);
}

} // namespace

TEST_CASE("config: a secret in the file is refused and never repeated") {
    const ConfigFolder folder;
    const std::string refused = "accessd.toml:4:9: a secret must not stand in the config: write token = { "
                                "credential = \"NAME\" } or { file = \"/PATH\" }\n";
    CHECK(said_of(folder, "\"S3CRET\"") == refused);
    CHECK(said_of(folder, "12345678") == refused);
    CHECK(said_of(folder, "[\"S3CRET\"]") == refused);
    const std::string must_refer =
        "accessd.toml:4:9: \"token\" must refer to its secret by either { credential "
        "= \"NAME\" } or { file = \"/PATH\" }\n";
    CHECK(said_of(folder, "{ value = \"S3CRET\" }") == must_refer);
    CHECK(said_of(folder, "{ credential = \"a\", file = \"/b\" }") == must_refer);
    CHECK(said_of(folder, "{ credential = \"a\", S3CRE = \"T\" }").find("\"T\"") == std::string::npos);
}

TEST_CASE("config: what cannot be parsed is not repeated either") {
    const ConfigFolder folder;
    for (const std::string token :
         {"S3CRET",
          "\"abc\"S3CRET",
          "\"S3CRET",
          "'S3CRET",
          "S3CRET\"abc\"",
          "99999999999999999999993",
          "0xS3CRET",
          "1979-05-27S3CRET",
          "tS3CRET",
          "= S3CRET",
          "\"\"\"S3CRET",
          "{ credential = S3CRET }",
          "1e99999S3CRET",
          "\"\\S3CRET\"",
          "0b333333333333333333",
          "[S3CRET]"}) {
        CAPTURE(token);
        const std::string said = said_of(folder, token);
        CHECK(said.find("not valid TOML: ") != std::string::npos);
        CHECK(said.find("S3") == std::string::npos);
        CHECK(said.find("S'") == std::string::npos);
        CHECK(said.find("999") == std::string::npos);
        CHECK(said.find("333") == std::string::npos);
    }
}

TEST_CASE("config: a secret that looks like the name of a credential is refused, not looked for") {
    const ConfigFolder folder;
    const std::string refused =
        "accessd.toml:4:24: \"credential\" must be the name of a credential: letters, "
        "digits, \"-\", \"_\" and \".\"\n";
    CHECK(said_of(folder, "{ credential = \"" + std::string(65, 'x') + "\" }") == refused);
    CHECK(said_of(folder, "{ credential = \"../jira-token\" }") == refused);
    CHECK(said_of(folder, "{ credential = \"..\" }") == refused);
    CHECK(said_of(folder, "{ credential = \"ATATT3=x\" }") == refused);
}

TEST_CASE("config: a credential that is not there says what to do") {
    ConfigFolder folder;
    CHECK(
        said_of(folder, "{ credential = \"other\" }") ==
        "accessd.toml:4:9: secret file \"credentials/other\" cannot be read: No such file or directory\n"
    );
    folder.environment.clear();
    CHECK(said_of(folder, std::string(reference))
              .starts_with("accessd.toml:4:24: credential \"jira-token\" cannot be read: "
                           "$CREDENTIALS_DIRECTORY is not set; "
                           "systemd sets it for units with LoadCredential=\n"));
}

TEST_CASE("config: a secret file must be private, regular and not empty") {
    const ConfigFolder folder;
    const std::string token = "{ file = \"" + folder.path("token") + "\" }";
    const auto said = [&] {
        std::string text = said_of(folder, token);
        const std::string opening = "accessd.toml:4:9: secret file \"token\" ";
        return text.starts_with(opening) ? text.substr(opening.size()) : text;
    };

    CHECK(said() == "cannot be read: No such file or directory\n");
    folder.write("token", "secret", 0644);
    CHECK(said() == "holds a secret and is readable by everyone: chmod o-r\n");
    folder.write("token", "secret", 0620);
    CHECK(said() == "holds a secret and is writable by group or others: chmod go-w\n");
    folder.write("token", "secret", 0602);
    CHECK(said() == "holds a secret and is writable by group or others: chmod go-w\n");
    folder.write("token", "\n", 0600);
    CHECK(said() == "is empty\n");
    folder.write("token", std::string("a\0b", 3), 0600);
    CHECK(said() == "is not text\n");
    folder.write("token", std::string(64 * 1024 + 1, 'x'), 0600);
    CHECK(said() == "is larger than 64 KiB\n");
    std::filesystem::remove(folder.path("token"));
    REQUIRE(::mkfifo(folder.path("token").c_str(), 0600) == 0);
    CHECK(said() == "is not a regular file\n");
    std::filesystem::remove(folder.path("token"));
    std::filesystem::create_directory(folder.path("token"));
    CHECK(said() == "is not a regular file\n");
    CHECK(
        said_of(folder, "{ file = \"token\" }") == "accessd.toml:4:18: \"file\" must be an absolute path\n"
    );
}

TEST_CASE("config: one line break at a secret's end is cut, nothing else") {
    const ConfigFolder folder;
    for (const auto& [written, read] : std::map<std::string, std::string>{
             {"a b \n", "a b "}, {"a\r\n", "a"}, {"a\n\n", "a\n"}, {" a", " a"}}) {
        folder.write("token", written, 0440);
        const LoadedConfig loaded =
            folder.load(config_with(reference, "{ file = \"" + folder.path("token") + "\" }"));
        REQUIRE(loaded.config.has_value());
        CHECK(loaded.config->jira.token.reveal() == read);
    }
}

TEST_CASE("config: a credential may not be a link out of its folder; another secret file may") {
    const ConfigFolder folder;
    folder.write("elsewhere", "secret");
    std::filesystem::create_symlink(folder.path("elsewhere"), folder.path("credentials/link"));
    CHECK(
        said_of(folder, "{ credential = \"link\" }") ==
        "accessd.toml:4:9: secret file \"credentials/link\" is a symbolic link where none is allowed\n"
    );
    CHECK(said_of(folder, "{ file = \"" + folder.path("credentials/link") + "\" }").empty());
}

TEST_CASE("config: a CA file must be readable and hold a certificate") {
    const ConfigFolder folder;
    const std::string text = config_with("[jira]\n", "[jira]\nca_file = \"" + folder.path("ca.pem") + "\"\n");
    CHECK(
        problems_of(folder.load(text), folder) ==
        "accessd.toml:2:11: \"ca_file\" \"ca.pem\" cannot be read: No such file or directory\n"
    );
    folder.write("ca.pem", "nothing", 0644);
    CHECK(
        problems_of(folder.load(text), folder) ==
        "accessd.toml:2:11: \"ca_file\" \"ca.pem\" holds no PEM certificate\n"
    );
}
