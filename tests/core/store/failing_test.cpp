#include "tests/core/store/fixture.hpp"

#include <doctest/doctest.h>

#include <functional>

using namespace accessd;
using namespace accessd::store_test;

// What a database answers that is damaged in one place: an error, never half of a save or half of the truth.

namespace {

/// Writes to every table.
Changes everything(const std::string& issue_id) {
    Changes changes = changes_of(request(issue_id, Phase::granting));
    changes.request->evidence = "proof of " + issue_id;
    changes.request->targets.push_back(target(key("account-" + issue_id), TargetState::wanted));
    changes.accesses.emplace_back(key("account-" + issue_id));
    changes.accesses.back().intent = Intent(Operation::revoke, issue_id, at(0));
    changes.tells.push_back(tell(issue_id));
    changes.audit.emplace_back("request.approved", "{}");
    changes.position = at(5);
    return changes;
}

/// Changes every row that everything() wrote, and ends its message.
Changes everything_again(const std::string& issue_id) {
    Changes changes = everything(issue_id);
    changes.request->revision = 1;
    changes.request->phase = Phase::ended;
    changes.request->evidence = "another proof";
    changes.request->targets.clear();
    changes.accesses.back().revision = 1;
    changes.accesses.back().intent.reset();
    changes.tells.back().lines = std::vector<std::string>(1, "another text");
    changes.told.push_back(tell(issue_id, TellKind::removed).id());
    return changes;
}

std::string code_of(const Result<Saved>& saved) {
    return saved ? "" : saved.error().code();
}

/// Makes every statement of this kind on this table fail.
void refuse(OpenLedger& open, const std::string& what, const std::string& table) {
    const std::string sql = "CREATE TRIGGER refuse BEFORE " + what + " ON " + table +
                            " BEGIN SELECT RAISE(ABORT, 'refused by the test'); END";
    REQUIRE(open.database->execute(sql.c_str()));
}

std::size_t count_rows(OpenLedger& open, const std::string& table) {
    const std::string sql = "SELECT count(*) FROM " + table;
    Statement statement(*open.database, sql.c_str());
    Rows rows(statement);
    REQUIRE(rows.next());
    return static_cast<std::size_t>(rows.integer(0));
}

/// A ledger that holds one of everything, and lacks one table.
class Lacking {
public:
    explicit Lacking(const std::string& table) : open(dir.path()) {
        REQUIRE(open.save(everything("1")).has_value());
        const std::string sql = "ALTER TABLE " + table + " RENAME TO somewhere_else";
        REQUIRE(open.database->execute(sql.c_str()));
    }

    TempDir dir;
    OpenLedger open;
};

/// What the ledger says once its content was changed by hand.
template <class Question> std::string after(const char* sql, const Question& question) {
    TempDir dir;
    OpenLedger open(dir.path());
    REQUIRE(open.save(everything("1")).has_value());
    REQUIRE(open.database->execute(sql));
    const auto answer = question(open);
    return answer ? "" : answer.error().code();
}

} // namespace

TEST_CASE("ledger: a save that one table refuses leaves nothing anywhere, and can be made again") {
    for (const char* const table : {"request", "evidence", "target", "access", "outbox", "audit", "mark"}) {
        CAPTURE(table);
        TempDir dir;
        OpenLedger open(dir.path());
        refuse(open, "INSERT", table);
        CHECK(code_of(open.save(everything("1"))) == "store.constraint");
        for (const char* const other :
             {"request", "evidence", "target", "access", "outbox", "audit", "mark"}) {
            CHECK(count_rows(open, other) == 0);
        }
        REQUIRE(open.database->execute("DROP TRIGGER refuse"));
        CHECK(open.save(everything("1"))->audit_seq == 1);
    }
}

TEST_CASE("ledger: a change that one table refuses leaves all rows as they were") {
    const std::vector<std::pair<std::string, std::string>> statements = {
        {"UPDATE", "request"},
        {"UPDATE", "evidence"},
        {"DELETE", "target"},
        {"UPDATE", "access"},
        {"UPDATE OF lines", "outbox"},
        {"UPDATE OF delivered", "outbox"},
        {"INSERT", "audit"}};
    for (const auto& [what, table] : statements) {
        CAPTURE(what);
        CAPTURE(table);
        TempDir dir;
        OpenLedger open(dir.path());
        Changes first = everything("1");
        first.tells.push_back(tell("1", TellKind::removed));
        REQUIRE(open.save(std::move(first)).has_value());
        refuse(open, what, table);
        CHECK(code_of(open.save(everything_again("1"))) == "store.constraint");
        const auto stored = open.ledger->load({"1"});
        REQUIRE(stored.has_value());
        CHECK(stored->front().request.revision == 1);
        CHECK(stored->front().request.evidence == "proof of 1");
        CHECK(stored->front().request.targets.size() == 1);
        CHECK(stored->front().tells.size() == 2);
        CHECK(stored->front().tells.front().lines.front() == "Access granted.");
        CHECK(open.ledger->open_intents()->size() == 1);
        CHECK(count_rows(open, "audit") == 1);
    }
}

