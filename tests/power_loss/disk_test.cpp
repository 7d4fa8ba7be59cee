#include "tests/power_loss/disk.hpp"
#include "tests/power_loss/power_vfs.hpp"

#include <doctest/doctest.h>
#include <sqlite3.h>

#include <functional>
#include <set>
#include <stdexcept>
#include <string>

using namespace accessd::power_loss;

namespace {

constexpr unsigned tries = 400;

std::string text_of(const Disk& disk, const std::string& name) {
    const auto file = disk.find(name);
    if (!file) {
        return "(none)";
    }
    std::string text(file->size(), ' ');
    file->read(text, 0);
    return text;
}

void write(Disk& disk, const std::string& name, const std::string& text, std::size_t offset = 0) {
    if (!disk.find(name)) {
        disk.create(name);
    }
    const auto file = disk.find(name);
    disk.write(name, *file, text, offset);
}

void sync(Disk& disk, const std::string& name) {
    disk.sync(name, *disk.find(name));
}

/// A file "a" with a durable content of old sectors.
void begin_with(Disk& disk, const std::string& text) {
    write(disk, "a", text);
    sync(disk, "a");
    disk.sync_directory();
}

/// What file "a" may hold after a power cut.
std::set<std::string>
survivors(const std::function<void(Disk&)>& before, Disk::Syncs syncs = Disk::Syncs::kept) {
    std::set<std::string> found;
    for (unsigned seed = 0; seed < tries; ++seed) {
        Disk disk(seed, syncs);
        before(disk);
        disk.cut_now();
        disk.restart();
        found.insert(text_of(disk, "a"));
    }
    return found;
}

std::string sectors(const std::string& letters) {
    std::string text;
    for (const char letter : letters) {
        text.append(sector_size, letter);
    }
    return text;
}

} // namespace

TEST_CASE("disk: what was synced survives, what was not does so sector by sector") {
    const auto found = survivors([](Disk& disk) {
        begin_with(disk, sectors("abc"));
        write(disk, "a", sectors("xy"));
    });
    CHECK(found == std::set<std::string>{sectors("abc"), sectors("xbc"), sectors("ayc"), sectors("xyc")});
}

TEST_CASE("disk: a sector written twice may end as any of its versions, with no other bytes touched") {
    const auto found = survivors([](Disk& disk) {
        begin_with(disk, "abcd");
        write(disk, "a", "1", 1);
        write(disk, "a", "2", 2);
    });
    CHECK(found == std::set<std::string>{"abcd", "a1cd", "a12d"});
}

TEST_CASE("disk: growth and what was written there survive apart; a hole reads as zeros") {
    const auto found = survivors([](Disk& disk) {
        begin_with(disk, sectors("a"));
        write(disk, "a", sectors("b"), sector_size);
    });
    CHECK(
        found ==
        std::set<std::string>{sectors("a"), sectors("ab"), sectors("a") + std::string(sector_size, '\0')}
    );
}

TEST_CASE("disk: a truncation may be undone until it is synced") {
    const auto cut_off = [](Disk& disk) {
        begin_with(disk, sectors("ab"));
        disk.truncate("a", *disk.find("a"), sector_size);
    };
    const auto found = survivors(cut_off);
    CHECK(found.contains(sectors("a")));
    CHECK(found.contains(sectors("ab")));
    const auto synced = survivors([&](Disk& disk) {
        cut_off(disk);
        sync(disk, "a");
    });
    CHECK(synced == std::set<std::string>{sectors("a")});
}

TEST_CASE("disk: names come and go with the directory's sync, not with the file's") {
    const auto create = [](Disk& disk) {
        write(disk, "a", "new");
        sync(disk, "a");
    };
    CHECK(survivors(create) == std::set<std::string>{"(none)", "new"});
    const auto replace = [](Disk& disk) {
        begin_with(disk, "old");
        disk.remove("a");
        write(disk, "a", "new");
        sync(disk, "a");
    };
    CHECK(survivors(replace) == std::set<std::string>{"(none)", "new", "old"});
    const auto replaced = survivors([&](Disk& disk) {
        replace(disk);
        disk.sync_directory();
    });
    CHECK(replaced == std::set<std::string>{"new"});
}

