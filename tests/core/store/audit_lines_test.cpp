#include "core/store/audit_lines.hpp"
#include "tests/core/store/trail.hpp"

#include <doctest/doctest.h>

#include <sstream>

using namespace accessd;
using namespace accessd::store_test;

namespace {

std::string parse_error(const std::string& line) {
    const auto parsed = parse_audit_line(line);
    return parsed ? "" : parsed.error().code();
}

/// The code of what is wrong with an export, "" for nothing.
std::string judge_lines(const std::string& text, std::string* message = nullptr) {
    std::istringstream in(text);
    AuditVerifier verifier({}, keys_of(test_signer()));
    const auto verdict = verify_audit_lines(in, verifier);
    if (!verdict && message != nullptr) {
        *message = verdict.error().message();
    }
    return verdict ? "" : verdict.error().code();
}

/// The export as accessd would have written it, "" when a line of it is none: JSON has more than one way to
/// write the same text.
std::string normal(const std::string& text) {
    std::istringstream in(text);
    std::string out;
    for (std::string line; std::getline(in, line);) {
        const auto parsed = parse_audit_line(line);
        if (!parsed) {
            return "";
        }
        if (const auto* row = std::get_if<AuditRow>(&*parsed)) {
            out += *audit_row_line(*row);
        } else if (const auto* note = std::get_if<AuditNote>(&*parsed)) {
            out += audit_note_line(*note);
        }
    }
    return out;
}

std::string without(std::string text, const std::string& part) {
    return text.erase(text.find(part), part.size());
}

} // namespace

TEST_CASE("audit lines: a row is written as documented and comes back") {
    Trail trail(1);
    trail.rows[0].body = "{\"who\":\"J\xC3\xBCrgen \\\"x\\\"\"}";
    trail.chain_from(1);
    const std::string line = *audit_row_line(trail.rows[0]);
    CHECK(
        line == "{\"at\":\"2026-01-01T00:00:01.000Z\",\"body\":\"{\\\"who\\\":\\\"J\xC3\xBCrgen "
                "\\\\\\\"x\\\\\\\"\\\"}\",\"code\":\"grant.done\",\"hash\":\"" +
                    to_hex(trail.rows[0].hash) + "\",\"seq\":1}\n"
    );
    const auto parsed = parse_audit_line(line.substr(0, line.size() - 1));
    REQUIRE(parsed.has_value());
    const AuditRow& row = std::get<AuditRow>(*parsed);
    CHECK(row.body == trail.rows[0].body);
    CHECK(row.at == trail.rows[0].at);
    CHECK(row.hash == trail.rows[0].hash);
}

TEST_CASE("audit lines: a row that accessd does not write is not exported") {
    Trail trail(1);
    trail.rows[0].body = "\xff";
    CHECK(audit_row_line(trail.rows[0]).error().code() == "audit.not_text");
    CHECK(audit_csv_row(trail.rows[0]).error().code() == "audit.not_text");
    trail.rows[0].body = "{}";
    trail.rows[0].at = TimePoint(std::chrono::sys_days(std::chrono::year(12000) / 1 / 1));
    CHECK(audit_row_line(trail.rows[0]).error().code() == "audit.not_text");
}

TEST_CASE("audit lines: CSV doubles quotes, keeps formulas and ends lines as RFC 4180 says") {
    Trail trail(1);
    trail.rows[0].code = "=1+1";
    trail.rows[0].body = "{\"a\":\"b,\n\"}";
    CHECK(
        *audit_csv_row(trail.rows[0]) == "1,2026-01-01T00:00:01.000Z,\"=1+1\",\"{\"\"a\"\":\"\"b,\n\"\"}\"," +
                                             to_hex(trail.rows[0].hash) + "\r\n"
    );
}

TEST_CASE("audit lines: an export verifies, from row 1 and from the middle") {
    const Trail trail(5);
    CHECK(judge_lines("").empty());
    CHECK(judge_lines(trail.lines()).empty());
    AuditStart start;
    start.seq = 2;
    start.hash = trail.rows[1].hash;
    std::string rest = trail.lines();
    rest.erase(0, rest.find("{\"at\":\"2026-01-01T00:00:03"));
    CHECK(judge_lines(audit_start_line(start) + rest).empty());
    CHECK(judge_lines(rest) == "audit.gap");
}

