#include "tests/core/store/fixture.hpp"

#include <doctest/doctest.h>

#include <deque>

using namespace accessd;
using namespace accessd::store_test;

namespace {

/// Room that the test gives.
class TestReserve final : public Reserve {
public:
    bool release() override {
        ++released;
        return database->execute("PRAGMA max_page_count=100000");
    }

    bool hold() override {
        ++held;
        return room;
    }

    Database* database = nullptr;
    bool room = true;
    int released = 0;
    int held = 0;
};

class FullDisk {
public:
    FullDisk() : reserve(new TestReserve), open(dir.path(), std::unique_ptr<Reserve>(reserve)) {
        reserve->database = open.database;
    }

    // From here on not one page more fits.
    void fill() {
        reserve->room = false;
        REQUIRE(open.database->execute("PRAGMA max_page_count=1"));
    }

    TempDir dir;
    TestReserve* reserve;
    OpenLedger open;
};

Changes big(const std::string& issue_id) {
    Changes changes = changes_of(request(issue_id));
    changes.request->evidence = std::string(100000, 'e');
    changes.audit.emplace_back("request.approved", "{}");
    return changes;
}

Changes big_with_intent(const std::string& issue_id, Operation operation) {
    Changes changes = big(issue_id);
    changes.accesses.emplace_back(key("account-" + issue_id));
    changes.accesses.back().intent = Intent(operation, issue_id, at(0));
    return changes;
}

std::string code(const Result<Saved>& result) {
    return result ? "" : result.error().code();
}

class Group {
public:
    void add(Changes changes) { saves_.emplace_back(std::move(changes)); }

    void save(OpenLedger& open) {
        std::vector<Save*> group;
        for (Save& one : saves_) {
            group.push_back(&one);
        }
        open.ledger->save(group);
    }

    const Result<Saved>& operator[](std::size_t i) const { return *saves_[i].outcome; }

private:
    std::deque<Save> saves_;
};

std::size_t stored(OpenLedger& open, const std::vector<std::string>& ids) {
    auto found = open.ledger->load(ids);
    REQUIRE(found.has_value());
    return found->size();
}

} // namespace

TEST_CASE("ledger: one that is stale does not hinder those that share its commit") {
    TempDir dir;
    OpenLedger open(dir.path());
    Group group;
    for (const char* const issue : {"1", "2", "1", "3"}) {
        Changes changes = changes_of(request(issue));
        changes.audit.emplace_back("request.approved", "{}");
        group.add(changes);
    }
    group.save(open);
    CHECK(group[0]->audit_seq == 1);
    CHECK(group[1]->audit_seq == 2);
    CHECK(code(group[2]) == "store.stale");
    CHECK(group[3]->audit_seq == 3);
    CHECK(stored(open, {"1", "2", "3"}) == 3);
}

TEST_CASE("ledger: one that the database refuses does not hinder those that share its commit") {
    TempDir dir;
    OpenLedger open(dir.path());
    Changes twice = changes_of(request("2"));
    twice.accesses.assign(2, Access(key("same")));
    twice.audit.emplace_back("request.approved", "{}");
    Group group;
    group.add(big("1"));
    group.add(twice);
    group.add(big("3"));
    group.save(open);
    CHECK(group[0]->audit_seq == 1);
    CHECK(code(group[1]) == "store.constraint");
    CHECK(group[2]->audit_seq == 2);
    CHECK(stored(open, {"1", "2", "3"}) == 2);
}

TEST_CASE("ledger: another writer makes a save fail for now, not for ever") {
    TempDir dir;
    OpenLedger open(dir.path());
    REQUIRE(open.database->execute("PRAGMA busy_timeout=0"));
    auto other = Database::open(database_file(dir.path()), Database::Mode::read_write);
    REQUIRE((*other)->begin());
    const auto refused = open.save(big("1"));
    CHECK(code(refused) == "store.busy");
    CHECK(refused.error().fault() == Fault::transient);
    (*other)->rollback();
    CHECK(open.save(big("1")).has_value());
}