TEST_CASE("ledger: what cannot be read is an error, never an empty answer") {
    using Question = std::function<std::string(Ledger&)>;
    const auto code = [](const auto& answer) { return answer ? std::string() : answer.error().code(); };
    const std::vector<AccessKey> keys(1, key("account-1"));
    const std::vector<std::pair<std::string, Question>> questions = {
        {"request", [&](Ledger& ledger) { return code(ledger.load({"1"})); }},
        {"target", [&](Ledger& ledger) { return code(ledger.load({"1"})); }},
        {"outbox", [&](Ledger& ledger) { return code(ledger.load({"1"})); }},
        {"access", [&](Ledger& ledger) { return code(ledger.load_accesses(keys)); }},
        {"target", [&](Ledger& ledger) { return code(ledger.load_accesses(keys)); }},
        {"request", [&](Ledger& ledger) { return code(ledger.claim_due(at(9), at(99), 10)); }},
        {"outbox", [&](Ledger& ledger) { return code(ledger.claim_due(at(9), at(99), 10)); }},
        {"access", [&](Ledger& ledger) { return code(ledger.claim_due(at(9), at(99), 10)); }},
        {"access", [&](Ledger& ledger) { return code(ledger.open_intents()); }},
        {"request", [&](Ledger& ledger) { return code(ledger.live("", 10)); }},
        {"mark", [&](Ledger& ledger) { return code(ledger.position()); }},
        {"pin", [&](Ledger& ledger) { return code(ledger.pinned("Entra ID", "group")); }},
        {"pin", [&](Ledger& ledger) {
             return code(ledger.pin("Entra ID", {"id", "group"}, at(0)));
         }}};
    for (const auto& [table, question] : questions) {
        CAPTURE(table);
        Lacking lacking(table);
        CHECK(question(*lacking.open.ledger) == "store.io");
        // Nothing may be begun whose outcome cannot be recorded.
        CHECK(code_of(lacking.open.save(everything("2"))) == "store.io");
        CHECK(code(lacking.open.ledger->pin("Entra ID", {"id", "other"}, at(0))) == "store.io");
    }
}

TEST_CASE("ledger: a save that cannot look at what is stored writes nothing") {
    for (const char* const table : {"request", "access", "outbox"}) {
        CAPTURE(table);
        Lacking lacking(table);
        CHECK(code_of(lacking.open.save(everything("2"))) == "store.io");
        CHECK(count_rows(lacking.open, "audit") == 1);
    }
}

TEST_CASE("ledger: stored words and lists that make no sense are damage") {
    const auto load = [](OpenLedger& open) { return open.ledger->load({"1"}); };
    const auto load_access = [](OpenLedger& open) {
        return open.ledger->load_accesses(std::vector<AccessKey>(1, key("account-1")));
    };
    const auto save = [](OpenLedger& open) { return open.save(everything_again("1")); };
    CHECK(after("UPDATE request SET entitlement_names = 'not a list'", load) == "store.corrupt");
    CHECK(after("UPDATE request SET entitlement_names = '{}'", load) == "store.corrupt");
    CHECK(after("UPDATE request SET entitlement_names = '[1]'", load) == "store.corrupt");
    CHECK(after("UPDATE target SET state = 'dancing'", load) == "store.corrupt");
    CHECK(after("UPDATE outbox SET kind = 'dancing'", load) == "store.corrupt");
    CHECK(after("UPDATE outbox SET lines = '[\"half'", load) == "store.corrupt");
    CHECK(after("UPDATE access SET intent = 'dance'", load_access) == "store.corrupt");
    CHECK(after("UPDATE access SET intent = 'dance'", save) == "store.corrupt");
}

TEST_CASE("ledger: numbers beyond what they can mean are cut, not wrapped") {
    TempDir dir;
    OpenLedger open(dir.path());
    REQUIRE(open.save(everything("1")).has_value());
    REQUIRE(open.database->execute("UPDATE request SET attempts = 1 << 40"));
    REQUIRE(open.database->execute("UPDATE target SET attempts = -1"));
    const auto loaded = open.ledger->load({"1"});
    REQUIRE(loaded.has_value());
    CHECK(loaded->front().request.attempts == 0xffffffffU);
    CHECK(loaded->front().request.targets.front().attempts == 0);
}

TEST_CASE("ledger: a store is not opened on an audit trail whose end makes no sense") {
    TempDir dir;
    {
        OpenLedger open(dir.path());
        REQUIRE(open.save(everything("1")).has_value());
        REQUIRE(open.database->execute("UPDATE audit SET hash = x'00'"));
    }
    const auto refused = try_open(dir.path());
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().code() == "store.corrupt");
}
