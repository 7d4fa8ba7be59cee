#include "core/support/text.hpp"

#include <doctest/doctest.h>

#include <random>
#include <string>
#include <vector>

using namespace accessd;
using namespace std::string_view_literals;

namespace {

class Escaped {
public:
    std::string_view raw;
    std::string_view safe;
};

} // namespace

TEST_CASE("escape: plain text of any script stays as it is") {
    for (const auto text :
         {"",
          "Entra ID:jira-software-users",
          "Zo\xC3\xAB \xE6\x97\xA5\xE6\x9C\xAC \xF0\x9F\x98\x80",
          "a\"b'c=d",
          "\xE0\xA4\x95\xE2\x80\x8D\xE0\xA4\xB7"}) { // a joiner that the script needs
        CHECK(escape_text(text) == text);
    }
}

TEST_CASE("escape: what a terminal obeys or a reader does not see becomes visible") {
    for (const auto& [raw, safe] : std::vector<Escaped>{
             {"\x1B[2J\x1B]0;owned\x07", "\\x1b[2J\\x1b]0;owned\\x07"},
             {"ok\r\ngranted ticket=FAKE-1", "ok\\x0d\\x0agranted ticket=FAKE-1"},
             {"\x00\t\x7F"sv, "\\x00\\x09\\x7f"},
             {"back\\slash", "back\\x5cslash"},
             {"\\x1b", "\\x5cx1b"},
             {"\xC2\x85", "\\u{85}"},
             {"\xC2\x9B[2J", "\\u{9b}[2J"}, // the one-character CSI
             {"a\xE2\x80\xA8\xE2\x80\xA9z", "a\\u{2028}\\u{2029}z"},
             {"\xE2\x80\xAEgpj.exe", "\\u{202e}gpj.exe"},
             {"\xE2\x80\x8E\xE2\x80\x8F\xD8\x9C", "\\u{200e}\\u{200f}\\u{61c}"},
             {"\xE2\x81\xA6x\xE2\x81\xA9", "\\u{2066}x\\u{2069}"},
             {"ad\xE2\x80\x8Bmin", "ad\\u{200b}min"},
             {"\xEF\xBB\xBFid", "\\u{feff}id"},
             {"\xF3\xA0\x81\xA1", "\\u{e0061}"},
         }) {
        CHECK(escape_text(raw) == safe);
    }
}

TEST_CASE("escape: invalid bytes are shown one by one and the text goes on") {
    CHECK(escape_text("a\xFFz") == "a\\xffz");
    CHECK(escape_text("\xC3(") == "\\xc3(");
    CHECK(escape_text("\xE2\x82") == "\\xe2\\x82");
    CHECK(escape_text("\xC0\xAF") == "\\xc0\\xaf");
    CHECK(escape_text("\xED\xA0\x80") == "\\xed\\xa0\\x80");
    CHECK(escape_text("\xF4\x90\x80\x80") == "\\xf4\\x90\\x80\\x80");
}

TEST_CASE("escape: a long text is cut between characters and marked") {
    CHECK(escape_text("0123456789", 10) == "0123456789");
    CHECK(escape_text("0123456789a", 10) == "0123456...");
    CHECK(escape_text("12345\xC3\xA9\xC3\xA9\xC3\xA9", 10) == "12345\xC3\xA9...");
    CHECK(escape_text("123456\xC3\xA9\xC3\xA9\xC3\xA9", 10) == "123456...");
    CHECK(escape_text("1234\x1B\x1B\x1B", 10) == "1234...");
    CHECK(escape_text("12\xE2\x80\xAE", 10) == "12\\u{202e}");
    CHECK(escape_text("123\xE2\x80\xAE", 10) == "123...");
    CHECK(escape_text("abcdef", 3) == "...");
    CHECK(escape_text("abcdef", 2) == "..");
    CHECK(escape_text("abcdef", 0) == "");
    CHECK(escape_text(std::string(1'000'000, 'x')).size() == 256);
}

TEST_CASE("escape: whatever comes in, what goes out is short, valid and without controls") {
    std::mt19937 random(1);
    for (int round = 0; round < 20'000; ++round) {
        std::string raw(random() % 40, '\0');
        for (char& c : raw) {
            // Half of the bytes above ASCII's end, so that sequences begin and break.
            c = static_cast<char>(random() % 2 == 0 ? random() % 256 : 0xC0 + random() % 56);
        }
        const std::size_t limit = random() % 64;
        const std::string safe = escape_text(raw, limit);
        CAPTURE(to_hex(as_bytes(raw)));
        REQUIRE(safe.size() <= limit);
        REQUIRE(is_valid_utf8(safe));
        REQUIRE(safe.find_first_of("\x00\t\n\r\x1B\x7F"sv) == std::string::npos);
    }
}
