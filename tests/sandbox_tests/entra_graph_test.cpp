#include "tests/sandbox_tests/entra_client.hpp"

#include <boost/json/array.hpp>
#include <doctest/doctest.h>

using namespace accessd;
using namespace accessd::sandbox;
using namespace std::chrono_literals;

TEST_CASE("entra: a call without a valid token is 401 InvalidAuthenticationToken") {
    EntraClient entra;
    const std::string good = entra.token;
    entra.token = "nonsense";
    CHECK(entra.get("/users").status == 401);
    CHECK(code_of(entra.get("/users")) == "InvalidAuthenticationToken");
    entra.token = good;
    CHECK(entra.get("/users").status == 200);
    entra.now += 3598s;
    CHECK(entra.get("/users").status == 200);
    entra.now += 2s;
    CHECK(entra.get("/users").status == 401);
    CHECK(message_of(entra.get("/users")).find("expired") != std::string::npos);
}

TEST_CASE("entra: an error carries the ids that support asks for") {
    EntraClient entra;
    HttpRequest request = entra.request("GET", "/users/nobody@acme.example");
    request.headers.add("client-request-id", "mine");
    const HttpResponse response = entra.model.handle(request, entra.now);
    CHECK(response.status == 404);
    CHECK(code_of(response) == "Request_ResourceNotFound");
    CHECK(response.headers.find("client-request-id") == "mine");
    const boost::json::value body = body_of(response);
    const boost::json::value* const inner = find(*find(body, "error"), "innerError");
    REQUIRE(inner != nullptr);
    CHECK(find_string(*inner, "request-id") == response.headers.find("request-id"));
    CHECK(find_string(*inner, "date").has_value());
}

TEST_CASE("entra: a user is found by id and by principal name, and shows what is asked for only") {
    EntraClient entra;
    const HttpResponse plain = entra.get("/users/JANE@acme.example");
    REQUIRE(plain.status == 200);
    CHECK(find_string(body_of(plain), "mail") == "jane@acme.example");
    CHECK_FALSE(find_bool(body_of(plain), "accountEnabled").has_value());
    const HttpResponse chosen =
        entra.get("/users/" + entra.id("disabled@acme.example") + "?$select=id,accountEnabled,userType");
    CHECK(find_bool(body_of(chosen), "accountEnabled") == false);
    CHECK(find_string(body_of(chosen), "userType") == "Member");
    CHECK(find(body_of(chosen), "mail") == nullptr);
    CHECK(entra.get("/users/guest_partner.example%23EXT%23@acme.example").status == 200);
    CHECK(entra.get("/users('jane@acme.example')").status == 200);
    CHECK(code_of(entra.get("/users/jane@acme.example?$select=nickname")) == "Request_BadRequest");
}

TEST_CASE("entra: filters compare without regard to case and take doubled quotes") {
    EntraClient entra;
    entra.control("add_user", {{"mail", "o'brien@acme.example"}, {"display_name", "O'Brien"}});
    CHECK(size_of(entra.get("/users?$filter=mail%20eq%20'o''brien@acme.example'")) == 1);
    CHECK(size_of(entra.get("/users?$filter=mail%20eq%20'JANE@acme.example'")) == 1);
    CHECK(
        size_of(
            entra.get("/users?$filter=mail%20eq%20'guest@partner.example'%20and%20userType%20eq%20'Member'")
        ) == 0
    );
    CHECK(
        size_of(entra.get(
            "/users?$filter=mail%20eq%20'jane@acme.example'%20or%20displayName%20eq%20'Bob%20Approver'"
        )) == 2
    );
    CHECK(size_of(entra.get("/users?$filter=proxyAddresses/any(p:p%20eq%20'SMTP:bob@acme.example')")) == 1);
    CHECK(size_of(entra.get("/users?$filter=mail%20in%20('bob@acme.example','carol@acme.example')")) == 2);
    CHECK(size_of(entra.get("/groups?$filter=displayName%20eq%20'jira-software-users'")) == 1);
    CHECK(size_of(entra.get("/groups?$filter=displayName%20eq%20'nobody'")) == 0);
}

