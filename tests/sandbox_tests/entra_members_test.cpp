#include "tests/sandbox_tests/entra_client.hpp"

#include <boost/json/array.hpp>
#include <doctest/doctest.h>

using namespace accessd;
using namespace accessd::sandbox;
using namespace std::chrono_literals;

namespace {

std::int64_t count(EntraClient& entra, std::string_view name) {
    return find_integer(entra.control("stats", boost::json::object()), name).value_or(-1);
}

} // namespace

TEST_CASE("entra: adding twice is 400 with the vendor's one sentence, and changes nothing") {
    EntraClient entra;
    CHECK(entra.add("confluence-users", "jane@acme.example").status == 204);
    const HttpResponse again = entra.add("confluence-users", "jane@acme.example");
    CHECK(again.status == 400);
    CHECK(code_of(again) == "Request_BadRequest");
    CHECK(
        message_of(again) ==
        "One or more added object references already exist for the following modified properties: 'members'."
    );
    CHECK(find_integer(entra.control("members", {{"group", "confluence-users"}}), "count") == 1);
    CHECK(count(entra, "adds") == 1);
    CHECK(count(entra, "redundant_adds") == 1);
}

TEST_CASE("entra: removing takes the membership, removing again is 404") {
    EntraClient entra;
    entra.add("confluence-users", "jane@acme.example");
    const std::string path =
        "/groups/" + entra.id("confluence-users") + "/members/" + entra.id("jane@acme.example") + "/$ref";
    CHECK(entra.remove(path).status == 204);
    CHECK(entra.remove(path).status == 404);
    CHECK(code_of(entra.remove(path)) == "Request_ResourceNotFound");
    CHECK(entra.get("/users/jane@acme.example").status == 200);
}

TEST_CASE("entra: a delete without $ref is refused and remembered as a catastrophe") {
    EntraClient entra;
    entra.add("confluence-users", "jane@acme.example");
    const std::string jane = entra.id("jane@acme.example");
    CHECK(entra.remove("/groups/" + entra.id("confluence-users") + "/members/" + jane).status == 403);
    CHECK(entra.remove("/users/" + jane).status == 403);
    CHECK(entra.remove("/groups/" + entra.id("confluence-users")).status == 403);
    CHECK(count(entra, "catastrophes") == 3);
    CHECK(entra.get("/users/" + jane).status == 200);
}

TEST_CASE("entra: a reference must be whole: host, version, id, media type") {
    EntraClient entra;
    const std::string path = "/groups/" + entra.id("confluence-users") + "/members/$ref";
    const std::string jane = entra.id("jane@acme.example");
    CHECK(
        entra.post(path, R"({"@odata.id":"https://graph.other/v1.0/directoryObjects/)" + jane + "\"}")
            .status == 400
    );
    CHECK(
        entra.post(path, R"({"@odata.id":"https://graph.test/beta/directoryObjects/)" + jane + "\"}")
            .status == 400
    );
    CHECK(entra.post(path, R"({"@odata.id":"https://graph.test/v1.0/directoryObjects/jane"})").status == 400);
    CHECK(
        entra.post(path, R"({"x":1,"@odata.id":"https://graph.test/v1.0/directoryObjects/)" + jane + "\"}")
            .status == 400
    );
    CHECK(
        entra
            .post(
                path,
                R"({"@odata.id":"https://graph.test/v1.0/directoryObjects/b0000000-0000-4000-8000-00000000dead"})"
            )
            .status == 404
    );
    HttpRequest untyped = entra.request("POST", path);
    untyped.body = R"({"@odata.id":"https://graph.test/v1.0/directoryObjects/)" + jane + "\"}";
    CHECK(entra.model.handle(untyped, entra.now).status == 400);
    HttpRequest empty = entra.request("POST", path);
    empty.headers.add("Content-Type", "application/json");
    CHECK(code_of(entra.model.handle(empty, entra.now)) == "BadRequest");
    CHECK(entra.post(path, "{\"@odata.id\":").status == 400);
    CHECK(count(entra, "adds") == 0);
}

TEST_CASE("entra: groups that have another master cannot be changed") {
    EntraClient entra;
    CHECK(entra.add("dynamic-group", "jane@acme.example").status == 403);
    CHECK(entra.add("role-assignable-group", "jane@acme.example").status == 403);
    CHECK(entra.add("synced-group", "jane@acme.example").status == 400);
    CHECK(entra.add("mail-enabled-group", "jane@acme.example").status == 400);
    CHECK(entra.add("distribution-group", "jane@acme.example").status == 400);
    CHECK(entra.add("unified-group", "jane@acme.example").status == 204);
    const HttpResponse group =
        entra.get("/groups/" + entra.id("dynamic-group") + "?$select=groupTypes,membershipRule");
    CHECK(find_array(body_of(group), "groupTypes")->size() == 1);
    entra.control(
        "set",
        {{"permissions",
          boost::json::array{
              "User.Read.All", "GroupMember.ReadWrite.All", "RoleManagement.ReadWrite.Directory"}}}
    );
    entra.sign_in();
    CHECK(entra.add("role-assignable-group", "jane@acme.example").status == 204);
}

TEST_CASE("entra: reads lag behind writes, writes do not") {
    EntraClient entra;
    entra.control("set", {{"replication_lag_ms", 5000}});
    const std::string members = "/groups/" + entra.id("confluence-users") + "/members";
    CHECK(entra.add("confluence-users", "jane@acme.example").status == 204);
    CHECK(size_of(entra.get(members)) == 0);
    CHECK(entra.add("confluence-users", "jane@acme.example").status == 400);
    entra.now += 5s;
    CHECK(size_of(entra.get(members)) == 1);
    const std::string jane = entra.id("jane@acme.example");
    CHECK(entra.remove(members + "/" + jane + "/$ref").status == 204);
    CHECK(size_of(entra.get(members)) == 1);
    CHECK(entra.remove(members + "/" + jane + "/$ref").status == 404);
    entra.now += 5s;
    CHECK(size_of(entra.get(members)) == 0);
}

TEST_CASE("entra: a deleted user is gone from everywhere") {
    EntraClient entra;
    entra.add("confluence-users", "jane@acme.example");
    entra.control("delete_user", {{"user", "jane@acme.example"}});
    CHECK(entra.get("/users/jane@acme.example").status == 404);
    CHECK(size_of(entra.get("/groups/" + entra.id("confluence-users") + "/members")) == 0);
}

TEST_CASE("entra: without the right to read users, members show their ids only") {
    EntraClient entra;
    entra.add("confluence-users", "jane@acme.example");
    entra.control("set", {{"permissions", boost::json::array{"GroupMember.ReadWrite.All"}}});
    entra.sign_in();
    const boost::json::value body =
        body_of(entra.get("/groups/" + entra.id("confluence-users") + "/members"));
    const boost::json::value& jane = find_array(body, "value")->at(0);
    CHECK(find_string(jane, "@odata.type") == "#microsoft.graph.user");
    CHECK(find(jane, "mail") == nullptr);
}
