#include "core/store/schema.hpp"
#include "core/store/state_dir.hpp"
#include "tests/core/store/faulty_disk.hpp"
#include "tests/core/store/fixture.hpp"

#include <doctest/doctest.h>
#include <sqlite3.h>

#include <cerrno>
#include <fstream>

using namespace accessd;
using namespace accessd::store_test;

namespace {

Changes big(const std::string& issue_id) {
    Changes changes = changes_of(request(issue_id));
    changes.request->evidence = std::string(100000, 'e');
    changes.audit.emplace_back("request.approved", "{}");
    return changes;
}

std::string code_of(const Result<Saved>& saved) {
    return saved ? "" : saved.error().code();
}

/// A ledger with one request on a disk that works so far.
class OnFaultyDisk {
public:
    OnFaultyDisk() : open(dir.path()) { REQUIRE(open.save(big("1")).has_value()); }

    TempDir dir;
    FaultyDisk disk;
    OpenLedger open;
};

/// What a store that is opened anew holds of these requests.
std::size_t found_later(const std::filesystem::path& directory, const std::vector<std::string>& ids) {
    OpenLedger later(directory);
    const auto found = later.ledger->load(ids);
    REQUIRE(found.has_value());
    return found->size();
}

} // namespace

TEST_CASE("disk: what could not be written or synced is not acknowledged, and nothing more is written") {
    for (const bool by_sync : {false, true}) {
        CAPTURE(by_sync);
        OnFaultyDisk world;
        if (by_sync) {
            world.disk.fail_syncs(SQLITE_IOERR_FSYNC);
        } else {
            world.disk.fail_writes(SQLITE_IOERR_WRITE);
        }
        const auto refused = world.open.save(big("2"));
        REQUIRE(code_of(refused) == "store.io");
        CHECK(refused.error().fault() == Fault::permanent);
        world.disk.fail_syncs(SQLITE_OK);
        world.disk.fail_writes(SQLITE_OK);
        CHECK(code_of(world.open.save(big("3"))) == "store.io");
        world.open.ledger->tidy(true); // not over what may be half a log
        CHECK(world.open.ledger->load({"1", "2", "3"})->size() == 1);
        world.open.ledger.reset();
        CHECK(found_later(world.dir.path(), {"1", "3"}) == 1);
    }
}

TEST_CASE("disk: a failure for want of space passes, whatever SQLite calls it, and is not taken for the next"
) {
    for (const int number : {ENOSPC, EDQUOT}) {
        OnFaultyDisk world;
        world.disk.set_errno(number);
        world.disk.fail_writes(SQLITE_IOERR_WRITE);
        // So big that pages must be written before the commit.
        Changes huge = big("2");
        huge.request->evidence = std::string(8U << 20U, 'e');
        const auto refused = world.open.save(huge);
        REQUIRE(code_of(refused) == "store.full");
        CHECK(refused.error().fault() == Fault::transient);
        world.disk.fail_writes(SQLITE_OK);
        CHECK(world.open.save(big("2")).has_value());
        world.disk.set_errno(EIO);
        world.disk.fail_syncs(SQLITE_IOERR_FSYNC);
        CHECK(code_of(world.open.save(big("3"))) == "store.io");
    }
}

TEST_CASE("disk: a log that cannot be copied back stops all writing") {
    OnFaultyDisk world;
    for (int i = 2; i < 60; ++i) {
        REQUIRE(world.open.save(big(std::to_string(i))).has_value());
    }
    world.disk.fail_writes(SQLITE_IOERR_WRITE);
    world.open.ledger->tidy(true);
    world.disk.fail_writes(SQLITE_OK);
    CHECK(code_of(world.open.save(big("99"))) == "store.io");
    world.open.ledger.reset();
    CHECK(found_later(world.dir.path(), {"1", "59", "99"}) == 2);
}

TEST_CASE("disk: a checkpoint that somebody hinders is left for later") {
    OnFaultyDisk world;
    world.disk.hinder_checkpoints();
    CHECK(world.open.database->checkpoint());
    CHECK(world.open.save(big("2")).has_value());
}

