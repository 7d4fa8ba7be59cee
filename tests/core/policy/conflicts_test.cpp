#include "core/policy/conflicts.hpp"
#include "tests/core/policy/sample.hpp"

#include <doctest/doctest.h>

using namespace accessd;
using namespace accessd::policy_test;

namespace {

const EntitlementName pay("Entra ID", "payers");
const EntitlementName release("Entra ID", "releasers");
const EntitlementName okta_release("Okta", "releasers");
const EntitlementName read("Entra ID", "readers");

ConflictSide side(const std::vector<EntitlementName>& names) {
    ConflictSide made;
    for (const EntitlementName& name : names) {
        made.groups[name.application].push_back(name.name);
    }
    return made;
}

ConflictRule payments() {
    ConflictRule conflict;
    conflict.name = "Payments";
    conflict.sides = {side({pay}), side({release, okta_release})};
    return conflict;
}

bool clash(const EntitlementName& wanted, const EntitlementName& had) {
    return conflicting({payments()}, jane(), {wanted}, {Possession(had, "ACC-7")}).has_value();
}

} // namespace

TEST_CASE("conflict: two sides exclude each other, whichever comes first and wherever it lies") {
    for (const EntitlementName& other : {release, okta_release}) {
        CHECK(clash(pay, other));
        CHECK(clash(other, pay));
    }
    CHECK_FALSE(clash(release, okta_release)); // one side
    CHECK_FALSE(clash(pay, pay));
    CHECK_FALSE(clash(read, pay));
    CHECK_FALSE(clash(pay, read));
    CHECK_FALSE(clash(pay, EntitlementName("Okta", "payers")));
}

TEST_CASE("conflict: says what is in the way, through which ticket, and by which rule") {
    const auto refused = conflicting({payments()}, jane(), {pay}, {Possession(release, "ACC-7")});
    REQUIRE(refused.has_value());
    CHECK(refused->code == "rule.conflict");
    CHECK(
        refused->reason ==
        "the beneficiary has \"releasers\" in \"Entra ID\" through ACC-7, and \"Payments\" "
        "forbids one person to have both; that access must end first, then this is "
        "approved again"
    );
    const auto outside = conflicting({payments()}, jane(), {pay}, {Possession(release, "")});
    REQUIRE(outside.has_value());
    CHECK(outside->reason.find("outside accessd") != std::string::npos);
}

TEST_CASE("conflict: does not bind whom it excepts by name, and everybody whose address is hidden") {
    ConflictRule conflict = payments();
    conflict.exceptions.users = {"jane@acme.example"};
    CHECK_FALSE(conflicting({conflict}, jane(), {pay}, {Possession(release, "ACC-7")}));
    CHECK(opposites({conflict}, jane(), {pay}).empty());
    CHECK(conflicting({conflict}, bob(), {pay}, {Possession(release, "ACC-7")}));
    Person hidden = jane();
    hidden.email.reset();
    CHECK(conflicting({conflict}, hidden, {pay}, {Possession(release, "ACC-7")}));
    conflict.exceptions.users = {hidden.account_id};
    CHECK_FALSE(conflicting({conflict}, hidden, {pay}, {Possession(release, "ACC-7")}));
    // Another rule binds all the same.
    CHECK(conflicting({conflict, payments()}, jane(), {pay}, {Possession(release, "ACC-7")}));
}

TEST_CASE("conflict: opposites are everything on the other sides, once") {
    ConflictRule three = payments();
    three.sides.push_back(side({read}));
    using Names = std::vector<EntitlementName>;
    CHECK(opposites({payments(), three}, jane(), {pay}) == Names{read, release, okta_release});
    CHECK(opposites({three}, jane(), {read}) == Names{pay, release, okta_release});
    CHECK(opposites({payments()}, jane(), {read}).empty());
    CHECK(opposites({}, jane(), {pay}).empty());
}