TEST_CASE("ledger: on a full disk the reserve goes to what is no new grant") {
    FullDisk disk;
    disk.fill();
    CHECK(disk.open.save(big_with_intent("1", Operation::revoke)).has_value());
    CHECK(disk.reserve->released == 1);
    CHECK(stored(disk.open, {"1"}) == 1);
}

TEST_CASE("ledger: on a full disk a new grant is refused and nothing of it written") {
    FullDisk disk;
    disk.fill();
    const auto refused = disk.open.save(big_with_intent("1", Operation::grant));
    CHECK(code(refused) == "store.full");
    CHECK(refused.error().fault() == Fault::transient);
    CHECK(disk.reserve->released == 0);
    CHECK(stored(disk.open, {"1"}) == 0);
    CHECK(disk.open.save(big("2"))->audit_seq == 1);
}

TEST_CASE("ledger: with the reserve gone new grants wait until it is back, known ones go on") {
    FullDisk disk;
    Changes known = big_with_intent("1", Operation::grant);
    REQUIRE(disk.open.save(known).has_value());
    disk.fill();
    REQUIRE(disk.open.save(big("2")).has_value());
    REQUIRE(disk.reserve->released == 1);
    CHECK(code(disk.open.save(big_with_intent("3", Operation::grant))) == "store.full");
    known.request->revision = 1;
    known.accesses.front().revision = 1;
    CHECK(disk.open.save(known).has_value());
    disk.reserve->room = true;
    CHECK(disk.open.save(big_with_intent("3", Operation::grant)).has_value());
}

TEST_CASE("ledger: on a full disk those that share a commit each get their own answer") {
    FullDisk disk;
    disk.fill();
    Group group;
    group.add(big_with_intent("1", Operation::grant));
    group.add(big_with_intent("2", Operation::revoke));
    group.add(big_with_intent("3", Operation::grant));
    group.save(disk.open);
    CHECK(code(group[0]) == "store.full");
    CHECK(group[1].has_value());
    CHECK(code(group[2]) == "store.full");
    CHECK(stored(disk.open, {"1", "2", "3"}) == 1);
}

TEST_CASE("ledger: after a failed write nothing is written any more") {
    TempDir dir;
    OpenLedger open(dir.path());
    REQUIRE(open.save(big("1")).has_value());
    REQUIRE(open.database->execute("PRAGMA query_only=ON"));
    const auto refused = open.save(big("2"));
    CHECK(code(refused) == "store.io");
    CHECK(refused.error().fault() == Fault::permanent);
    REQUIRE(open.database->execute("PRAGMA query_only=OFF"));
    CHECK(code(open.save(big("2"))) == "store.io");
    CHECK(stored(open, {"1", "2"}) == 1);
}

TEST_CASE("ledger: a stored value that makes no sense is damage") {
    TempDir dir;
    OpenLedger open(dir.path());
    REQUIRE(open.save(big("1")).has_value());
    REQUIRE(open.database->execute("UPDATE request SET phase = 'dancing'"));
    auto loaded = open.ledger->load({"1"});
    REQUIRE_FALSE(loaded.has_value());
    CHECK(loaded.error().code() == "store.corrupt");
    CHECK(code(open.save(big("2"))) == "store.corrupt");
}

TEST_CASE("ledger: the log is copied back and does not grow for ever") {
    TempDir dir;
    OpenLedger open(dir.path());
    for (int i = 0; i < 100; ++i) {
        REQUIRE(open.save(big(std::to_string(i))).has_value());
        open.ledger->tidy(true);
    }
    const auto log = std::filesystem::file_size(database_file(dir.path()).string() + "-wal");
    CHECK(log < 6U << 20U);
    CHECK(stored(open, {"0", "50", "99"}) == 3);
}