TEST_CASE("disk: what cannot be read is an error of the question, also in the middle of an answer") {
    OnFaultyDisk world;
    REQUIRE(world.open.database->checkpoint());
    REQUIRE(world.open.database->execute("PRAGMA cache_size=0; PRAGMA shrink_memory"));
    world.disk.fail_reads(SQLITE_IOERR_READ);
    const auto loaded = world.open.ledger->load({"1"});
    REQUIRE_FALSE(loaded.has_value());
    CHECK(loaded.error().code() == "store.io");
    CHECK_FALSE(world.open.database->quick_check().has_value());
    CHECK(world.open.database->failure().code() == "store.io");
}

TEST_CASE("open: where there can be no write-ahead log the admin is told") {
    TempDir dir;
    FaultyDisk disk;
    disk.forbid_log();
    const auto refused = try_open(dir.path());
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().code() == "store.io");
    CHECK(refused.error().message().find("put daemon.state_dir on a local disk") != std::string::npos);
}

TEST_CASE("open: a disk that fails at once is an error") {
    TempDir dir;
    FaultyDisk disk;
    disk.fail_shared_memory(SQLITE_IOERR_SHMOPEN);
    const auto refused = try_open(dir.path());
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().code() == "store.io");
}

TEST_CASE("migrate: a version that cannot be read is an error, and so is a writer in the way") {
    TempDir dir;
    FaultyDisk disk;
    auto database = Database::open(dir.path() / "db", Database::Mode::read_write);
    REQUIRE(database.has_value());
    const std::vector<const char*> steps{"CREATE TABLE t (a)"};
    disk.fail_shared_memory(SQLITE_IOERR_SHMMAP);
    disk.fail_reads(SQLITE_IOERR_READ);
    const auto unread = migrate(**database, steps);
    REQUIRE_FALSE(unread.has_value());
    CHECK(unread.error().code() == "store.io");
    disk.fail_shared_memory(SQLITE_OK);
    disk.fail_reads(SQLITE_OK);
    auto other = Database::open(dir.path() / "db", Database::Mode::read_write);
    REQUIRE((*other)->begin());
    REQUIRE((*database)->execute("PRAGMA busy_timeout=0"));
    const auto busy = migrate(**database, steps);
    REQUIRE_FALSE(busy.has_value());
    CHECK(busy.error().code() == "store.busy");
    (*other)->rollback();
    CHECK(migrate(**database, steps).has_value());
}

TEST_CASE("open: what lies in the way of directory, lock or database is named") {
    TempDir dir;
    const auto file = dir.path() / "file";
    std::ofstream(file) << "x";
    CHECK(prepare_state_dir(file).error().message().find("is not a directory") != std::string::npos);

    std::filesystem::create_symlink(file, dir.path() / "lock");
    const auto by_link = try_open(dir.path());
    REQUIRE_FALSE(by_link.has_value());
    CHECK(by_link.error().code() == "store.directory");
    std::filesystem::remove(dir.path() / "lock");

    std::filesystem::create_directory(database_file(dir.path()));
    const auto by_directory = try_open(dir.path());
    REQUIRE_FALSE(by_directory.has_value());
    CHECK(by_directory.error().code() == "store.io");
    CHECK(by_directory.error().message().find("cannot create") != std::string::npos);
}

TEST_CASE("open: of a lock whose holder is not known no more is said than that") {
    TempDir dir;
    const auto lock = StateLock::take(dir.path());
    REQUIRE(lock.has_value());
    for (const char* const content : {"", "\x1b[31mnobody"}) {
        std::ofstream(dir.path() / "lock", std::ios::trunc) << content;
        const auto refused = try_open(dir.path());
        REQUIRE_FALSE(refused.has_value());
        CHECK(refused.error().message().find("(pid unknown)") != std::string::npos);
    }
}

TEST_CASE("open: a database that lacks a table of its version is refused") {
    TempDir dir;
    {
        OpenLedger open(dir.path());
        REQUIRE(open.database->execute("DROP TABLE audit"));
    }
    const auto refused = try_open(dir.path());
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().code() == "store.io");
}

TEST_CASE("reserve: where no file can be made there is none, and none is wanted of no bytes") {
    TempDir dir;
    BallastFile nowhere(dir.path() / "missing" / "ballast", 4096);
    CHECK_FALSE(nowhere.hold());
    BallastFile none(dir.path() / "ballast", 0);
    CHECK(none.hold());
    CHECK_FALSE(none.release());
    CHECK_FALSE(std::filesystem::exists(dir.path() / "ballast"));
}
