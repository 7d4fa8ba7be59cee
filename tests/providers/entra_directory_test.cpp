#include "core/support/json.hpp"
#include "providers/entra/directory.hpp"
#include "providers/entra/entra_errors.hpp"
#include "providers/entra/membership.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

using namespace accessd;
using namespace accessd::entra;

namespace {

constexpr std::string_view user_id = "11111111-0000-4000-8000-00000000000a";
constexpr std::string_view group_id = "22222222-0000-4000-8000-00000000000b";

RestReply reply(std::string_view json, int status = 200) {
    RestReply made;
    made.status = status;
    auto body = parse_json(json);
    REQUIRE(body.has_value());
    made.body = *std::move(body);
    return made;
}

/// A search's answer with one user; `more` are further members of it.
RestReply one_user(const std::string& login, const std::string& more) {
    return reply(
        R"({"value":[{"id":")" + std::string(user_id) + R"(","userPrincipalName":")" + login + "\"," + more +
        "}]}"
    );
}

RestReply one_group(const std::string& name, const std::string& more) {
    return reply(
        R"({"value":[{"id":")" + std::string(group_id) + R"(","displayName":")" + name + "\"," + more + "}]}"
    );
}

template <class T> std::string code(const Result<T>& result) {
    return result ? std::string("fine") : result.error().code();
}

Membership membership() {
    auto made = Membership::of(AccessKey("Entra ID", std::string(group_id), std::string(user_id)));
    REQUIRE(made.has_value());
    return *made;
}

/// Graph writes ids in lower case, people do not.
std::string shouted(std::string text) {
    for (char& c : text) {
        c = static_cast<char>(c >= 'a' && c <= 'f' ? c - 'a' + 'A' : c);
    }
    return text;
}

constexpr const char* active = R"("mail":null,"accountEnabled":true,"userType":"Member")";

} // namespace

TEST_CASE("entra: a user is searched by mail and by login in one query, quotes doubled and encoded") {
    const RestCall call = user_query("o'brien+x@acme.example");
    CHECK(call.method == "GET");
    CHECK(
        call.target.text() ==
        "/users?$filter=mail%20eq%20%27o%27%27brien%2Bx%40acme.example%27%20or%20userPrincipalName%20eq%20"
        "%27o%27%27brien%2Bx%40acme.example%27&$select=id%2CuserPrincipalName%2Cmail%2CaccountEnabled%"
        "2CuserType"
        "&$top=2"
    );
}

TEST_CASE("entra: an object id is read directly and not searched") {
    CHECK(user_query(user_id).target.text().starts_with("/users/" + std::string(user_id) + "?$select="));
    CHECK(group_query(group_id).target.text().starts_with("/groups/" + std::string(group_id) + "?$select="));
    CHECK_FALSE(is_object_id("11111111-0000-4000-8000-00000000000"));
    CHECK_FALSE(is_object_id("11111111-0000-4000-8000-00000000000g"));
    CHECK_FALSE(is_object_id("1111111110000-4000-8000-00000000000a"));
}

TEST_CASE("entra: the user found must carry the very address, compared as ASCII") {
    CHECK(code(read_user("jane@acme.example", one_user("Jane@ACME.example", active))) == "fine");
    CHECK(
        code(read_user("jane@acme.example", one_user("j\xC4\xB1ne@acme.example", active))) ==
        "entra.account_not_found"
    );
    const auto by_mail =
        one_user("j.doe@acme.example", R"("mail":"jane@acme.example","accountEnabled":true,"userType":null)");
    const auto found = read_user("jane@acme.example", by_mail);
    REQUIRE(found.has_value());
    CHECK(found->id == user_id);
    CHECK(found->name == "j.doe@acme.example");
}

TEST_CASE("entra: guests and disabled users are refused, and so is one who is not said to be enabled") {
    const std::string_view address = "jane@acme.example";
    const auto guest = one_user("jane@acme.example", R"("accountEnabled":true,"userType":"Guest")");
    CHECK(code(read_user(address, guest)) == "entra.account_guest");
    const auto external = one_user(
        "jane_acme.example#EXT#@tenant.example",
        R"("mail":"jane@acme.example","accountEnabled":true,"userType":"Member")"
    );
    CHECK(code(read_user(address, external)) == "entra.account_guest");
    const auto disabled = one_user("jane@acme.example", R"("accountEnabled":false,"userType":"Member")");
    CHECK(code(read_user(address, disabled)) == "entra.account_disabled");
    const auto silent = one_user("jane@acme.example", R"("userType":"Member")");
    CHECK(code(read_user(address, silent)) == "entra.account_disabled");
}

