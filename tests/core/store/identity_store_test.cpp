#include "core/store/schema.hpp"
#include "tests/core/store/fixture.hpp"

#include <doctest/doctest.h>

#include <array>
#include <tuple>

using namespace accessd;
using namespace accessd::store_test;

namespace {

Changes found(const std::string& account, const std::string& replaces = "") {
    Changes changes;
    KnownIdentity identity("Entra ID", "712020:jane", Account(account, account + "@acme.example"));
    identity.replaces = replaces;
    changes.identities.push_back(std::move(identity));
    changes.at = at(1);
    return changes;
}

std::string known(Fixture& f, const std::string& application = "Entra ID") {
    const auto account = run(f.world, f.store->known_account(application, "712020:jane"));
    REQUIRE(account.has_value());
    return *account ? (*account)->id + " " + (*account)->name : "nobody";
}

} // namespace

TEST_CASE("identity: whose account is whose is kept, by application") {
    Fixture f;
    CHECK(known(f) == "nobody");
    f.save(found("1"));
    f.reopen();
    CHECK(known(f) == "1 1@acme.example");
    CHECK(known(f, "Okta") == "nobody");
    f.save(found("1"));
}

TEST_CASE("identity: nobody's account is exchanged unseen") {
    Fixture f;
    f.save(found("1"));
    Changes other = found("2");
    other.request = request("7");
    other.audit.emplace_back("request.approved", "{}");
    CHECK(f.refused(other) == "store.stale");
    CHECK(f.refused(found("2", "9")) == "store.stale");
    CHECK(known(f) == "1 1@acme.example");
    const auto none = run(f.world, f.store->load(std::vector<std::string>(1, "7")));
    CHECK(none->empty());
    f.save(found("2", "1"));
    CHECK(known(f) == "2 2@acme.example");
}

TEST_CASE("identity: of two saves that share a commit and find two accounts one is stale") {
    TempDir dir;
    OpenLedger open(dir.path());
    Save one(found("1"));
    Save two(found("2"));
    const std::array<Save*, 2> both = {&one, &two};
    open.ledger->save(both);
    CHECK(one.outcome->has_value());
    REQUIRE_FALSE(two.outcome->has_value());
    CHECK(two.outcome->error().code() == "store.stale");
    CHECK((*open.ledger->known_account("Entra ID", "712020:jane"))->id == "1");
}

TEST_CASE("identity: a database of before knows from its requests whose account was whose last") {
    TempDir dir;
    const auto file = database_file(dir.path());
    {
        auto database = Database::open(file, Database::Mode::read_write);
        REQUIRE(database.has_value());
        REQUIRE(migrate(**database, schema_migrations().first(4)).has_value());
        int id = 0;
        for (const auto& [account, beneficiary, seen] :
             {std::tuple("old", "712020:jane", "1000"),
              std::tuple("new", "712020:jane", "3000"),
              std::tuple("older", "712020:jane", "2000"),
              std::tuple("", "712020:jane", "9000"),
              std::tuple("nobody", "", "9000")}) {
            const std::string number = std::to_string(++id);
            const std::string insert =
                "INSERT INTO request VALUES (" + number + ", '" + number +
                "', 'ACC-1', 'created', 'ended', 'Entra ID', 'User', '[]', '', '', 0, NULL, '" + beneficiary +
                "', '', '', NULL, '" + account + "', 'login', '', '', 0, NULL, NULL, NULL, " + seen +
                ", 0, 0, NULL, 0, 1, 'grant', '', '[]')";
            REQUIRE((*database)->execute(insert.c_str()));
        }
    }
    OpenLedger open(dir.path());
    CHECK((*open.ledger->known_account("Entra ID", "712020:jane"))->id == "new");
    CHECK_FALSE(open.ledger->known_account("Entra ID", "")->has_value());
}
