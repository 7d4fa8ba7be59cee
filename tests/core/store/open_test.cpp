#include "core/store/schema.hpp"
#include "tests/core/store/fixture.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <sys/stat.h>
#include <unistd.h>

using namespace accessd;
using namespace accessd::store_test;

namespace {

unsigned mode_of(const std::filesystem::path& file) {
    struct stat status = {};
    return ::stat(file.c_str(), &status) == 0 ? status.st_mode & 07777U : 0U;
}

std::string open_error(const std::filesystem::path& directory) {
    auto store = try_open(directory);
    return store ? "" : store.error().code();
}

void write_file(const std::filesystem::path& file, std::uint64_t offset, const std::string& bytes) {
    std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
    stream.seekp(static_cast<std::streamoff>(offset));
    stream << bytes;
    REQUIRE(stream.good());
}

std::unique_ptr<Database> open_database(const std::filesystem::path& file) {
    auto database = Database::open(file, Database::Mode::read_write);
    REQUIRE(database.has_value());
    return std::move(*database);
}

std::int64_t read_number(Database& database, const char* sql) {
    Statement statement(database, sql);
    Rows rows(statement);
    REQUIRE(rows.next());
    return rows.integer(0);
}

} // namespace

TEST_CASE("open: nobody else can read what is stored, whatever the umask and mode before") {
    TempDir dir;
    const auto directory = dir.path() / "state";
    const mode_t before = ::umask(0);
    {
        const auto store = open_store(directory);
        CHECK(mode_of(directory) == 0700);
        CHECK(mode_of(database_file(directory)) == 0600);
        CHECK(mode_of(database_file(directory).string() + "-wal") == 0600);
        CHECK(mode_of(database_file(directory).string() + "-shm") == 0600);
        CHECK(mode_of(directory / "lock") == 0600);
        CHECK(mode_of(directory / "ballast") == 0600);
    }
    std::filesystem::permissions(database_file(directory), std::filesystem::perms::all);
    CHECK(open_error(directory).empty());
    ::umask(before);
    CHECK(mode_of(database_file(directory)) == 0600);
}

TEST_CASE("open: a directory that others may enter is refused") {
    TempDir dir;
    std::filesystem::permissions(dir.path(), std::filesystem::perms(0750));
    auto store = try_open(dir.path());
    REQUIRE_FALSE(store.has_value());
    CHECK(store.error().code() == "store.directory");
    CHECK(store.error().message().find("chmod 0700") != std::string::npos);
    CHECK(open_error(dir.path() / "missing" / "state") == "store.directory");
}

TEST_CASE("open: a second daemon is refused and told who has it") {
    TempDir dir;
    auto first = open_store(dir.path());
    auto second = try_open(dir.path());
    REQUIRE_FALSE(second.has_value());
    CHECK(second.error().code() == "store.locked");
    CHECK(second.error().message().find("pid " + std::to_string(::getpid())) != std::string::npos);
    first.reset();
    CHECK(open_error(dir.path()).empty());
}

TEST_CASE("open: a file that is no database is refused and left alone") {
    TempDir dir;
    const std::string text(5000, 'x');
    std::ofstream(database_file(dir.path())) << text;
    CHECK(open_error(dir.path()) == "store.corrupt");
    std::ifstream file(database_file(dir.path()));
    CHECK(std::string(std::istreambuf_iterator<char>(file), {}) == text);
}

TEST_CASE("open: a damaged database is refused") {
    TempDir dir;
    {
        OpenLedger open(dir.path());
        Changes changes = changes_of(request("1"));
        changes.request->evidence = std::string(50000, 'e');
        REQUIRE(open.save(changes).has_value());
    }
    const auto file = database_file(dir.path());
    for (std::uint64_t page = 1; page < std::filesystem::file_size(file) / 4096; ++page) {
        write_file(file, page * 4096, std::string(16, '\xee'));
    }
    CHECK(open_error(dir.path()) == "store.corrupt");
}

TEST_CASE("open: a database of a newer accessd is refused and stays as it is") {
    TempDir dir;
    open_store(dir.path()).reset();
    REQUIRE(open_database(database_file(dir.path()))->execute("PRAGMA user_version=1000"));
    CHECK(open_error(dir.path()) == "store.newer");
    CHECK(read_number(*open_database(database_file(dir.path())), "PRAGMA user_version") == 1000);
}

TEST_CASE("open: what is durable is synced at every commit") {
    TempDir dir;
    OpenLedger open(dir.path());
    CHECK(read_number(*open.database, "PRAGMA synchronous") == 2);
    CHECK(read_number(*open.database, "PRAGMA foreign_keys") == 1);
}

TEST_CASE("migrate: an older database is brought forward with what is in it") {
    TempDir dir;
    const auto database = open_database(dir.path() / "db");
    const std::vector<const char*> steps{
        "CREATE TABLE t (a INTEGER)",
        "ALTER TABLE t ADD COLUMN b INTEGER NOT NULL DEFAULT 7",
        "CREATE TABLE u AS SELECT a + b AS c FROM t"};
    REQUIRE(migrate(*database, std::span(steps).first(1)).has_value());
    REQUIRE(database->execute("INSERT INTO t VALUES (35)"));
    REQUIRE(migrate(*database, steps).has_value());
    CHECK(read_number(*database, "SELECT c FROM u") == 42);
    CHECK(read_number(*database, "PRAGMA user_version") == 3);
    CHECK(migrate(*database, steps).has_value());
}

TEST_CASE("migrate: when one step fails the database stays at its old version") {
    TempDir dir;
    const auto database = open_database(dir.path() / "db");
    const std::vector<const char*> steps{"CREATE TABLE t (a)", "CREATE TABLE u (a)", "CREATE TABLE t (b)"};
    REQUIRE(migrate(*database, std::span(steps).first(1)).has_value());
    CHECK_FALSE(migrate(*database, steps).has_value());
    CHECK(read_number(*database, "PRAGMA user_version") == 1);
    CHECK(read_number(*database, "SELECT count(*) FROM sqlite_schema") == 1);
}

TEST_CASE("reserve: it takes its space, gives it up and takes it again") {
    TempDir dir;
    const auto file = dir.path() / "ballast";
    BallastFile ballast(file, 65536);
    CHECK(ballast.hold());
    struct stat status = {};
    REQUIRE(::stat(file.c_str(), &status) == 0);
    CHECK(status.st_blocks * 512 >= 65536);
    CHECK(ballast.release());
    CHECK_FALSE(std::filesystem::exists(file));
    CHECK_FALSE(ballast.release());
    CHECK(ballast.hold());
    CHECK(std::filesystem::file_size(file) == 65536);
}

TEST_CASE("reserve: without room there is none, and nothing is left of the try") {
    TempDir dir;
    BallastFile ballast(dir.path() / "ballast", 1ULL << 60U);
    CHECK_FALSE(ballast.hold());
    CHECK_FALSE(std::filesystem::exists(dir.path() / "ballast"));
}
