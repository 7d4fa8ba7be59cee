#include "core/store/audit_file.hpp"
#include "core/store/audit_key.hpp"
#include "tests/core/store/faulty_disk.hpp"
#include "tests/core/store/fixture.hpp"
#include "tests/core/store/trail.hpp"

#include <doctest/doctest.h>
#include <sqlite3.h>

#include <fstream>
#include <sstream>
#include <sys/stat.h>

using namespace accessd;
using namespace accessd::store_test;

namespace {

std::shared_ptr<const NoteSigner> shared_signer(char letter = 'a') {
    return std::make_shared<NoteSigner>(test_signer(letter));
}

Changes rows(int count, TimePoint when) {
    Changes changes;
    changes.at = when;
    for (int i = 0; i < count; ++i) {
        changes.audit.emplace_back("grant.done", "{}");
    }
    return changes;
}

/// The last rows that the checkpoints of a database cover, once all of it has been verified.
std::vector<std::int64_t> covered(const std::filesystem::path& directory, const std::vector<NoteKey>& keys) {
    auto file = AuditFile::open(database_file(directory), Database::Mode::read_only);
    REQUIRE(file.has_value());
    AuditVerifier verifier({}, keys);
    const auto verdict = verify_audit_file(*file, verifier);
    CHECK_MESSAGE(verdict.has_value(), (verdict ? "" : verdict.error().message()));
    std::vector<std::int64_t> seqs;
    REQUIRE(file->checkpoints([&](std::int64_t seq, const std::string&) { seqs.push_back(seq); }).has_value()
    );
    return seqs;
}

std::vector<std::int64_t> covered(const std::filesystem::path& directory) {
    return covered(directory, keys_of(test_signer()));
}

using Seqs = std::vector<std::int64_t>;

std::string read_file(const std::filesystem::path& file) {
    std::ifstream stream(file);
    std::stringstream text;
    text << stream.rdbuf();
    return text.str();
}

unsigned mode_of(const std::filesystem::path& file) {
    struct stat status = {};
    return ::stat(file.c_str(), &status) == 0 ? status.st_mode & 07777U : 0U;
}

StoreOptions signing(const std::filesystem::path& directory) {
    StoreOptions options;
    options.directory = directory;
    options.reserve_bytes = 0;
    options.sign_audit = true;
    return options;
}

} // namespace

TEST_CASE("checkpoints: rows of a daemon that did not end well get theirs at the next start") {
    TempDir dir;
    {
        OpenLedger open(dir.path(), nullptr, shared_signer());
        REQUIRE(open.save(rows(3, at(0))).has_value());
    }
    CHECK(covered(dir.path()).empty());
    OpenLedger open(dir.path(), nullptr, shared_signer());
    CHECK(covered(dir.path()) == Seqs{3});
}

TEST_CASE("checkpoints: an orderly end signs what is not covered, and nothing twice") {
    TempDir dir;
    OpenLedger open(dir.path(), nullptr, shared_signer());
    open.ledger->seal();
    CHECK(covered(dir.path()).empty());
    REQUIRE(open.save(rows(3, at(0))).has_value());
    open.ledger->seal();
    open.ledger->seal();
    CHECK(covered(dir.path()) == Seqs{3});
}

TEST_CASE("checkpoints: without a signer there are none") {
    TempDir dir;
    OpenLedger open(dir.path());
    REQUIRE(open.save(rows(2000, at(0))).has_value());
    open.ledger->seal();
    CHECK(covered(dir.path()).empty());
}

TEST_CASE("checkpoints: many rows bring one with their own transaction") {
    TempDir dir;
    OpenLedger open(dir.path(), nullptr, shared_signer());
    REQUIRE(open.save(rows(999, at(0))).has_value());
    CHECK(covered(dir.path()).empty());
    REQUIRE(open.save(rows(1, at(1))).has_value());
    CHECK(covered(dir.path()) == Seqs{1000});
    REQUIRE(open.save(rows(999, at(2))).has_value());
    CHECK(covered(dir.path()) == Seqs{1000});
}

TEST_CASE("checkpoints: after an hour one comes with the next row, or when work is looked for") {
    TempDir dir;
    OpenLedger open(dir.path(), nullptr, shared_signer());
    REQUIRE(open.save(rows(1, at(0))).has_value());
    REQUIRE(open.save(rows(1, at(3599))).has_value());
    CHECK(covered(dir.path()).empty());
    REQUIRE(open.save(rows(1, at(3600))).has_value());
    CHECK(covered(dir.path()) == Seqs{3});
    REQUIRE(open.save(rows(1, at(4000))).has_value());
    REQUIRE(open.ledger->claim_due(at(7599), at(7599), 10).has_value());
    CHECK(covered(dir.path()) == Seqs{3});
    REQUIRE(open.ledger->claim_due(at(7600), at(7600), 10).has_value());
    CHECK(covered(dir.path()) == Seqs{3, 4});
}

TEST_CASE("checkpoints: with nothing new nothing is written, however long it takes") {
    TempDir dir;
    OpenLedger open(dir.path(), nullptr, shared_signer());
    REQUIRE(open.save(rows(1, at(0))).has_value());
    open.ledger->seal();
    const auto log = database_file(dir.path()).string() + "-wal";
    const std::string before = read_file(log);
    for (const int hours : {1, 2, 1000}) {
        REQUIRE(open.ledger->claim_due(at(hours * 3600), at(hours * 3600), 10).has_value());
    }
    Changes position;
    position.position = at(5000 * 3600);
    REQUIRE(open.ledger->claim_due(at(0), at(0), 10).has_value());
    CHECK(read_file(log) == before);
    REQUIRE(open.save(position).has_value());
    CHECK(covered(dir.path()) == Seqs{1});
}

