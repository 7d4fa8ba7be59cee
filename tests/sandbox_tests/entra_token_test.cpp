#include "core/support/crypto.hpp"
#include "core/support/secret.hpp"
#include "core/support/text.hpp"
#include "tests/sandbox_tests/entra_client.hpp"

#include <boost/json/array.hpp>
#include <doctest/doctest.h>

using namespace accessd;
using namespace accessd::sandbox;
using namespace std::chrono_literals;

namespace {

const std::string client = "20000000-0000-4000-8000-000000000001";
const std::string right_scope = "&scope=https%3A%2F%2Fgraph.test%2F.default";

std::int64_t refusal(const HttpResponse& response) {
    const boost::json::value body = body_of(response);
    const boost::json::array* const codes = find_array(body, "error_codes");
    return codes == nullptr ? 0 : codes->at(0).as_int64();
}

std::string with_secret(std::string_view secret) {
    return "grant_type=client_credentials&client_id=" + client + right_scope +
           "&client_secret=" + percent_encode(secret);
}

} // namespace

TEST_CASE("entra: the right secret brings a token, others an AADSTS code") {
    EntraClient entra;
    const HttpResponse good = entra.token_request(with_secret("sandbox~Entra-client-secret.1"));
    CHECK(good.status == 200);
    CHECK(find_integer(body_of(good), "expires_in") == 3599);
    const HttpResponse wrong = entra.token_request(with_secret("wrong"));
    CHECK(wrong.status == 401);
    CHECK(string_or_empty(body_of(wrong), "error") == "invalid_client");
    CHECK(string_or_empty(body_of(wrong), "error_description").starts_with("AADSTS7000215: "));
    CHECK(refusal(wrong) == 7000215);
    entra.control("set", {{"secret_expired", true}});
    CHECK(refusal(entra.token_request(with_secret("sandbox~Entra-client-secret.1"))) == 7000222);
    const std::string fresh =
        string_or_empty(entra.control("rotate_secret", boost::json::object()), "secret");
    CHECK(entra.token_request(with_secret(fresh)).status == 200);
    CHECK(refusal(entra.token_request(with_secret("sandbox~Entra-client-secret.1"))) == 7000215);
}

TEST_CASE("entra: a token request that is not what the flow asks for is refused") {
    EntraClient entra;
    const std::string secret = "&client_secret=sandbox~Entra-client-secret.1";
    const std::string start = "grant_type=client_credentials&client_id=" + client;
    CHECK(refusal(entra.token_request("client_id=" + client + right_scope + secret)) == 900144);
    CHECK(
        refusal(entra.token_request("grant_type=password&client_id=" + client + right_scope + secret)) ==
        70003
    );
    CHECK(
        refusal(entra.token_request("grant_type=client_credentials&client_id=x" + right_scope + secret)) ==
        700016
    );
    CHECK(refusal(entra.token_request(start + secret)) == 70011);
    CHECK(refusal(entra.token_request(start + "&scope=User.Read" + secret)) == 1002012);
    CHECK(refusal(entra.token_request(start + "&scope=https://else.test/.default" + secret)) == 500011);
    CHECK(refusal(entra.token_request(start + right_scope)) == 7000216);
    CHECK(refusal(entra.token_request(start + right_scope + secret + "&resource=x")) == 9000411);
    HttpRequest stranger("POST", "https://login.test/common/oauth2/v2.0/token");
    stranger.headers.add("Content-Type", "application/x-www-form-urlencoded");
    stranger.body = start + right_scope + secret;
    CHECK(refusal(entra.model.handle(stranger, entra.now)) == 90002);
}

TEST_CASE("entra: tokens run out when the tenant says so") {
    EntraClient entra;
    entra.control("set", {{"token_lifetime_s", 60}});
    entra.sign_in();
    entra.now += 59s;
    CHECK(entra.get("/users").status == 200);
    entra.now += 1s;
    CHECK(entra.get("/users").status == 401);
    entra.sign_in();
    entra.control("expire_tokens", boost::json::object());
    CHECK(entra.get("/users").status == 401);
}
