#include "core/support/json.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

using namespace accessd;
using namespace std::string_view_literals;

namespace {

std::string nested(std::size_t depth, char open, char close) {
    return std::string(depth, open) + std::string(depth, close);
}

boost::json::value parsed(std::string_view text) {
    auto document = parse_json(text);
    REQUIRE(document);
    return *std::move(document);
}

std::string code_of(std::string_view text) {
    const auto document = parse_json(text);
    return document ? "" : document.error().code();
}

} // namespace

TEST_CASE("json: a document is read as it is written") {
    const auto document =
        parsed(R"( {"a": [1, -2, 2.5, true, false, null], "b": {"c": "\u00e9\ud83d\ude00\n"}} )");
    CHECK(boost::json::serialize(document.at("a")) == "[1,-2,2.5E0,true,false,null]");
    CHECK(find_string(document.at("b"), "c") == "\xC3\xA9\xF0\x9F\x98\x80\n");
}

TEST_CASE("json: any value may be the document") {
    for (const auto text : {"1", "\"x\"", "null", "true", "[]", "{}", "\t\r\n {} \t\r\n"}) {
        CAPTURE(text);
        CHECK(parse_json(text).has_value());
    }
}

TEST_CASE("json: whatever is not strictly JSON is refused") {
    for (const auto text : {
             ""sv,
             " "sv,
             "{"sv,
             "[1"sv,
             "{} x"sv,
             "{}{}"sv,
             "[1,]"sv,
             "{\"a\":1,}"sv,
             "{a:1}"sv,
             "{'a':1}"sv,
             "// c\n1"sv,
             "/* c */ 1"sv,
             "NaN"sv,
             "Infinity"sv,
             "01"sv,
             "+1"sv,
             "1."sv,
             ".5"sv,
             "0x1"sv,
             "\"\t\""sv,
             "\"\\x\""sv,
             "\"\\u12\""sv,
             "tru"sv,
             "\xEF\xBB\xBF{}"sv, // RFC 8259, 8.1: no byte order mark
             "{}\0"sv,
         }) {
        CAPTURE(text);
        CHECK(code_of(text) == "json.malformed");
    }
}

TEST_CASE("json: an object that says the same name twice is refused wherever it stands") {
    CHECK(code_of(R"({"a":1,"a":1})") == "json.malformed");
    CHECK(code_of(R"({"a":1,"b":2,"a":3})") == "json.malformed");
    CHECK(code_of(R"({"a":1,"\u0061":2})") == "json.malformed");
    CHECK(code_of(R"([[{"x":{"":1,"":2}}]])") == "json.malformed");
    CHECK(code_of(R"({"a":{"z":1,"z":2},"a":{"z":1}})") == "json.malformed");
    CHECK(code_of(R"({"a":{"a":{"a":1}},"A":1,"b":[{"a":1},{"a":1}]})") == "");
    std::string many = "{";
    for (int i = 0; i < 2000; ++i) {
        many += "\"name" + std::to_string(i) + "\":{},";
    }
    CHECK(code_of(many + "\"name2000\":0}") == "");
    CHECK(code_of(many + "\"name77\":0}") == "json.malformed");
}

TEST_CASE("json: depth is bounded at 32, and a bomb costs nothing") {
    CHECK(code_of(nested(32, '[', ']')) == "");
    CHECK(code_of(nested(33, '[', ']')) == "json.malformed");
    CHECK(code_of(std::string(1'000'000, '[')) == "json.malformed");
    std::string objects;
    for (int i = 0; i < 100'000; ++i) {
        objects += "{\"a\":";
    }
    CHECK(code_of(objects) == "json.malformed");
}

TEST_CASE("json: an object with more members than any vendor sends is refused") {
    std::string many = "{";
    for (int i = 0; i < 10'001; ++i) {
        many += (i > 0 ? ",\"" : "\"") + std::to_string(i) + "\":0";
    }
    CHECK(code_of(many + "}") == "json.malformed");
}

TEST_CASE("json: text is valid Unicode or refused") {
    for (const auto text : {
             "\"\xFF\""sv,
             "\"\xC0\xAF\""sv,
             "\"\xED\xA0\x80\""sv,
             "\"\xF4\x90\x80\x80\""sv,
             "\"\xC3\""sv,
             "{\"\xFF\":1}"sv,
             "\"\\ud800\""sv,
             "\"\\udc00\""sv,
             "\"\\ud800x\""sv,
             "\"\\ud800\\ud800\""sv,
             "\"\\ud800\\u0041\""sv,
         }) {
        CAPTURE(text);
        CHECK(code_of(text) == "json.malformed");
    }
    const auto with_null = parsed(R"({"a":"x\u0000y"})");
    CHECK(find_string(with_null, "a") == "x\0y"sv);
}