TEST_CASE("checkpoints: a save that fails takes its checkpoint back") {
    TempDir dir;
    FaultyDisk disk;
    OpenLedger open(dir.path(), nullptr, shared_signer());
    REQUIRE(open.save(rows(1, at(0))).has_value());
    disk.fail_writes(SQLITE_FULL);
    CHECK_FALSE(open.save(rows(999, at(1))).has_value());
    open.ledger->seal(); // cannot be signed now
    disk.fail_writes(SQLITE_OK);
    REQUIRE(open.save(rows(1, at(2))).has_value());
    CHECK(covered(dir.path()).empty());
    open.ledger->seal();
    CHECK(covered(dir.path()) == Seqs{2});
}

TEST_CASE("checkpoints: a store signs its audit at its end, with the key of its directory") {
    TempDir dir;
    SimWorld world;
    StoreOptions options = signing(dir.path());
    for (const bool threaded : {false, true}) {
        options.threaded = threaded;
        auto store = open_sqlite_store(options);
        REQUIRE(store.has_value());
        if (!threaded) {
            REQUIRE(run(world, (*store)->save(rows(2, at(0)))).has_value());
        }
    }
    const auto keys = read_note_keys(audit_public_file(dir.path()));
    REQUIRE(keys.has_value());
    CHECK(covered(dir.path(), *keys) == Seqs{2});
}

TEST_CASE("audit key: it is made once, private to its owner, its public half for everybody") {
    TempDir dir;
    const mode_t before = ::umask(0777);
    const auto made = load_audit_key(dir.path());
    ::umask(before);
    REQUIRE(made.has_value());
    CHECK(mode_of(dir.path() / "audit.key") == 0600);
    CHECK(mode_of(audit_public_file(dir.path())) == 0644);
    CHECK(read_file(audit_public_file(dir.path())) == made->key().text() + "\n");
    const auto again = load_audit_key(dir.path());
    REQUIRE(again.has_value());
    CHECK(again->key().text() == made->key().text());
    TempDir other;
    CHECK(load_audit_key(other.path())->key().name != made->key().name);
    const std::size_t files = static_cast<std::size_t>(
        std::distance(std::filesystem::directory_iterator(dir.path()), std::filesystem::directory_iterator())
    );
    CHECK(files == 2);
}

TEST_CASE(
    "audit key: after a lost key a new one is added to the public ones, and a lost public file comes back"
) {
    TempDir dir;
    const auto old = load_audit_key(dir.path());
    std::filesystem::remove(dir.path() / "audit.key");
    std::ofstream(audit_public_file(dir.path())) << old->key().text(); // an editor took the line's end away
    const auto fresh = load_audit_key(dir.path());
    REQUIRE(fresh.has_value());
    const auto keys = read_note_keys(audit_public_file(dir.path()));
    REQUIRE(keys.has_value());
    REQUIRE(keys->size() == 2);
    CHECK(keys->front().text() == old->key().text());
    CHECK(keys->back().text() == fresh->key().text());
    std::filesystem::remove(audit_public_file(dir.path()));
    REQUIRE(load_audit_key(dir.path()).has_value());
    CHECK(read_note_keys(audit_public_file(dir.path()))->size() == 1);
}

TEST_CASE("audit key: one that is damaged, or that others may read, is refused by its name") {
    TempDir dir;
    REQUIRE(load_audit_key(dir.path()).has_value());
    const auto file = dir.path() / "audit.key";
    std::filesystem::permissions(file, std::filesystem::perms(0640));
    auto refused = load_audit_key(dir.path());
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().code() == "store.key");
    CHECK(refused.error().message().find("chmod 0600 " + file.string()) != std::string::npos);
    std::filesystem::permissions(file, std::filesystem::perms(0600));
    const std::string secret = read_file(file);
    for (const std::string& text : {std::string(), std::string("PRIVATE+KEY+x"), secret.substr(0, 60)}) {
        std::ofstream(file) << text;
        refused = load_audit_key(dir.path());
        REQUIRE_FALSE(refused.has_value());
        CHECK(refused.error().code() == "store.key");
        CHECK(refused.error().message().find(file.string()) == 0);
        CHECK(refused.error().message().find(secret.substr(40, 20)) == std::string::npos);
    }
    std::filesystem::remove(file);
    std::filesystem::create_directory(file);
    CHECK(load_audit_key(dir.path()).error().code() == "store.key");
    CHECK(open_sqlite_store(signing(dir.path())).error().code() == "store.key");
}

TEST_CASE("audit key: a file of public keys with anything else in it is refused") {
    TempDir dir;
    const auto file = dir.path() / "keys";
    const auto code = [&](const std::string& text) {
        std::ofstream(file) << text;
        const auto keys = read_note_keys(file);
        return keys ? "" : keys.error().code();
    };
    CHECK(read_note_keys(file).error().code() == "store.key");
    const std::string key = test_signer().key().text();
    CHECK(code(key).empty());
    CHECK(code("\n" + key + "\n\n" + test_signer('b').key().text() + "\n").empty());
    CHECK(code("") == "store.key");
    CHECK(code("\n") == "store.key");
    CHECK(code(key + " \n") == "store.key");
    CHECK(code(std::string(100000, 'x')) == "store.key");
}
