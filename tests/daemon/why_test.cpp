#include "core/support/text.hpp"
#include "daemon/explain/why.hpp"
#include "tests/core/engine/engine_rig.hpp"

#include <boost/regex.hpp>
#include <doctest/doctest.h>

#include <sstream>

using namespace accessd;
using namespace accessd::engine_test;
using namespace std::chrono_literals;

namespace {

/// What `accessd why` says about the database in a directory.
class Answer {
public:
    Answer(
        const std::filesystem::path& directory,
        const std::string& user,
        const std::string& entitlement,
        const std::string& application = ""
    ) {
        WhyOptions options;
        options.source.database = database_file(directory);
        options.question.user = user;
        options.question.entitlement = entitlement;
        options.question.application = application;
        std::ostringstream out;
        std::ostringstream errors;
        status = explain_holding(options, {}, out, errors);
        said = out.str();
        complained = errors.str();
    }

    bool has(const std::string& expression) const {
        return boost::regex_search(said, boost::regex(expression));
    }

    int status = 0;
    std::string said;
    std::string complained;
};

const std::string moment = R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)";

} // namespace

TEST_CASE("why: what is held is told with ticket, rule, approver, since and until, however it is asked") {
    EngineRig rig;
    AccessRule rule = policy_test::rule();
    rule.max_duration = 24h;
    rig.context().policy.rules = {rule};
    rig.start();
    rig.run_for(1min);
    for (const std::string user :
         {"jane@acme.example", "Jane@ACME.example", "id-jane", "a-jane@acme.example"}) {
        for (const std::string entitlement : {"users", "g-users"}) {
            CAPTURE(user);
            const Answer answer(rig.dir.path(), user, entitlement);
            CAPTURE(answer.said);
            CHECK(answer.status == 0);
            CHECK(answer.said.starts_with(user + " holds " + entitlement + " through accessd\n"));
            CHECK(answer.has("\n  ACC-42 +User in Entra ID, approved by bob@acme.example\n"));
            CHECK(answer.has("\n +held since 2026-01-01T00:11:.*Z, until 2026-01-02T00:11:.*Z\n"));
        }
    }
    CHECK(Answer(rig.dir.path(), "jane@acme.example", "users", "Entra ID").status == 0);
    const Answer other(rig.dir.path(), "jane@acme.example", "users", "Okta");
    CHECK(other.status == 1);
    CHECK(
        other.said ==
        "accessd knows nothing of jane@acme.example and users in Okta: no request was about it\n"
    );
}

TEST_CASE("why: what ended is told with when and why, and what others hold still counts") {
    EngineRig rig;
    rig.add_ticket("2001");
    rig.start();
    rig.run_for(1min);
    rig.move(rig.ticket(), policy_test::status::revoked);
    rig.run_for(1min);
    const Answer still(rig.dir.path(), "jane@acme.example", "users");
    CAPTURE(still.said);
    CHECK(still.status == 0);
    CHECK(still.has("\n  ACC-2001 .*\n +held since " + moment + ", without an end\n"));
    CHECK(still.said.find("ACC-2001") < still.said.find("ACC-42"));
    CHECK(still.has("ended " + moment + ": revoked,\\s+by\\s+carol@acme.example"));
    CHECK(still.has("the\\s+membership\\s+stayed,\\s+justified\\s+by\\s+ACC-2001"));
    rig.move(rig.jira.tickets.at("2001"), policy_test::status::denied);
    rig.run_for(1min);
    const Answer over(rig.dir.path(), "jane@acme.example", "users");
    CAPTURE(over.said);
    CHECK(over.status == 1);
    CHECK(over.said.starts_with("jane@acme.example does not hold users through accessd\n"));
    CHECK(over.has("ended " + moment + ": denied,\\s+by\\s+carol@acme.example"));
}

