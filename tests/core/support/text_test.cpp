#include "core/support/text.hpp"

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

using namespace accessd;
using namespace std::string_view_literals;

namespace {

class Encoded {
public:
    std::string_view plain;
    std::string_view base64;
    std::string_view base64url;
};

} // namespace

TEST_CASE("text: percent-encoding leaves only the unreserved characters of RFC 3986") {
    CHECK(percent_encode("AZaz09-._~") == "AZaz09-._~");
    CHECK(percent_encode("") == "");
    CHECK(percent_encode("a b+c&d=e/f?g#h%") == "a%20b%2Bc%26d%3De%2Ff%3Fg%23h%25");
    CHECK(percent_encode("o'neil@acme.example") == "o%27neil%40acme.example");
    CHECK(percent_encode("\xC3\xA9\xFF\x00\r\n"sv) == "%C3%A9%FF%00%0D%0A");
    std::string out = "q=";
    append_percent_encoded(out, "x y");
    CHECK(out == "q=x%20y");
}

TEST_CASE("text: base64 and base64url agree with RFC 4648") {
    for (const auto& [plain, standard, url] : std::vector<Encoded>{
             {"", "", ""},
             {"f", "Zg==", "Zg"},
             {"fo", "Zm8=", "Zm8"},
             {"foo", "Zm9v", "Zm9v"},
             {"foob", "Zm9vYg==", "Zm9vYg"},
             {"fooba", "Zm9vYmE=", "Zm9vYmE"},
             {"foobar", "Zm9vYmFy", "Zm9vYmFy"},
             {"\xFB\xFF\xFE", "+//+", "-__-"},
             {"\x00"sv, "AA==", "AA"},
         }) {
        CAPTURE(plain);
        CHECK(to_base64(as_bytes(plain)) == standard);
        CHECK(to_base64url(as_bytes(plain)) == url);
    }
}

TEST_CASE("text: hex is lower case and two digits a byte") {
    CHECK(to_hex(as_bytes("\x00\x0F\xAB\xFF"sv)) == "000fabff");
    CHECK(to_hex({}) == "");
}

TEST_CASE("text: case is folded in ASCII only") {
    CHECK(ascii_lower("MiXeD-1\xC3\x89") == "mixed-1\xC3\x89");
    CHECK(equals_ignoring_case("Retry-After", "retry-AFTER"));
    CHECK_FALSE(equals_ignoring_case("Retry-After", "Retry-Afte"));
    CHECK_FALSE(equals_ignoring_case("[", "{"));
    CHECK(fold_email("Jane.Doe@ACME.example") == "jane.doe@acme.example");
}

TEST_CASE("text: trim takes blanks off both ends") {
    CHECK(trim(" \t a b\t ") == "a b");
    CHECK(trim(" \t ") == "");
    CHECK(trim("") == "");
    CHECK(trim("a\n") == "a\n");
}

TEST_CASE("text: split keeps empty parts") {
    using Parts = std::vector<std::string_view>;
    CHECK(split("", ',') == Parts{""});
    CHECK(split("a", ',') == Parts{"a"});
    CHECK(split(",a,,b,", ',') == Parts{"", "a", "", "b", ""});
}

TEST_CASE("text: integers are digits in range and nothing else") {
    CHECK(parse_integer("0") == 0);
    CHECK(parse_integer("0042") == 42);
    CHECK(parse_integer("9223372036854775807") == 9223372036854775807);
    for (const auto bad :
         {"",
          "-1",
          "+1",
          " 1",
          "1 ",
          "1.0",
          "1e3",
          "0x10",
          "9223372036854775808",
          "99999999999999999999999"}) {
        CAPTURE(bad);
        CHECK_FALSE(parse_integer(bad).has_value());
    }
}

TEST_CASE("text: UTF-8 is checked with every limit of RFC 3629") {
    for (const auto good :
         {"",
          "plain",
          "\xC2\x80",
          "\xDF\xBF",
          "\xE0\xA0\x80",
          "\xED\x9F\xBF",
          "\xEE\x80\x80",
          "\xF0\x90\x80\x80",
          "\xF4\x8F\xBF\xBF"}) {
        CAPTURE(to_hex(as_bytes(good)));
        CHECK(is_valid_utf8(good));
    }
    for (const auto bad :
         {"\x80",                 // a continuation alone
          "\xC3",                 // cut
          "\xE2\x82",             // cut
          "\xF0\x9F\x98",         // cut
          "\xC0\xAF",             // overlong
          "\xC1\xBF",             // overlong
          "\xE0\x9F\xBF",         // overlong
          "\xF0\x8F\xBF\xBF",     // overlong
          "\xED\xA0\x80",         // a surrogate
          "\xED\xBF\xBF",         // a surrogate
          "\xF4\x90\x80\x80",     // beyond U+10FFFF
          "\xF8\x88\x80\x80\x80", // five bytes
          "\xFF",
          "\xC3(",
          "ok\xC3\xA9\xFE"}) {
        CAPTURE(to_hex(as_bytes(bad)));
        CHECK_FALSE(is_valid_utf8(bad));
    }
}