TEST_CASE("entra: what the description does not have is refused") {
    EntraClient entra;
    CHECK(entra.get("/users?$filter=mail%20eq%20'o'brien@acme.example'").status == 400);
    CHECK(code_of(entra.get("/users?$filter=shoeSize%20eq%20'44'")) == "Request_UnsupportedQuery");
    CHECK(code_of(entra.get("/users?$filter=mail%20ne%20'x'")) == "Request_UnsupportedQuery");
    CHECK(entra.get("/users?filter=x").status == 400);
    CHECK(entra.get("/users?$top=1000").status == 400);
    CHECK(entra.get("/users?$top=2&$top=3").status == 400);
    CHECK(entra.get("/users?$count=true").status == 400);
    CHECK(entra.get("/people").status == 400);
    CHECK(entra.post("/users", "{}").status == 405);
    CHECK(entra.get("/groups/jira-software-users").status == 400);
    CHECK(entra.get("/groups/b0000000-0000-4000-8000-00000000dead").status == 404);
    CHECK(entra.get_eventual("/users?$count=true&$top=2").status == 200);
}

TEST_CASE("entra: lists come in pages that are linked") {
    EntraClient entra;
    entra.control("bulk_users", {{"count", 250}, {"group", "confluence-users"}});
    std::string path =
        "/groups/" + entra.id("confluence-users") + "/members?$select=id,userPrincipalName&$top=100";
    std::size_t seen = 0;
    int pages = 0;
    while (!path.empty()) {
        const HttpResponse response = entra.get(path);
        REQUIRE(response.status == 200);
        seen += size_of(response);
        ++pages;
        const std::string next = string_or_empty(body_of(response), "@odata.nextLink");
        path = next.empty() ? "" : next.substr(std::string("https://graph.test/v1.0").size());
    }
    CHECK(seen == 250);
    CHECK(pages == 3);
    CHECK(entra.get_eventual("/groups/" + entra.id("confluence-users") + "/members/$count").body == "250");
}

TEST_CASE("entra: a direct membership is asked for by an advanced query") {
    EntraClient entra;
    CHECK(entra.add("confluence-users", "jane@acme.example").status == 204);
    const std::string path = "/groups/" + entra.id("confluence-users") + "/members?$filter=id%20eq%20'" +
                             entra.id("jane@acme.example") + "'&$select=id";
    CHECK(code_of(entra.get(path)) == "Request_UnsupportedQuery");
    CHECK(entra.get_eventual(path).status == 400); // $count=true belongs to it
    CHECK(size_of(entra.get_eventual(path + "&$count=true")) == 1);
}

TEST_CASE("entra: checkMemberGroups is transitive and takes twenty groups") {
    EntraClient entra;
    entra.add("jira-software-users", "jane@acme.example");
    const std::string parent = entra.id("nested-parent");
    for (const std::string& path :
         {"/users/" + entra.id("jane@acme.example") + "/checkMemberGroups",
          "/directoryObjects/" + entra.id("jane@acme.example") + "/checkMemberGroups",
          "/directoryObjects/" + entra.id("jane@acme.example") + "/microsoft.graph.checkMemberGroups"}) {
        CHECK(size_of(entra.post(path, R"({"groupIds":[")" + parent + "\"]}")) == 1);
        CHECK(entra.post(path, R"({"groupIds":[], "more": 1})").status == 400);
    }
    std::string many = "\"" + parent + "\"";
    for (int i = 0; i < 20; ++i) {
        many += ",\"" + parent + "\"";
    }
    CHECK(
        entra.post("/users/jane@acme.example/checkMemberGroups", "{\"groupIds\":[" + many + "]}").status ==
        400
    );
    CHECK(size_of(entra.get("/users/jane@acme.example/memberOf")) == 1);
    CHECK(size_of(entra.get("/users/jane@acme.example/transitiveMemberOf")) == 2);
}

TEST_CASE("entra: what the app was not permitted is denied, and permissions come with a new token") {
    EntraClient entra;
    entra.control("set", {{"permissions", boost::json::array{"User.Read.All"}}});
    CHECK(entra.add("confluence-users", "jane@acme.example").status == 204);
    entra.sign_in();
    CHECK(code_of(entra.add("confluence-users", "bob@acme.example")) == "Authorization_RequestDenied");
    CHECK(entra.get("/users").status == 200);
    CHECK(entra.get("/groups").status == 403);
    CHECK(entra.get("/organization").status == 403);
}
