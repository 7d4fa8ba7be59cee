#include "core/jsm/adf.hpp"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

using namespace accessd;

namespace {

/// The first paragraph's text nodes joined, hardBreaks as "|".
std::string first_paragraph(const std::string& line) {
    const auto document = adf_document(std::vector<std::string>(1, line));
    const auto& content = document.at("content").as_array();
    std::string text;
    if (content.empty()) {
        return "(none)";
    }
    for (const auto& node : content.at(0).at("content").as_array()) {
        text += node.at("type") == "text" ? std::string(node.at("text").as_string().c_str()) : "|";
    }
    return text;
}

} // namespace

TEST_CASE("adf: one paragraph per line, in the vendor's exact shape") {
    const auto document = adf_document({"Done.", "[accessd:1]"});
    const auto expected = boost::json::parse(
        R"({"type":"doc","version":1,"content":[
            {"type":"paragraph","content":[{"type":"text","text":"Done."}]},
            {"type":"paragraph","content":[{"type":"text","text":"[accessd:1]"}]}]})"
    );
    CHECK(boost::json::value(document) == expected);
}

TEST_CASE("adf: hostile text becomes harmless text and never an empty node") {
    const std::vector<std::pair<std::string, std::string>> table = {
        {"", "(none)"},
        {"\x01\x7f", "(none)"},
        {"a\nb", "a|b"},
        {"a\n\nb", "a||b"},
        {"a\r\nb", "a|b"},
        {"tab\there", "tab here"},
        {R"({"type":"mention"})", R"({"type":"mention"})"},
        {"caf\xC3\xA9 \xF0\x9F\x94\x91", "caf\xC3\xA9 \xF0\x9F\x94\x91"},
        {"bad\xFF\xC3", "bad\xEF\xBF\xBD\xEF\xBF\xBD"},
        {"\xC0\x80", "\xEF\xBF\xBD\xEF\xBF\xBD"},                                 // overlong
        {"\xED\xA0\x80", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},                 // surrogate
        {"\xF4\x90\x80\x80", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"}, // beyond Unicode
        {"ev\xE2\x80\xAEil", "evil"},                                             // right-to-left override
        {"ev\xD8\x9Cil", "evil"},                                                 // Arabic letter mark
        {"li\xE2\x80\xA8ne", "line"},
        {"c1\xC2\x85", "c1"},
    };
    for (const auto& [line, expected] : table) {
        const auto& seen_line = line;
        CAPTURE(seen_line);
        CHECK(first_paragraph(line) == expected);
    }
}

TEST_CASE("adf: a text beyond Jira's limit is cut and keeps the line with the marker") {
    std::vector<std::string> lines(100, std::string(5000, 'x'));
    lines.push_back("audit #7 [accessd:7]");
    const auto document = adf_document(lines);
    CHECK(boost::json::serialize(document).size() < 32'767);
    CHECK(adf_contains(document, "[accessd:7]"));
}

TEST_CASE("adf: one endless line is cut between characters") {
    std::string line;
    for (int i = 0; i < 20'000; ++i) {
        line += "\xC3\xA9";
    }
    const std::string text = first_paragraph(line);
    CHECK(text.size() <= 8003);
    CHECK(text.ends_with("\xC3\xA9..."));
}

TEST_CASE("adf: the marker is found across text nodes and nothing is found in what is not a document") {
    const auto split = boost::json::parse(
        R"({"type":"doc","content":[{"type":"paragraph","content":[
            {"type":"text","text":"[acc"},{"type":"text","text":"essd:1]"}]}]})"
    );
    CHECK(adf_contains(split, "[accessd:1]"));
    CHECK_FALSE(adf_contains(split, "[accessd:2]"));
    CHECK_FALSE(adf_contains(split, ""));
    CHECK_FALSE(adf_contains(boost::json::value(nullptr), "x"));
    CHECK_FALSE(adf_contains(boost::json::parse(R"([{"text":"x"}])"), "x"));
}