TEST_CASE("why: what a ticket brought before it was approved for something else is known from the audit") {
    EngineRig rig;
    // The audit does not have her address: only the request does.
    rig.context().application("Entra ID")->identity.account["id-jane"] = "guid-1";
    rig.start();
    rig.run_for(1min);
    AccessRule rule = policy_test::rule();
    rule.groups = {"admins"};
    rig.context().policy.rules = {rule};
    rig.move(rig.ticket(), policy_test::status::waiting, policy_test::bob());
    rig.run_for(1min);
    Approval again = policy_test::approval("32", rig.world->now(), rig.world->now());
    rig.ticket().approvals.push_back(again);
    rig.move(rig.ticket(), policy_test::status::approved, policy_test::bob());
    rig.run_for(2min);
    rig.move(rig.ticket(), policy_test::status::waiting, policy_test::bob());
    rig.run_for(1min);
    rig.ticket().approvals.push_back(policy_test::approval("33", rig.world->now(), rig.world->now()));
    rig.move(rig.ticket(), policy_test::status::approved, policy_test::bob());
    rig.run_for(2min);
    CHECK(rig.stored()->targets.size() == 1);
    CHECK(Answer(rig.dir.path(), "jane@acme.example", "admins").status == 0);
    rig.move(rig.ticket(), policy_test::status::revoked);
    rig.run_for(1min);
    CHECK(Answer(rig.dir.path(), "jane@acme.example", "admins").has("revoked,\\s+by\\s+carol"));
    for (const std::string user : {"jane@acme.example", "id-jane", "a-guid-1"}) {
        const Answer answer(rig.dir.path(), user, "users");
        CAPTURE(answer.said);
        CHECK(answer.status == 1);
        CHECK(answer.has("\n  ACC-42 +User in Entra ID\n +held since " + moment + ", ended " + moment));
        CHECK_FALSE(answer.has("revoked"));
    }
}

TEST_CASE("why: what waits, is refused or goes is not held") {
    EngineRig rig;
    rig.script.fail("vendor.grant", transient("entra.away"), 1);
    rig.script.takes["vendor.grant"] = 10s;
    rig.start();
    rig.run_for(5s);
    CHECK(Answer(rig.dir.path(), "id-jane", "users").has("not granted yet\n"));
    rig.run_for(1min);
    CHECK(Answer(rig.dir.path(), "id-jane", "users").status == 0);
    rig.script.fail("vendor.revoke", permanent("entra.forbidden"));
    rig.move(rig.ticket(), policy_test::status::revoked);
    rig.run_for(1min);
    const Answer going(rig.dir.path(), "id-jane", "users");
    CHECK(going.status == 1);
    CHECK(going.has("being taken away: trouble that stays \\[entra.forbidden\\]"));
    EngineRig refused;
    refused.script.fail("vendor.grant", permanent("entra.forbidden"));
    refused.start();
    refused.run_for(1min);
    const Answer answer(refused.dir.path(), "id-jane", "users");
    CHECK(answer.status == 1);
    CHECK(answer.has("not granted: trouble that stays \\[entra.forbidden\\]"));
}

TEST_CASE("why: nothing known is said, with the name that may be meant; hostile words are escaped") {
    EngineRig rig;
    rig.start();
    rig.run_for(1min);
    const Answer near(rig.dir.path(), "jane@acme.example", "user");
    CHECK(near.status == 1);
    CHECK(near.said.ends_with("no request was about it; did you mean users?\n"));
    const Answer hostile(rig.dir.path(), "\x1b[2J' OR 1=1 --", "\"\xFF");
    CHECK(hostile.status == 1);
    CHECK(hostile.said.find('\x1b') == std::string::npos);
    CHECK(is_valid_utf8(hostile.said));
    CHECK(Answer(rig.dir.path(), "bob@acme.example", "users").status == 1);
    for (const std::string user : {"", "id-jane"}) {
        CHECK(Answer(rig.dir.path(), user, "").said.starts_with("accessd knows nothing of "));
    }
    CHECK(Answer(rig.dir.path(), "", "users").said.starts_with("accessd knows nothing of "));
    const store_test::TempDir empty;
    const Answer none(empty.path(), "a", "b");
    CHECK(none.status == 2);
    CHECK(none.said.empty());
    CHECK_FALSE(none.complained.empty());
}
