#include "core/support/text.hpp"
#include "daemon/config/sections.hpp"
#include "tests/daemon/config_fixture.hpp"

#include <doctest/doctest.h>

#include <iterator>
#include <random>
#include <string>

using namespace accessd;

namespace {

std::string repeated(std::string_view text, std::size_t times) {
    std::string all;
    for (std::size_t at = 0; at < times; ++at)
        all += text;
    return all;
}

} // namespace

TEST_CASE("config: deep nesting of any kind is refused without a crash") {
    const ConfigFolder folder;
    const std::string deep = "values are nested too deeply here\n";
    const std::string keys = repeated("a.", 500000);
    for (const std::string& text :
         {keys + "b = 1",
          "[" + keys + "b]",
          "[[" + keys + "b]]",
          "x = " + repeated("[", 500000),
          "x = " + repeated("{a=", 300000),
          "x = {" + keys + "b = 1}",
          "x = [{a=1},\n {" + keys + "b = 1}]",
          // Each hides its dots behind the end of a string that is easy to misread.
          "x = {y = \"\"\"a\"\"\"\"\", " + keys + "b = 1}",
          "x = {y = '''a'''', " + keys + "b = 1}",
          "x = {y = \"\\\\\", " + keys + "b = 1}",
          "x = {y = '\\', " + keys + "b = 1}",
          "x = {y = \"\", " + keys + "b = 1}",
          "x = {\"#\" = 1, " + keys + "b = 1}"}) {
        const std::string said = problems_of(folder.load(text), folder);
        CAPTURE(text.substr(0, 30));
        CHECK(said.ends_with(deep));
    }
}

TEST_CASE("config: dots and brackets in strings and comments are not nesting") {
    const ConfigFolder folder;
    const std::string noise = repeated(".[{", 100);
    const std::string text = "# " + noise + "\n" + config_with("\"ACC\"", "\"ACC\" # " + noise) +
                             "[daemon]\nlog_level = \"info\"\n";
    CHECK(problems_of(folder.load(text), folder) == "");
    const std::string name = config_with("\"User\"", "\"" + repeated(".[", 50) + "\\\"\"");
    CHECK(problems_of(folder.load(name), folder) == "");
    const std::string lines = config_with("\"User\"", "\"\"\"\n" + repeated("....", 50) + "\\\n\"\"\"");
    CHECK(problems_of(folder.load(lines), folder) == "");
}

TEST_CASE("config: binary, cut and huge files are errors") {
    const ConfigFolder folder;
    std::string bytes;
    for (int value = 0; value < 256; ++value)
        bytes += static_cast<char>(value);
    CHECK_FALSE(folder.load(bytes).config.has_value());
    CHECK(problems_of(folder.load("\xff\xfe"), folder).starts_with("accessd.toml:1:1: not valid TOML: "));
    CHECK(
        problems_of(folder.load(std::string(1024 * 1024 + 1, '\n')), folder) ==
        "accessd.toml: this file is larger than 1 MiB\n"
    );
    const std::string whole = config_with();
    for (std::size_t length = 0; length + 1 < whole.size(); ++length) {
        const LoadedConfig loaded = folder.load(whole.substr(0, length));
        CHECK_FALSE(loaded.config.has_value());
        CHECK_FALSE(loaded.problems.empty());
    }
}

TEST_CASE("config: many keys that are wrong are all reported in little time") {
    const ConfigFolder folder;
    std::string text;
    for (int number = 0; number < 40000; ++number)
        text += "key" + std::to_string(number) + " = 1\n";
    folder.write("conf.d/a.toml", text);
    CHECK(folder.load(text).problems.size() == 40000 + 40000 + 4);
}

TEST_CASE("config: names of keys are escaped and cut in messages") {
    const ConfigFolder folder;
    const std::string said = problems_of(
        folder.load(config_with("[jira]\n", "[jira]\n\"a\\u001b[31m" + std::string(500, 'x') + "\" = 1\n")),
        folder
    );
    CHECK(said.find('\x1b') == std::string::npos);
    CHECK(said.size() < 400);
}

TEST_CASE("config: the file itself must be there, regular and not writable by everyone") {
    const ConfigFolder folder;
    CHECK(
        problems_of(folder.load(), folder) ==
        "accessd.toml: this file cannot be read: No such file or directory\n"
    );
    folder.write("accessd.toml", config_with(), 0646);
    CHECK(
        problems_of(folder.load(), folder) == "accessd.toml: this file is writable by everyone: chmod o-w\n"
    );
    folder.write("accessd.toml", config_with(), 0644);
    CHECK(folder.load().config.has_value());
    folder.write("conf.d/a.toml/file", "");
    CHECK(problems_of(folder.load(), folder) == "a.toml: this file is not a regular file\n");
}

TEST_CASE("config: of a map file of noise either every line counts or none") {
    const ConfigFolder folder;
    const std::string pieces[] = {"a", "1:", "b,c", ",", "\n", "\n", "\r", "#", "\"", " ", "\xff", "\t"};
    std::mt19937 dice(7);
    int taken = 0;
    for (int round = 0; round < 1500; ++round) {
        std::string text;
        for (std::uint32_t length = dice() % 16; length > 0; --length)
            text += pieces[dice() % std::size(pieces)];
        text += '\n';
        CAPTURE(text);
        folder.write("noise.csv", text, 0644);
        Problems problems;
        PlacedText path;
        path.text = folder.path("noise.csv");
        path.place.file = problems.add_file(path.text);
        const IdentityMap map = read_identity_map(path, problems);
        if (!problems.empty())
            continue;
        std::size_t lines = 0;
        for (std::string_view line : split(text, '\n')) {
            if (line.ends_with('\r'))
                line.remove_suffix(1);
            lines += trim(line).empty() || trim(line).starts_with('#') ? 0 : 1;
        }
        CHECK(map.account.size() == lines);
        taken += lines > 0 ? 1 : 0;
        for (const auto& [id, account] : map.account)
            CHECK((is_visible_ascii(id + account) && !id.empty() && !account.empty()));
    }
    CHECK(taken > 20);
}