TEST_CASE("entra: a search that may have more hits than it shows decides nothing") {
    const auto first_page =
        reply(R"({"value":[],"@odata.nextLink":"https://graph.microsoft.com/v1.0/users?x"})");
    CHECK(code(read_user("jane@acme.example", first_page)) == "entra.unreadable");
    CHECK(code(read_group("Ops", first_page)) == "entra.unreadable");
    CHECK(code(read_user("jane@acme.example", reply("{}"))) == "entra.unreadable");
    CHECK(code(read_user("jane@acme.example", reply(R"({"value":[{"id":7}]})"))) == "entra.unreadable");
    CHECK(code(read_group("Ops", reply(R"({"value":["x"]})"))) == "entra.unreadable");
}

TEST_CASE("entra: a group that others master is refused with the reason") {
    const auto refusal = [](const std::string& more) {
        const auto read = read_group("Ops", one_group("Ops", more));
        REQUIRE_FALSE(read.has_value());
        CHECK(read.error().code() == "entra.entitlement_not_manageable");
        CHECK(read.error().fault() == Fault::permanent);
        return read.error().message();
    };
    CHECK(refusal(R"("groupTypes":["DynamicMembership"])").find("dynamic") != std::string::npos);
    CHECK(refusal(R"("groupTypes":["Unified","DynamicMembership"])").find("dynamic") != std::string::npos);
    CHECK(
        refusal(R"("groupTypes":[],"onPremisesSyncEnabled":true)").find("on-premises") != std::string::npos
    );
    CHECK(refusal(R"("groupTypes":[],"mailEnabled":true)").find("Exchange") != std::string::npos);
    CHECK(
        refusal(R"("groupTypes":[],"isAssignableToRole":true)").find("directory roles") != std::string::npos
    );
}

TEST_CASE("entra: security groups and Microsoft 365 groups can be managed") {
    CHECK(code(read_group("Ops", one_group("Ops", R"("groupTypes":[],"mailEnabled":false)"))) == "fine");
    const auto unified =
        read_group("ops", one_group("Ops", R"("groupTypes":["Unified"],"mailEnabled":true)"));
    REQUIRE(unified.has_value());
    CHECK(unified->id == group_id);
    CHECK(unified->name == "ops");
    CHECK(code(read_group("Ops", one_group("Ops 2", R"("groupTypes":[])"))) == "entra.entitlement_not_found");
}

TEST_CASE("entra: a DELETE always ends in /$ref") {
    const RestCall call = membership().remove();
    CHECK(call.method == "DELETE");
    CHECK(
        call.target.text() ==
        "/groups/" + std::string(group_id) + "/members/" + std::string(user_id) + "/$ref"
    );
}

TEST_CASE("entra: an id that is no GUID never reaches a URL") {
    for (const std::string bad : {"", "me", "../users", "a'b", "11111111-0000-4000-8000-00000000000a/x"}) {
        CAPTURE(bad);
        CHECK(code(Membership::of(AccessKey("a", bad, std::string(user_id)))) == "entra.bad_id");
        CHECK(code(Membership::of(AccessKey("a", std::string(group_id), bad))) == "entra.bad_id");
    }
}

TEST_CASE("entra: only a whole answer says that somebody is no member") {
    const Membership one = membership();
    const std::string user(user_id);
    const auto read = [&](const std::string& body) { return one.read(Depth::direct, reply(body)); };
    CHECK(*read(R"({"value":[{"id":")" + shouted(user) + R"("}]})") == Holding::present);
    CHECK(*read(R"({"value":[]})") == Holding::absent);
    CHECK(
        code(read(R"({"value":[],"@odata.nextLink":"https://graph.microsoft.com/v1.0/x"})")) ==
        "entra.unreadable"
    );
    CHECK(code(read("{}")) == "entra.unreadable");
    CHECK(code(read(R"({"value":{"id":")" + user + R"("}})")) == "entra.unreadable");
    CHECK(
        *one.read(Depth::effective, reply(R"({"value":[")" + std::string(group_id) + R"("]})")) ==
        Holding::present
    );
    CHECK(*one.read(Depth::effective, reply(R"({"value":[]})")) == Holding::absent);
}

TEST_CASE("entra: the vendor's own words are read from the innermost error, escaped and bounded") {
    const auto plain =
        read_graph_error(reply(R"({"error":{"code":"Request_BadRequest","message":"a\nb"}})").body);
    CHECK(plain.code == "Request_BadRequest");
    CHECK(plain.message.find('\n') == std::string::npos);
    const auto nested = read_graph_error(
        reply(
            R"({"error":{"code":"Forbidden","message":"no","innerError":{"code":"A","innerError":{"code":"B"}}}})"
        )
            .body
    );
    CHECK(nested.code == "Forbidden/B");
    const auto long_one =
        read_graph_error(reply(R"({"error":{"code":"x","message":")" + std::string(5000, 'm') + "\"}}").body);
    CHECK(long_one.message.size() <= 256);
    CHECK(read_graph_error(reply("[]").body).code.empty());
}
