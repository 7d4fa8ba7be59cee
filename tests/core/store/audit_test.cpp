#include "core/store/audit.hpp"
#include "core/support/text.hpp"
#include "tests/core/store/fixture.hpp"

#include <doctest/doctest.h>

#include <fstream>

using namespace accessd;
using namespace accessd::store_test;

namespace {

/// Five audit rows in two saves.
class Audited {
public:
    Audited() {
        OpenLedger open(dir.path());
        for (const int rows : {2, 3}) {
            Changes changes;
            changes.at = at(rows);
            for (int i = 0; i < rows; ++i) {
                changes.audit.emplace_back("grant.done", R"({"took":)" + std::to_string(i) + "}");
            }
            auto saved = open.save(changes);
            REQUIRE(saved.has_value());
            head = saved->audit_head;
        }
    }

    void tamper(const char* sql) const {
        auto database = Database::open(database_file(dir.path()), Database::Mode::read_write);
        REQUIRE((*database)->execute(sql));
    }

    /// The code of what is wrong; fills the chain's end.
    std::string verify() {
        std::string wrong;
        chain = AuditChain();
        auto read = read_audit(database_file(dir.path()), [&](const AuditRow& row) {
            auto checked = chain.check(row);
            wrong = checked ? "" : checked.error().code();
            return checked.has_value();
        });
        REQUIRE(read.has_value());
        return wrong;
    }

    TempDir dir;
    std::string head;
    AuditChain chain;
};

} // namespace

TEST_CASE("audit: the hash is the documented one") {
    // Computed by another program from the documentation.
    const Sha256 first = audit_hash(audit_genesis, 1, at(0), "grant.intent", R"({"issue":"1042"})");
    CHECK(to_hex(first) == "e8629939cf08dc5d2d08b98c38b3d37f5f6de81b7a369d7e6ec0c2d28a0b51de");
    CHECK(
        to_hex(audit_hash(first, 2, at(1), "grant.done", "{}")) ==
        "b7607cf335ee83fd841f8187072896f470acae084d4dc5a5c65ce801a7dee102"
    );
}

TEST_CASE("audit: what was written verifies up to the head that the last save gave") {
    Audited audited;
    CHECK(audited.verify().empty());
    CHECK(audited.chain.seq() == 5);
    CHECK(audited.chain.head() == audited.head);
}

TEST_CASE("audit: the chain goes on after a restart") {
    Audited audited;
    {
        OpenLedger open(audited.dir.path());
        Changes changes;
        changes.audit.emplace_back("daemon.started", "{}");
        CHECK(open.save(changes)->audit_seq == 6);
    }
    CHECK(audited.verify().empty());
    CHECK(audited.chain.seq() == 6);
}

TEST_CASE("audit: a changed row is found") {
    for (const char* const sql :
         {"UPDATE audit SET body = '{\"took\":9}' WHERE seq = 3",
          "UPDATE audit SET code = 'grant.refused' WHERE seq = 3",
          "UPDATE audit SET at = at + 1 WHERE seq = 3",
          "UPDATE audit SET hash = zeroblob(32) WHERE seq = 3",
          "UPDATE audit SET hash = x'00' WHERE seq = 3"}) {
        Audited audited;
        audited.tamper(sql);
        CHECK(audited.verify() == "audit.changed");
        CHECK(audited.chain.seq() == 2);
    }
}

TEST_CASE("audit: a removed row is found") {
    Audited audited;
    audited.tamper("DELETE FROM audit WHERE seq = 3");
    CHECK(audited.verify() == "audit.gap");
    CHECK(audited.chain.seq() == 2);
}

TEST_CASE("audit: two rows that changed places are found") {
    Audited audited;
    audited.tamper("UPDATE audit SET seq = 100 WHERE seq = 2");
    audited.tamper("UPDATE audit SET seq = 2 WHERE seq = 3");
    audited.tamper("UPDATE audit SET seq = 3 WHERE seq = 100");
    CHECK(audited.verify() == "audit.changed");
}

TEST_CASE("audit: a file that is no database is an error, not an empty audit") {
    TempDir dir;
    auto missing = read_audit(dir.path() / "nothing", [](const AuditRow&) { return true; });
    CHECK_FALSE(missing.has_value());
    std::ofstream(dir.path() / "text") << std::string(5000, 'x');
    auto text = read_audit(dir.path() / "text", [](const AuditRow&) { return true; });
    REQUIRE_FALSE(text.has_value());
    CHECK(text.error().code() == "store.corrupt");
}