TEST_CASE("json: numbers out of range never become something else") {
    const auto document = parsed(
        R"({"most":9223372036854775807,"least":-9223372036854775808,"over":9223372036854775808,
            "far":123456789012345678901234567890,"half":1.5,"whole":3.0,"tiny":1e-999})"
    );
    CHECK(find_integer(document, "most") == 9223372036854775807);
    CHECK(find_integer(document, "least") == std::numeric_limits<std::int64_t>::min());
    for (const auto name : {"over", "far", "half", "whole", "tiny"}) {
        CAPTURE(name);
        CHECK_FALSE(find_integer(document, name).has_value());
    }
    CHECK(code_of("1e999") == "json.malformed");
    CHECK(code_of("-1e999") == "json.malformed");
    CHECK(code_of("1e99999999999999999999") == "json.malformed");
    CHECK(code_of("1" + std::string(100'000, '0')) == "json.malformed");
}

TEST_CASE("json: an error names the place, asks for patience and quotes nothing of the body") {
    const auto document = parse_json("{\"token\":secret}");
    REQUIRE_FALSE(document);
    CHECK(document.error().fault() == Fault::transient);
    CHECK(document.error().message().find("byte 9") != std::string::npos);
    CHECK(document.error().message().find("secret") == std::string::npos);
}

TEST_CASE("json: missing, null and the wrong type are all nothing") {
    const auto document = parsed(R"({"n":null,"s":"x","i":7,"b":true,"a":[1],"o":{"k":1},"e":""})");
    CHECK(find(document, "n") == nullptr);
    CHECK(find(document, "missing") == nullptr);
    CHECK(find(document, "s") != nullptr);
    CHECK(find(document.at("a"), "s") == nullptr);
    CHECK(find_string(document, "s") == "x");
    CHECK(find_integer(document, "i") == 7);
    CHECK(find_bool(document, "b") == true);
    CHECK(find_array(document, "a")->size() == 1);
    CHECK(find_object(document, "o")->size() == 1);
    for (const auto name : {"n", "missing", "i"}) {
        CAPTURE(name);
        CHECK_FALSE(find_string(document, name).has_value());
        CHECK_FALSE(find_bool(document, name).has_value());
        CHECK(find_array(document, name) == nullptr);
        CHECK(find_object(document, name) == nullptr);
        CHECK(string_or_empty(document, name) == "");
    }
    CHECK_FALSE(find_integer(document, "s").has_value());
    CHECK_FALSE(find_integer(document, "b").has_value());
    CHECK(find_string(document, "e") == "");
    CHECK(string_or_empty(document, "s") == "x");
}

TEST_CASE("json: the canonical form does not depend on order, blanks or spelling") {
    const auto one = parsed(R"({"b":1,"a":{"d":[1,{"y":null,"x":true}],"c":"\u0041\/"}})");
    const auto two = parsed(R"( { "a" : { "c":"A/", "d":[ 1, {"x":true,"y":null} ] } , "b":1 } )");
    CHECK(canonical_json(one) == R"({"a":{"c":"A/","d":[1,{"x":true,"y":null}]},"b":1})");
    CHECK(canonical_json(one) == canonical_json(two));
    CHECK(canonical_json(parsed("[2,1]")) == "[2,1]");
}

TEST_CASE("json: the canonical form sorts names bytewise and escapes what it must") {
    const auto document = parsed("{\"\xC3\xA9\":1,\"z\":2,\"Z\":3,\"\":4,\"za\":5}");
    CHECK(canonical_json(document) == "{\"\":4,\"Z\":3,\"z\":2,\"za\":5,\"\xC3\xA9\":1}");
    const auto text = parsed(R"("\u0000\n\u001f\"\\\u007f")");
    CHECK(canonical_json(text) == "\"\\u0000\\u000a\\u001f\\\"\\\\\x7F\"");
    CHECK(canonical_json(parsed("[]")) == "[]");
    CHECK(canonical_json(parsed("{}")) == "{}");
    CHECK(canonical_json(parsed("18446744073709551615")) == "18446744073709551615");
    CHECK(canonical_json(parsed("-9223372036854775808")) == "-9223372036854775808");
}

TEST_CASE("json: the canonical form reads back as the same document") {
    const auto document = parsed(R"({"k\"\\\n":["\u0001",{"x":[]},-5,false,null]})");
    CHECK(parsed(canonical_json(document)) == document);
}
