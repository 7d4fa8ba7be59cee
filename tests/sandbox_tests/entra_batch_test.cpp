#include "tests/sandbox_tests/entra_client.hpp"

#include <boost/json/array.hpp>
#include <doctest/doctest.h>

#include <map>

using namespace accessd;
using namespace accessd::sandbox;

namespace {

std::string
add_item(EntraClient& entra, std::string_view id, std::string_view group, std::string_view more = "") {
    return R"({"id":")" + std::string(id) + R"(","method":"POST","url":"/groups/)" + entra.id(group) +
           R"(/members/$ref","headers":{"Content-Type":"application/json"},)" + std::string(more) +
           R"("body":{"@odata.id":"https://graph.test/v1.0/directoryObjects/)" +
           entra.id("jane@acme.example") + "\"}}";
}

std::map<std::string, std::int64_t> statuses(const HttpResponse& response) {
    std::map<std::string, std::int64_t> out;
    const boost::json::value body = body_of(response);
    for (const auto& one : *find_array(body, "responses")) {
        out[string_or_empty(one, "id")] = find_integer(one, "status").value_or(0);
    }
    return out;
}

} // namespace

TEST_CASE("entra: a batch answers each request by its id, in no order") {
    EntraClient entra;
    const HttpResponse response = entra.post(
        "/$batch",
        "{\"requests\":[" + add_item(entra, "1", "confluence-users") + "," +
            add_item(entra, "2", "dynamic-group") +
            R"(,{"id":"3","method":"GET","url":"/users/jane@acme.example?$select=id"}]})"
    );
    REQUIRE(response.status == 200);
    const std::map<std::string, std::int64_t> wanted = {{"1", 204}, {"2", 403}, {"3", 200}};
    CHECK(statuses(response) == wanted);
    CHECK(find_string(find_array(body_of(response), "responses")->front(), "id") == "3");
}

TEST_CASE("entra: what depends on a failed request fails with 424") {
    EntraClient entra;
    const HttpResponse response = entra.post(
        "/$batch",
        "{\"requests\":[" + add_item(entra, "1", "dynamic-group") + "," +
            add_item(entra, "2", "confluence-users", R"("dependsOn":["1"],)") + "]}"
    );
    const std::map<std::string, std::int64_t> wanted = {{"1", 403}, {"2", 424}};
    CHECK(statuses(response) == wanted);
}

TEST_CASE("entra: a batch that breaks its rules is refused as a whole, one bad request alone") {
    EntraClient entra;
    const std::string one = add_item(entra, "1", "confluence-users");
    CHECK(entra.post("/$batch", "{\"requests\":[" + one + "," + one + "]}").status == 400);
    CHECK(entra.post("/$batch", R"({"requests":[]})").status == 400);
    CHECK(
        entra
            .post(
                "/$batch", R"({"requests":[{"id":"1","method":"GET","url":"https://graph.test/v1.0/users"}]})"
            )
            .status == 400
    );
    CHECK(
        entra.post("/$batch", R"({"requests":[{"id":"1","method":"GET","url":"/users","extra":1}]})")
            .status == 400
    );
    std::string many = one;
    for (int i = 2; i <= 21; ++i) {
        many += "," + add_item(entra, std::to_string(i), "confluence-users");
    }
    CHECK(entra.post("/$batch", "{\"requests\":[" + many + "]}").status == 400);
    const HttpResponse untyped = entra.post(
        "/$batch",
        R"({"requests":[{"id":"1","method":"POST","url":"/users/jane@acme.example/checkMemberGroups","body":{"groupIds":[]}}]})"
    );
    const std::map<std::string, std::int64_t> wanted = {{"1", 400}};
    CHECK(statuses(untyped) == wanted);
    CHECK(find_array(entra.control("members", {{"group", "confluence-users"}}), "members")->empty());
}
