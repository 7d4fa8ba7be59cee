#include "tests/power_loss/content.hpp"

#include "core/store/audit_file.hpp"
#include "tests/power_loss/raw_sqlite.hpp"

#include <algorithm>

namespace accessd::power_loss {

namespace {

/// Short enough for one line, without bytes that a terminal would obey.
std::string shortened(const std::string& row) {
    std::string text = row.substr(0, 100);
    std::replace_if(
        text.begin(), text.end(), [](char byte) { return byte < ' ' || byte > '~'; }, '.'
    );
    return text;
}

std::string
first_difference(const std::vector<std::string>& expected, const std::vector<std::string>& found) {
    const auto [left, right] = std::mismatch(expected.begin(), expected.end(), found.begin(), found.end());
    const std::string missing = left == expected.end() ? "no row" : shortened(*left);
    const std::string there = right == found.end() ? "no row" : shortened(*right);
    return "expected " + missing + ", found " + there;
}

} // namespace

Content read_content(const std::filesystem::path& file) {
    Content content;
    RawSqlite database(file);
    const std::string version = database.ask("PRAGMA user_version");
    content.version =
        version == std::to_string(std::atoll(version.c_str())) ? std::atoll(version.c_str()) : -1;
    database.query("SELECT type, name, sql FROM sqlite_schema ORDER BY type, name", content.rows["schema"]);
    std::vector<std::string> tables;
    database.query("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name", tables);
    for (const std::string& table : tables) {
        // Checkpoints are made at starts and stops, which the two that are compared do not share.
        if (table != "checkpoint") {
            database.query("SELECT * FROM \"" + table + "\"", content.rows[table]);
        }
    }
    return content;
}

std::string difference(const Content& expected, const Content& found) {
    if (expected.version != found.version) {
        return "schema version " + std::to_string(found.version) + " instead of " +
               std::to_string(expected.version);
    }
    for (const auto& [table, rows] : expected.rows) {
        const auto there = found.rows.find(table);
        if (there == found.rows.end()) {
            return "table " + table + " is missing";
        }
        if (rows != there->second) {
            return "table " + table + ": " + first_difference(rows, there->second);
        }
    }
    return expected == found ? "" : "a table too many";
}

std::string structure_fault(const std::filesystem::path& file) {
    RawSqlite database(file);
    const std::string integrity = database.ask("PRAGMA integrity_check(1)");
    if (integrity != "ok") {
        return "integrity_check: " + shortened(integrity);
    }
    const std::string orphans = database.ask("PRAGMA foreign_key_check");
    return orphans.empty() ? "" : "foreign_key_check: " + shortened(orphans);
}

AuditReport judge_audit(
    const std::filesystem::path& file, const std::vector<NoteKey>& keys, const std::vector<KnownHead>& heads
) {
    AuditReport report;
    AuditVerifier verifier(heads, keys);
    auto opened = AuditFile::open(file, Database::Mode::read_only);
    const auto verdict =
        opened ? verify_audit_file(*opened, verifier) : Result<Done>(std::move(opened).error());
    report.fault = verdict ? "" : verdict.error().message();
    report.seq = verifier.chain().seq();
    return report;
}

} // namespace accessd::power_loss