TEST_CASE("text: plain e-mail addresses are told from everything else") {
    const std::string long_local(64, 'a');
    const std::string long_label(63, 'b');
    for (const std::string& good : std::vector<std::string>{
             "jane@acme.example",
             "Jane.O'Neil+jira@sub.acme.example",
             "j@a",
             "jane_acme.com#EXT#@tenant.onmicrosoft.com",
             long_local + "@" + long_label + ".example",
         }) {
        CAPTURE(good);
        CHECK(is_plain_email(good));
    }
    for (const std::string& bad : std::vector<std::string>{
             "",
             "@",
             "jane",
             "jane@",
             "@acme.example",
             "jane@@acme.example",
             "jane@acme@example",
             ".jane@acme.example",
             "jane.@acme.example",
             "ja..ne@acme.example",
             "jane@acme..example",
             "jane@.example",
             "jane@acme.example.",
             "jane@-acme.example",
             "jane@acme-.example",
             "jane@acme_.example",
             "jane doe@acme.example",
             " jane@acme.example",
             "jane@acme.example\n",
             "\"jane\"@acme.example",
             "jane@[127.0.0.1]",
             "Jane <jane@acme.example>",
             "jane,bob@acme.example",
             "j\xC3\xA4ne@acme.example",
             "jane@\xD0\xB0\x63me.example", // a Cyrillic letter that looks like "a"
             std::string("jane\0@acme.example", 18),
             long_local + "a@acme.example",
             "jane@" + long_label + "b.example",
             "jane@" + long_label + "." + long_label + "." + long_label + "." + long_label,
         }) {
        CAPTURE(bad);
        CHECK_FALSE(is_plain_email(bad));
    }
}

TEST_CASE("text: the nearest word is found when it is meant") {
    const std::vector<std::string> keys = {
        "access_type", "application", "approvers", "groups", "max_duration"};
    CHECK(nearest("aproovers", keys) == "approvers");
    CHECK(nearest("gorups", keys) == "groups");
    CHECK(nearest("Max_Duration", keys) == "max_duration");
    CHECK(nearest("aplication", keys) == "application");
    CHECK(nearest("group", keys) == "groups");
}

TEST_CASE("text: no word is offered when none is near") {
    const std::vector<std::string> keys = {"groups", "ms", ""};
    CHECK(nearest("password", keys) == "");
    CHECK(nearest("", keys) == "");
    CHECK(nearest("x", keys) == "");
    CHECK(nearest("groups", {}) == "");
    CHECK(nearest(std::string(100'000, 'g'), keys) == "");
    const std::vector<std::string> endless = {std::string(100'000, 'g')};
    CHECK(nearest("ggg", endless) == "");
}

TEST_CASE("text: what was encoded is decoded, and nothing else is") {
    for (const std::string_view plain : {""sv, "f"sv, "fo"sv, "foo"sv, "\x00\xff\x80\x7f"sv}) {
        const std::vector<std::uint8_t> bytes(plain.begin(), plain.end());
        CHECK(from_hex(to_hex(bytes)) == bytes);
        CHECK(from_base64(to_base64(bytes)) == bytes);
    }
    for (const std::string_view text : {"a"sv, "0G"sv, "AB"sv, "0x"sv, " 00"sv, "00\n"sv, "0\0"sv}) {
        CHECK_FALSE(from_hex(text).has_value());
    }
    // Missing and surplus padding, bits that are left over, the other alphabet, blanks.
    for (const std::string_view text :
         {"Zg"sv,
          "Zg="sv,
          "Zg==="sv,
          "Zh=="sv,
          "Zm9="sv,
          "Zm9v="sv,
          "="sv,
          "===="sv,
          "Zg==Zg=="sv,
          "_-8="sv,
          "Zm 9"sv,
          "Zm9v\n"sv,
          "Zm9\0"sv}) {
        CHECK_FALSE(from_base64(text).has_value());
    }
}
