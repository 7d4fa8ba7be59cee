#include "core/store/audit_file.hpp"
#include "tests/core/store/fixture.hpp"
#include "tests/core/store/trail.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <iterator>
#include <limits>

using namespace accessd;
using namespace accessd::store_test;

namespace {

constexpr std::int64_t all_rows = std::numeric_limits<std::int64_t>::min();
constexpr std::size_t page = 4096;

/// A database in one file, closed in good order.
class Closed {
public:
    Closed() {
        {
            OpenLedger open(dir.path());
            Changes changes;
            changes.at = at(1);
            for (int i = 0; i < 3; ++i) {
                changes.audit.emplace_back("grant.done", R"({"took":)" + std::to_string(i) + "}");
            }
            head = open.save(changes)->audit_head;
        }
        std::ifstream in(file, std::ios::binary);
        bytes.assign(std::istreambuf_iterator<char>(in), {});
    }

    void put(std::size_t where, char byte) const {
        std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
        stream.seekp(static_cast<std::streamoff>(where));
        stream.put(byte);
    }

    /// All three rows are there and verify up to the head that was known.
    bool verifies() const {
        auto audit = AuditFile::open(file, Database::Mode::immutable);
        if (!audit) {
            return false;
        }
        AuditVerifier verifier({KnownHead(3, head)}, {});
        return verify_audit_file(*audit, verifier).has_value();
    }

    TempDir dir;
    std::filesystem::path file = database_file(dir.path());
    std::string head;
    std::string bytes;
};

} // namespace

TEST_CASE("audit file: a page of rows in which any bit is changed does not verify, and never crashes") {
    const Closed closed;
    REQUIRE(closed.verifies());
    const std::size_t row = closed.bytes.find("grant.done");
    REQUIRE(row != std::string::npos);
    const std::size_t first = row / page * page;
    const auto is_data = [&](std::size_t where) {
        // The header, the pointers to the cells, and the cells; what is between them is of no meaning.
        return where < first + 14 || where >= closed.bytes.find_first_not_of('\0', first + 14);
    };
    std::size_t tried = 0;
    for (std::size_t where = first; where < first + page; ++where) {
        for (int bit = 1; is_data(where) && bit < 256; bit *= 2) {
            closed.put(where, static_cast<char>(closed.bytes[where] ^ bit));
            // What SQLite does not read a row from: the list of free blocks, the end of the gap, the number
            // of fragmented bytes, and the type of a column that is the row's key anyway (0 and 8 are both
            // empty).
            const std::size_t in_page = where - first;
            const bool free_space = in_page == 1 || in_page == 2 || (in_page >= 5 && in_page < 8);
            const bool of_no_meaning = free_space || (closed.bytes[where] == 0 && bit == 8);
            CAPTURE(where - first);
            CAPTURE(bit);
            CHECK((!closed.verifies() || of_no_meaning));
            ++tried;
        }
        closed.put(where, closed.bytes[where]);
    }
    CHECK(tried > 1000);
    CHECK(closed.verifies());
}

TEST_CASE("audit file: nothing is left beside a file that nobody writes to") {
    const Closed closed;
    REQUIRE(closed.verifies());
    CHECK_FALSE(std::filesystem::exists(closed.file.string() + "-wal"));
    CHECK_FALSE(std::filesystem::exists(closed.file.string() + "-shm"));
}

TEST_CASE("audit file: names with every kind of character are opened") {
    const Closed closed;
    const auto odd = closed.dir.path() / "a b?mode=memory#%41&\xC3\xBC.db";
    std::filesystem::copy_file(closed.file, odd);
    CHECK(AuditFile::open(odd, Database::Mode::immutable).has_value());
}

TEST_CASE("audit file: a database of something else is none of ours") {
    TempDir dir;
    const auto file = dir.path() / "db";
    REQUIRE((*Database::open(file, Database::Mode::read_write))->execute("CREATE VIEW audit AS SELECT 1"));
    const auto refused = AuditFile::open(file, Database::Mode::immutable);
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().code() == "store.corrupt");
}

TEST_CASE("audit file: an older database has no checkpoints") {
    TempDir dir;
    const auto file = dir.path() / "db";
    REQUIRE((*Database::open(file, Database::Mode::read_write))->execute("CREATE TABLE audit (seq)"));
    auto audit = AuditFile::open(file, Database::Mode::immutable);
    REQUIRE(audit.has_value());
    CHECK(audit->checkpoints([](std::int64_t, const std::string&) { CHECK(false); }).has_value());
}

TEST_CASE("audit file: it shows one moment, also while rows are written") {
    TempDir dir;
    OpenLedger open(dir.path());
    Changes changes;
    changes.audit.emplace_back("grant.done", "{}");
    REQUIRE(open.save(changes).has_value());
    auto audit = AuditFile::open(database_file(dir.path()), Database::Mode::read_only);
    REQUIRE(audit.has_value());
    REQUIRE(open.save(changes).has_value());
    int rows = 0;
    REQUIRE(audit->rows(all_rows, [&](const AuditRow&) { return ++rows > 0; }).has_value());
    CHECK(rows == 1);
}

TEST_CASE("audit file: where an export may begin is found") {
    TempDir dir;
    OpenLedger open(dir.path());
    for (const int second : {10, 30, 20, 40}) {
        Changes changes;
        changes.at = at(second);
        changes.audit.emplace_back("grant.done", "{}");
        REQUIRE(open.save(changes).has_value());
    }
    auto audit = AuditFile::open(database_file(dir.path()), Database::Mode::read_only);
    REQUIRE(audit.has_value());
    CHECK(audit->first_since(at(0))->value() == 1);
    CHECK(audit->first_since(at(25))->value() == 2); // the clock was set back after it
    CHECK(audit->first_since(at(31))->value() == 4);
    CHECK_FALSE(audit->first_since(at(41))->has_value());
    CHECK(audit->hash_of(4)->has_value());
    CHECK_FALSE(audit->hash_of(5)->has_value());
}
