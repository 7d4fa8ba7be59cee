#include "tests/core/store/fixture.hpp"

#include <doctest/doctest.h>

using namespace accessd;
using namespace accessd::store_test;

namespace {

using Ids = std::vector<std::string>;

DueWork due(OpenLedger& open, std::int64_t now, std::size_t limit = 10) {
    auto work = open.ledger->claim_due(at(now), at(now + 60), limit);
    REQUIRE(work.has_value());
    return *work;
}

void save(OpenLedger& open, const Request& request) {
    REQUIRE(open.save(changes_of(request)).has_value());
}

} // namespace

TEST_CASE("due: a request is due when its earliest wake-up has come") {
    TempDir dir;
    OpenLedger open(dir.path());
    Request early = request("1", Phase::active);
    early.targets.push_back(target(key("a"), TargetState::held));
    early.targets.back().expires_at = at(100);
    Request late = request("2");
    late.wake_at = at(200);
    Request never = request("3", Phase::ended);
    save(open, late);
    save(open, early);
    save(open, never);
    CHECK(due(open, 99).requests.empty());
    CHECK(due(open, 99).next == at(100));
    CHECK(due(open, 100).requests == Ids{"1"});
    CHECK(due(open, 10000).requests == Ids{"1", "2"});
}

TEST_CASE("due: what was never tried is due at once") {
    TempDir dir;
    OpenLedger open(dir.path());
    save(open, request("1", Phase::resolving));
    Request wanted = request("2", Phase::granting);
    wanted.targets.push_back(target(key("a"), TargetState::held));
    wanted.targets.push_back(target(key("b"), TargetState::wanted));
    save(open, wanted);
    Request ending = request("3", Phase::ending);
    ending.targets.push_back(target(key("a"), TargetState::ending));
    save(open, ending);
    Request held = request("4", Phase::active);
    held.targets.push_back(target(key("a"), TargetState::held));
    save(open, held);
    Request parked = request("5", Phase::parked);
    parked.targets.push_back(target(key("a"), TargetState::wanted));
    save(open, parked);
    CHECK(due(open, 0).requests == Ids{"1", "2", "3"});
}

TEST_CASE("due: what cannot go on before its ticket is seen again is not due") {
    TempDir dir;
    OpenLedger open(dir.path());
    Request granting = request("1", Phase::granting);
    granting.vanished_at = at(1);
    granting.targets.push_back(target(key("a"), TargetState::wanted));
    granting.targets.push_back(target(key("b"), TargetState::wanted));
    granting.targets.back().wake_at = at(2);
    save(open, granting);
    Request resolving = request("2", Phase::resolving);
    resolving.vanished_at = at(1);
    resolving.wake_at = at(2);
    save(open, resolving);
    Request parked = request("3", Phase::parked);
    parked.targets.push_back(target(key("c"), TargetState::wanted));
    parked.targets.back().wake_at = at(2);
    save(open, parked);
    CHECK(due(open, 10000).requests.empty());
    Request ending = request("4", Phase::ending);
    ending.vanished_at = at(1);
    ending.targets.push_back(target(key("d"), TargetState::ending));
    ending.targets.back().wake_at = at(2);
    save(open, ending);
    CHECK(due(open, 10000).requests == Ids{"4"});
}

TEST_CASE("due: what is claimed is hidden until the claim ends or the row is saved") {
    TempDir dir;
    OpenLedger open(dir.path());
    save(open, request("1"));
    save(open, request("2"));
    CHECK(due(open, 0).requests == Ids{"1", "2"});
    const DueWork none = due(open, 1);
    CHECK(none.requests.empty());
    CHECK(none.next == at(60)); // when the claims end
    Request again = request("2");
    again.revision = 1;
    save(open, again);
    CHECK(due(open, 2).requests == Ids{"2"});
    CHECK(due(open, 60).requests == Ids{"1"});
}

