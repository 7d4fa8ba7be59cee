#include "core/jsm/people.hpp"
#include "tests/core/jsm/scripted_jira.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace accessd;
using test::ScriptedJira;

namespace {

Result<Person> ask(ScriptedJira& jira, const std::string& answer) {
    jira.transport.answer("GET", "/rest/api/3/user?accountId=557058%3Ajane", 200, answer);
    return test::finish(jira.world, fetch_person(jira.rest, "557058:jane", jira.deadline()));
}

} // namespace

TEST_CASE("people: an answer about somebody else is not believed") {
    ScriptedJira jira;
    const auto jane =
        ask(jira, R"({"accountId":"557058:jane","emailAddress":"jane@acme.example","active":true})");
    REQUIRE(jane);
    CHECK(jane->email == "jane@acme.example");

    const auto other =
        ask(jira, R"({"accountId":"557058:bob","emailAddress":"bob@acme.example","active":true})");
    REQUIRE_FALSE(other);
    CHECK(other.error().code() == "jira.malformed_user");
    CHECK(other.error().fault() == Fault::transient);
    CHECK(other.error().message().find("bob") == std::string::npos);
}

TEST_CASE("people: an account that was deleted is nobody") {
    ScriptedJira jira;
    const auto nobody = ask(jira, R"({"accountId":"unknown","active":false})");
    REQUIRE(nobody);
    CHECK(nobody->account_id.empty());
}
