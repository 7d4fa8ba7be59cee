#include "core/store/audit_key.hpp"
#include "daemon/audit/export.hpp"
#include "daemon/audit/verify.hpp"
#include "tests/core/store/fixture.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <sstream>
#include <sys/stat.h>

using namespace accessd;
using namespace accessd::store_test;

namespace {

/// The state directory of a daemon that wrote five audit rows and ended.
class StateDir {
public:
    StateDir() {
        StoreOptions options;
        options.directory = dir.path();
        options.threaded = false;
        options.reserve_bytes = 0;
        options.sign_audit = true;
        SimWorld world;
        auto store = open_sqlite_store(options);
        REQUIRE(store.has_value());
        for (int i = 0; i < 5; ++i) {
            Changes changes;
            changes.at = at(i);
            changes.audit.emplace_back("grant.done", R"({"took":)" + std::to_string(i) + "}");
            heads.push_back(run(world, (*store)->save(changes))->audit_head);
        }
        source.database = database_file(dir.path());
    }

    void tamper(const char* sql) const {
        auto database = Database::open(source.database, Database::Mode::read_write);
        REQUIRE((*database)->execute(sql));
    }

    int verify(AuditVerifyOptions options = {}) {
        if (options.jsonl.empty()) {
            options.source = source;
        }
        std::ostringstream out;
        const int status = verify_audit(options, {}, out);
        said = out.str();
        return status;
    }

    int dump(AuditExportOptions options = {}) {
        options.source = source;
        std::ostringstream out;
        std::ostringstream errors;
        const int status = export_audit(options, {}, out, errors);
        written = out.str();
        said = errors.str();
        return status;
    }

    /// Verifies these lines with the key of the directory.
    int verify_lines(const std::string& lines) {
        AuditVerifyOptions options;
        options.jsonl = dir.path() / "export.jsonl";
        options.pubkey = audit_public_file(dir.path());
        std::ofstream(options.jsonl) << lines;
        return verify(options);
    }

    bool says(const std::string& text) const { return said.find(text) != std::string::npos; }

    TempDir dir;
    DatabaseSource source;
    std::vector<std::string> heads;
    std::string said;
    std::string written;
};

} // namespace

TEST_CASE("audit verify: a good database exits 0 and tells rows, head and the last checkpoint") {
    StateDir state;
    CHECK(state.verify() == 0);
    CHECK(state.says(": ok: 5 rows\nhead: 5:" + state.heads[4] + "\ncheckpoints: 1, the last at row 5 of "));
}

TEST_CASE("audit verify: tampering exits 1 and names the first bad row") {
    for (const auto& tampering : std::vector<std::pair<const char*, const char*>>{
             {"UPDATE audit SET body = '{\"took\":9}' WHERE seq = 3",
              "audit row 3 or the one before it was changed"},
             {"DELETE FROM audit WHERE seq = 3", "audit row 3 is missing"},
             {"INSERT INTO audit VALUES (6, 0, 'grant.done', '{}', zeroblob(32))", "audit row 6 "},
             {"INSERT INTO audit VALUES (-1, 0, 'grant.done', '{}', zeroblob(32))",
              "audit row -1 stands where row 1"},
             {"DELETE FROM audit WHERE seq > 3", "audit rows 4 to 5 are missing at the end"},
             {"UPDATE checkpoint SET note = replace(note, 'time 2026', 'time 2027')",
              "the checkpoint of row 5: the sig"},
             {"UPDATE checkpoint SET seq = 4", "the checkpoint of row 4: it covers 5 rows"}}) {
        StateDir state;
        CAPTURE(tampering.first);
        state.tamper(tampering.first);
        CHECK(state.verify() == 1);
        CHECK_MESSAGE(state.says(std::string("tampered with: ") + tampering.second), state.said);
        CHECK(std::count(state.said.begin(), state.said.end(), '\n') == 1);
    }
}

