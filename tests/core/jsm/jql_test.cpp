#include "core/jsm/jql.hpp"

#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

using namespace accessd;

TEST_CASE("jql: ids stay bare, everything else is quoted, controls are refused") {
    const std::vector<std::pair<std::string, std::optional<std::string>>> table = {
        {"10001", "10001"},
        {"ACC", "\"ACC\""},
        {"-1", "\"-1\""},
        {"Approved by Manager", "\"Approved by Manager\""},
        {R"(say "hi")", R"("say \"hi\"")"},
        {R"(back\slash)", R"("back\\slash")"},
        {R"(\")", R"("\\\"")"},
        {") OR project = X --", "\") OR project = X --\""},
        {"caf\xC3\xA9", "\"caf\xC3\xA9\""},
        {"", std::nullopt},
        {"a\nb", std::nullopt},
        {std::string("a\0b", 3), std::nullopt},
        {"a\x7f", std::nullopt},
    };
    for (const auto& [text, expected] : table) {
        const auto& seen_text = text;
        CAPTURE(seen_text);
        CHECK(jql_value(text) == expected);
    }
}

TEST_CASE("jql: the walk's query has a bare epoch in milliseconds and a stable order") {
    const TimePoint since(Duration(1'769'854'830'123));
    CHECK(
        candidates_jql("10001", {"10012", "10034"}, since) ==
        "project = 10001 AND status in (10012, 10034) AND updated >= 1769854830123 "
        "ORDER BY updated ASC, key ASC"
    );
    CHECK(
        candidates_jql("10001", {"10012"}, std::nullopt) ==
        "project = 10001 AND status in (10012) ORDER BY updated ASC, key ASC"
    );
    CHECK(
        candidates_jql("10001", {"10012"}, TimePoint(Duration(-5))) ==
        "project = 10001 AND status in (10012) AND updated >= 0 ORDER BY updated ASC, key ASC"
    );
    CHECK_FALSE(candidates_jql("10001", {}, since));
    CHECK_FALSE(candidates_jql("10001", {"1\n2"}, since));
    CHECK_FALSE(candidates_jql("", {"1"}, since));
}