TEST_CASE("audit lines: a line less, a line twice, lines that changed places and a cut tail are found") {
    const Trail trail(5);
    const std::string good = trail.lines();
    const std::string third = *audit_row_line(trail.rows[2]);
    CHECK(judge_lines(without(good, third)) == "audit.gap");
    CHECK(judge_lines(std::string(good).insert(good.find(third), third)) == "audit.gap");
    CHECK(judge_lines(third + without(good, third)) == "audit.gap");
    CHECK(judge_lines(without(good, *audit_row_line(trail.rows[4]))) == "audit.cut");
}

TEST_CASE("audit lines: no bit of an export can be changed") {
    const std::string good = Trail(2).lines();
    for (std::size_t at = 0; at < good.size(); ++at) {
        for (int bit = 1; bit < 256; bit *= 2) {
            std::string changed = good;
            changed[at] = static_cast<char>(changed[at] ^ bit);
            CAPTURE(at);
            const bool unnoticed = judge_lines(changed).empty();
            CHECK((!unnoticed || normal(changed) == good));
        }
    }
}

TEST_CASE("audit lines: an error names the line") {
    const Trail trail(2);
    const std::string good = trail.lines();
    std::string message;
    CHECK(judge_lines(*audit_row_line(trail.rows[0]) + "nonsense\n", &message) == "audit.malformed");
    CHECK(message == "line 2 is no JSON");
    CHECK(judge_lines(good.substr(0, good.size() - 1), &message) == "audit.malformed");
    CHECK(message == "line 3 is cut off: it has no end of line");
    CHECK(judge_lines(std::string(longest_audit_line + 1, 'x'), &message) == "audit.malformed");
    CHECK(message == "line 1 is longer than any that accessd writes");
    CHECK(judge_lines(good + "\n", &message) == "audit.malformed");
    CHECK(message == "line 4 is no JSON");
    AuditStart start;
    start.seq = 2;
    CHECK(judge_lines(good + audit_start_line(start), &message) == "audit.malformed");
    CHECK(message.find("line 4 says where the export begins") == 0);
}

TEST_CASE("audit lines: hostile lines are refused") {
    const std::string hash(64, 'a');
    const auto row = [&](const std::string& seq, const std::string& at, const std::string& rest = "") {
        return "{\"at\":" + at + ",\"body\":\"{}\",\"code\":\"c\",\"hash\":\"" + hash + "\",\"seq\":" + seq +
               rest + "}";
    };
    const std::string at = "\"2026-01-01T00:00:01.000Z\"";
    REQUIRE(parse_error(row("1", at)).empty());
    for (const std::string& line :
         {row("0", at),
          row("-1", at),
          row("1.0", at),
          row("1e0", at),
          row("\"1\"", at),
          row("9223372036854775807", at),
          row("99999999999999999999999", at),
          row("1", "1767225601000"),
          row("1", "\"2026-01-01T00:00:01Z\""),
          row("1", "\"2026-01-01T00:00:01.000+00:00\""),
          row("1", "\"2026-02-30T00:00:01.000Z\""),
          row("1", at, ",\"more\":1"),
          row("1", at, ",\"seq\":1"),
          row("1", at) + " x",
          row("1", at) + std::string(1, '\0'),
          std::string("[]"),
          std::string("null"),
          std::string("{}"),
          std::string(100000, '['),
          std::string("{\"checkpoint\":1}"),
          "{\"checkpoint\":\"" + std::string(longest_note + 1, 'x') + "\"}",
          std::string("{\"note\":\"x\"}"),
          "{\"after\":0,\"hash\":\"" + hash + "\"}",
          "{\"after\":9223372036854775807,\"hash\":\"" + hash + "\"}",
          "{\"after\":5,\"hash\":\"" + hash + "a\"}",
          "{\"after\":5,\"hash\":\"" + std::string(64, 'A') + "\"}"}) {
        CAPTURE(line.substr(0, 120));
        CHECK(parse_error(line) == "audit.malformed");
    }
}
