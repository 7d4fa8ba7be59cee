#include "tests/core/store/fixture.hpp"

#include <doctest/doctest.h>

using namespace accessd;
using namespace accessd::store_test;

namespace {

using Ids = std::vector<std::string>;

} // namespace

TEST_CASE("store: a message comes back with every field and its place in the audit") {
    Fixture f;
    Tell written = tell("1042", TellKind::parked);
    written.lines = Ids{"one", "two \" \\"};
    written.may_be_sent = true;
    written.attempts = 2;
    written.wake_at = at(30);
    Changes changes = changes_of(request("1042"));
    changes.tells.push_back(written);
    changes.audit.emplace_back("grant.intent", "{}");
    changes.audit.emplace_back("grant.done", "{}");
    const Saved saved = f.save(changes);
    const StoredRequest read = f.load("1042");
    REQUIRE(read.tells.size() == 1);
    const Tell& found = read.tells.front();
    CHECK(found.id() == written.id());
    CHECK(found.issue_key == written.issue_key);
    CHECK(found.lines == written.lines);
    CHECK(found.may_be_sent);
    CHECK(found.attempts == 2);
    CHECK(found.wake_at == at(30));
    CHECK(found.audit_seq == 2);
    CHECK(found.audit_seq == saved.audit_seq);
    CHECK(found.audit_head == saved.audit_head);
    CHECK(found.audit_head.size() == 64);
}

TEST_CASE("store: messages of another ticket are not mixed in") {
    Fixture f;
    for (const char* const issue : {"104", "1042", "10420", "105"}) {
        Changes changes = changes_of(request(issue));
        changes.tells.push_back(tell(issue));
        f.save(changes);
    }
    const StoredRequest read = f.load("1042");
    REQUIRE(read.tells.size() == 1);
    CHECK(read.tells.front().issue_id == "1042");
}

TEST_CASE("store: a message that was withdrawn comes back when it is told anew, and is looked for") {
    Fixture f;
    f.save(changes_of(request("1042")));
    Changes first = changes_of(tell("1042"));
    first.audit.emplace_back("grant.done", "{}");
    f.save(first);
    Tell read = f.load("1042").tells.front();
    read.may_be_sent = true;
    f.save(changes_of(read));
    Changes dropped;
    dropped.withdrawn.push_back(read);
    f.save(dropped);
    CHECK(f.load("1042").tells.empty());
    f.save(changes_of(read)); // a late word about the old attempt
    CHECK(f.load("1042").tells.empty());
    Changes anew = changes_of(tell("1042"));
    anew.audit.emplace_back("revoke.done", "{}");
    f.save(anew);
    const StoredRequest again = f.load("1042");
    REQUIRE(again.tells.size() == 1);
    CHECK(again.tells.front().audit_seq == 2);
    CHECK(again.tells.front().may_be_sent);
    // Only what was read can be withdrawn.
    f.save(dropped);
    CHECK(f.load("1042").tells.size() == 1);
}

TEST_CASE("store: a message that was delivered never comes back") {
    Fixture f;
    f.save(changes_of(request("1042")));
    CHECK(f.save(changes_of(tell("1042"))).inserted_tell);
    Changes done;
    done.told.push_back(tell("1042").id());
    f.save(done);
    CHECK(f.load("1042").tells.empty());
    CHECK_FALSE(f.save(changes_of(tell("1042"))).inserted_tell);
    CHECK(f.load("1042").tells.empty());
    CHECK(f.save(changes_of(tell("1042", TellKind::removed))).inserted_tell);
    CHECK(f.load("1042").tells.size() == 1);
}

TEST_CASE("store: a message under way takes a new text and keeps what was tried") {
    Fixture f;
    f.save(changes_of(request("1042")));
    f.save(changes_of(tell("1042")));
    Tell tried = f.load("1042").tells.front();
    tried.may_be_sent = true;
    tried.attempts = 1;
    CHECK_FALSE(f.save(changes_of(tried)).inserted_tell);
    Tell rewritten = tell("1042");
    rewritten.lines = Ids{"Access granted to two groups."};
    CHECK_FALSE(f.save(changes_of(rewritten)).inserted_tell);
    const Tell read = f.load("1042").tells.front();
    CHECK(read.lines == rewritten.lines);
    CHECK(read.may_be_sent); // or the ticket gets two comments
    Tell not_sent = read;
    not_sent.audit_seq = 1; // as loaded: the caller looked
    not_sent.may_be_sent = false;
    f.save(changes_of(not_sent));
    CHECK_FALSE(f.load("1042").tells.front().may_be_sent);
}