TEST_CASE("due: a save that is refused gives no claim back") {
    TempDir dir;
    OpenLedger open(dir.path());
    save(open, request("1"));
    CHECK(due(open, 0).requests == Ids{"1"});
    CHECK_FALSE(open.save(changes_of(request("1"))).has_value());
    CHECK(due(open, 1).requests.empty());
}

TEST_CASE("due: no more than the limit is claimed, the longest due first") {
    TempDir dir;
    OpenLedger open(dir.path());
    for (const int second : {30, 10, 20}) {
        Request made = request(std::to_string(second));
        made.wake_at = at(second);
        save(open, made);
    }
    CHECK(due(open, 50, 2).requests == Ids{"10", "20"});
    CHECK(due(open, 50, 2).requests == Ids{"30"});
}

TEST_CASE("due: messages are due until they are delivered") {
    TempDir dir;
    OpenLedger open(dir.path());
    Changes changes = changes_of(request("1", Phase::ended));
    changes.tells.push_back(tell("1"));
    changes.tells.push_back(tell("1", TellKind::removed));
    changes.tells.back().wake_at = at(10);
    REQUIRE(open.save(changes).has_value());
    CHECK(due(open, 0).tells == Ids{"1"});
    CHECK(due(open, 10).tells.empty()); // claimed with the first
    Changes told;
    told.told.push_back(tell("1").id());
    REQUIRE(open.save(told).has_value());
    CHECK(due(open, 9).tells.empty());
    CHECK(due(open, 9).next == at(10));
    CHECK(due(open, 10).tells == Ids{"1"});
    told.told.front() = tell("1", TellKind::removed).id();
    REQUIRE(open.save(told).has_value());
    Changes again;
    again.tells.push_back(tell("1")); // delivered: nothing is to be done
    REQUIRE(open.save(again).has_value());
    CHECK(due(open, 1000).tells.empty());
    CHECK_FALSE(due(open, 1000).next.has_value());
}

TEST_CASE("due: a key is due when its absence must be verified again") {
    TempDir dir;
    OpenLedger open(dir.path());
    Changes changes;
    changes.accesses.emplace_back(key("a"));
    changes.accesses.back().watch_at = at(5);
    changes.accesses.emplace_back(key("b"));
    REQUIRE(open.save(changes).has_value());
    CHECK(due(open, 4).watches.empty());
    CHECK(due(open, 4).next == at(5));
    CHECK(due(open, 5).watches == std::vector<AccessKey>{key("a")});
    CHECK(due(open, 6).watches.empty());
    changes.accesses.pop_back();
    changes.accesses.back().revision = 1;
    changes.accesses.back().watch_at.reset();
    REQUIRE(open.save(changes).has_value());
    CHECK(due(open, 1000).watches.empty());
}

TEST_CASE("due: a key is due when a call on it has no outcome five minutes later") {
    TempDir dir;
    OpenLedger open(dir.path());
    Changes changes;
    changes.accesses.emplace_back(key("a"));
    changes.accesses.back().intent = Intent(Operation::grant, "1042", at(5));
    changes.accesses.emplace_back(key("b"));
    changes.accesses.back().intent = Intent(Operation::revoke, std::string(), at(10)); // the watch's own
    REQUIRE(open.save(changes).has_value());
    CHECK(due(open, 304).watches.empty());
    CHECK(due(open, 304).next == at(305));
    CHECK(due(open, 305).watches == std::vector<AccessKey>{key("a")});
    CHECK(due(open, 310).watches == std::vector<AccessKey>{key("b")});
    for (Access& access : changes.accesses) {
        access.revision = 1;
        access.intent.reset();
    }
    REQUIRE(open.save(changes).has_value());
    CHECK(due(open, 1000).watches.empty());
    CHECK_FALSE(due(open, 1000).next.has_value());
}

TEST_CASE("due: claims end with the process") {
    TempDir dir;
    {
        OpenLedger open(dir.path());
        save(open, request("1"));
        CHECK(due(open, 0).requests == Ids{"1"});
    }
    OpenLedger open(dir.path());
    CHECK(due(open, 1).requests == Ids{"1"});
}