TEST_CASE("disk: one that lies about its syncs keeps nothing for sure") {
    const auto found = survivors([](Disk& disk) { begin_with(disk, "old"); }, Disk::Syncs::ignored);
    CHECK(found.contains("(none)"));
    CHECK(found.contains("old"));
}

TEST_CASE("disk: without power nothing works, and the step at which it went was done or was not") {
    std::set<std::string> found;
    for (unsigned seed = 0; seed < tries; ++seed) {
        Disk disk(seed, Disk::Syncs::kept);
        begin_with(disk, "old");
        disk.cut_at(2, false);
        CHECK(disk.write("a", *disk.find("a"), std::string("NEW"), 0));
        CHECK_FALSE(disk.sync("a", *disk.find("a")));
        CHECK(disk.struck() == "a");
        CHECK_FALSE(disk.has_power());
        CHECK_FALSE(disk.look());
        CHECK_FALSE(disk.write("a", *disk.find("a"), std::string("ODD"), 0));
        CHECK_FALSE(disk.sync("a", *disk.find("a")));
        disk.restart();
        CHECK(disk.look());
        found.insert(text_of(disk, "a"));
    }
    CHECK(found == std::set<std::string>{"old", "NEW"});
}

TEST_CASE("disk: the same seed gives the same survivors") {
    const auto once = [] {
        Disk disk(7, Disk::Syncs::kept);
        write(disk, "a", sectors("abcdefgh"));
        disk.cut_now();
        disk.restart();
        return text_of(disk, "a");
    };
    CHECK(once() == once());
}

namespace {

/// A database of SQLite's own, apart from accessd: 30 commits of a row each, then the plug is pulled.
class Commits {
public:
    Commits(PowerVfs& vfs, unsigned seed, Disk::Syncs syncs) : disk(seed, syncs) {
        vfs.mount("/commits", disk);
        vfs.reseed(seed);
    }

    void run(const std::string& settings) {
        sqlite3* database = nullptr;
        sqlite3_open("/commits/db", &database);
        sqlite3_exec(database, settings.c_str(), nullptr, nullptr, nullptr);
        sqlite3_exec(database, "PRAGMA wal_autocheckpoint=8; CREATE TABLE t (n)", nullptr, nullptr, nullptr);
        for (int n = 1; n <= 30; ++n) {
            sqlite3_exec(database, "INSERT INTO t VALUES (randomblob(300))", nullptr, nullptr, nullptr);
        }
        disk.cut_now();
        sqlite3_close(database);
        disk.restart();
    }

    /// Rows that are there; -1: it is damaged.
    int rows() {
        sqlite3* database = nullptr;
        sqlite3_stmt* statement = nullptr;
        sqlite3_open("/commits/db", &database);
        int count = -1;
        if (sqlite3_prepare_v2(database, "SELECT count(*) FROM t", -1, &statement, nullptr) == SQLITE_OK &&
            sqlite3_step(statement) == SQLITE_ROW) {
            count = sqlite3_column_int(statement, 0);
        }
        sqlite3_finalize(statement);
        sqlite3_close(database);
        return count;
    }

    Disk disk;
};

/// (with all rows, damaged) out of `tries`.
std::pair<unsigned, unsigned> kept(const std::string& settings, Disk::Syncs syncs = Disk::Syncs::kept) {
    PowerVfs vfs;
    std::pair<unsigned, unsigned> counts(0, 0);
    for (unsigned seed = 0; seed < tries; ++seed) {
        Commits commits(vfs, seed, syncs);
        commits.run(settings);
        const int rows = commits.rows();
        counts.first += rows == 30 ? 1 : 0;
        counts.second += rows < 0 ? 1 : 0;
    }
    return counts;
}

} // namespace

TEST_CASE("power vfs: SQLite keeps exactly what its documentation promises for each setting") {
    const auto full = kept("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL");
    CHECK(full.first == tries);
    const auto journal = kept("PRAGMA journal_mode=DELETE; PRAGMA synchronous=EXTRA");
    CHECK(journal.first == tries);
    const auto normal = kept("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL");
    CHECK(normal.first < tries);
    CHECK(normal.second == 0);
    const auto off = kept("PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF");
    CHECK(off.first < normal.first);
    CHECK(off.second > 0);
    const auto liar = kept("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL", Disk::Syncs::ignored);
    CHECK(liar.first < tries);
    CHECK(liar.second > 0);
}