TEST_CASE("audit verify: the head of a ticket finds what no checkpoint is left to find") {
    StateDir state;
    AuditVerifyOptions options;
    options.heads = {"5:" + state.heads[4].substr(0, 16), "2:" + state.heads[1]};
    CHECK(state.verify(options) == 0);
    state.tamper("DELETE FROM audit WHERE seq > 3; DELETE FROM checkpoint");
    CHECK(state.verify() == 0);
    CHECK(state.says("checkpoints: none"));
    CHECK(state.verify(options) == 1);
    CHECK(state.says("audit rows 4 to 5 are missing at the end: the head was given of row 5"));
    options.heads = {"3:0123456789abcdef"};
    CHECK(state.verify(options) == 1);
    CHECK(state.says("audit row 3 has the hash " + state.heads[2].substr(0, 16)));
}

TEST_CASE("audit verify: a key that was kept elsewhere finds a trail that was signed anew") {
    StateDir state;
    AuditVerifyOptions options;
    options.pubkey = state.dir.path() / "kept";
    std::filesystem::copy_file(audit_public_file(state.dir.path()), options.pubkey);
    CHECK(state.verify(options) == 0);
    std::filesystem::remove(state.dir.path() / "audit.key");
    std::filesystem::remove(audit_public_file(state.dir.path()));
    state.tamper("DELETE FROM checkpoint");
    StoreOptions store;
    store.directory = state.dir.path();
    store.sign_audit = true;
    open_sqlite_store(store)->reset();
    CHECK(state.verify() == 0);
    CHECK(state.verify(options) == 1);
    CHECK(state.says("none of the keys given"));
}

TEST_CASE("audit verify: a copy without its key is not called good") {
    StateDir state;
    std::filesystem::remove(audit_public_file(state.dir.path()));
    CHECK(state.verify() == 2);
    CHECK(state.says("--pubkey"));
    state.tamper("UPDATE audit SET code = 'x' WHERE seq = 2");
    CHECK(state.verify() == 1);
}

TEST_CASE("audit verify: what cannot be read exits 2 with one sentence") {
    StateDir state;
    const auto database = state.source.database;
    const auto refused = [&](const char* part) {
        CHECK(state.verify() == 2);
        CHECK_MESSAGE(state.says(part), state.said);
        CHECK(std::count(state.said.begin(), state.said.end(), '\n') == 1);
    };
    state.source.database = state.dir.path() / "missing";
    refused("/missing: No such file or directory");
    state.source.database = state.dir.path();
    refused("not a regular file");
    state.source.database = state.dir.path() / "text";
    std::ofstream(state.source.database) << std::string(5000, 'x');
    refused("is damaged or no database of ours");
    state.source.database.clear();
    state.source.config = state.dir.path() / "missing.toml";
    refused("/missing.toml: error: ");
    AuditVerifyOptions options;
    options.jsonl = state.dir.path() / "missing.jsonl";
    CHECK(state.verify(options) == 2);
    options.jsonl = state.dir.path();
    CHECK(state.verify(options) == 2);
    state.source.database = database;
    options = {};
    options.pubkey = state.dir.path() / "missing.pub";
    CHECK(state.verify(options) == 2);
    CHECK(state.says("/missing.pub: there is no such file"));
}

TEST_CASE("audit verify: the database is that of the configuration, whose secrets it does not need") {
    StateDir state;
    const auto config = state.dir.path() / "accessd.toml";
    std::ofstream(config) << "[daemon]\nstate_dir = \"" << state.dir.path().string()
                          << "\"\n[jira]\ntoken = { credential = \"not-there\" }\n";
    state.source.database.clear();
    state.source.config = config;
    CHECK(state.verify() == 0);
    std::ofstream(config) << "[jira]\n";
    AuditVerifyOptions options;
    options.source = state.source;
    std::ostringstream out;
    CHECK(verify_audit(options, {{"STATE_DIRECTORY", state.dir.path().string()}}, out) == 0);
}

TEST_CASE("audit export: what it writes verifies, all of it and a part") {
    StateDir state;
    REQUIRE(state.dump() == 0);
    const std::string all = state.written;
    CHECK(std::count(all.begin(), all.end(), '\n') == 6);
    CHECK(state.verify_lines(all) == 0);
    CHECK(state.says("ok: 5 rows\nhead: 5:" + state.heads[4]));
    for (const char* const since : {"4", "2026-01-01T00:00:03Z"}) {
        AuditExportOptions options;
        options.since = since;
        REQUIRE(state.dump(options) == 0);
        CHECK(state.verify_lines(state.written) == 0);
        CHECK(state.says("ok: 2 rows behind row 3, which is not in it\nhead: 5:" + state.heads[4]));
    }
    for (const char* const since : {"0", "1", "2026-01-01", "2025-12-31T23:00:00Z"}) {
        AuditExportOptions options;
        options.since = since;
        REQUIRE(state.dump(options) == 0);
        CHECK(state.written == all);
    }
}

TEST_CASE("audit export: tampering with an export exits 1, a file of something else 2") {
    StateDir state;
    REQUIRE(state.dump() == 0);
    std::string changed = state.written;
    changed[changed.find("took") + 7] = '9';
    CHECK(state.verify_lines(changed) == 1);
    CHECK(state.says("tampered with: audit row 1 "));
    CHECK(state.verify_lines(state.written + "x\n") == 1);
    CHECK(state.says("tampered with: line 7 is no JSON"));
    CHECK(state.verify_lines("root:x:0:0\n") == 2);
    AuditVerifyOptions options;
    options.jsonl = state.dir.path() / "export.jsonl";
    std::ofstream(options.jsonl) << state.written;
    CHECK(state.verify(options) == 2); // its checkpoint cannot be verified without a key
}

TEST_CASE("audit export: an export of a database whose tail was cut shows it, too") {
    StateDir state;
    state.tamper("DELETE FROM audit WHERE seq > 3");
    REQUIRE(state.dump() == 0);
    CHECK(state.verify_lines(state.written) == 1);
    CHECK(state.says("audit rows 4 to 5 are missing at the end"));
}

TEST_CASE("audit export: CSV has a header and the rows alone") {
    StateDir state;
    AuditExportOptions options;
    options.format = ExportFormat::csv;
    options.since = "5";
    REQUIRE(state.dump(options) == 0);
    CHECK(
        state.written ==
        "seq,at,code,body,hash\r\n5,2026-01-01T00:00:04.000Z,\"grant.done\",\"{\"\"took\"\":4}\"," +
            state.heads[4] + "\r\n"
    );
}

TEST_CASE("audit export: a file is new, for its owner alone, and whole or not there") {
    StateDir state;
    AuditExportOptions options;
    options.output = state.dir.path() / "out.jsonl";
    REQUIRE(state.dump(options) == 0);
    struct stat status = {};
    REQUIRE(::stat(options.output.c_str(), &status) == 0);
    CHECK((status.st_mode & 07777U) == 0600);
    CHECK(state.dump(options) == 2);
    CHECK(state.says("exists already"));
    options.output = state.source.database;
    CHECK(state.dump(options) == 2);
    CHECK(state.verify() == 0);
    options.output = state.dir.path() / "bad.jsonl";
    state.tamper("UPDATE audit SET body = CAST(x'ff' AS TEXT) WHERE seq = 4");
    CHECK(state.dump(options) == 1);
    CHECK(state.says("audit row 4 holds what accessd does not write"));
    CHECK_FALSE(std::filesystem::exists(options.output));
    options.output = state.dir.path() / "missing" / "out.jsonl";
    CHECK(state.dump(options) == 2);
}

TEST_CASE("audit export: a beginning that is none is refused") {
    StateDir state;
    AuditExportOptions options;
    for (const auto& refused : std::vector<std::pair<const char*, const char*>>{
             {"yesterday", "is neither a row nor a time"},
             {"2026-02-30", "is neither a row nor a time"},
             {"-1", "is neither a row nor a time"},
             {"2030-01-01", "no row was written since 2030-01-01"},
             {"7", "there is no row 6 for the export to begin behind"}}) {
        options.since = refused.first;
        CHECK(state.dump(options) == 2);
        CHECK_MESSAGE(state.says(refused.second), state.said);
        CHECK(state.written.empty());
    }
}

TEST_CASE("audit export: a reader that went away is told of") {
    StateDir state;
    AuditExportOptions options;
    options.source = state.source;
    std::ostringstream out;
    std::ostringstream errors;
    out.setstate(std::ios::badbit);
    CHECK(export_audit(options, {}, out, errors) == 2);
    CHECK(errors.str() == "accessd: the standard output takes no more; the export is incomplete\n");
}
