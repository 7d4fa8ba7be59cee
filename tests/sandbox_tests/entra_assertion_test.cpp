#include "core/support/crypto.hpp"
#include "core/support/secret.hpp"
#include "core/support/text.hpp"
#include "tests/sandbox/certificate.hpp"
#include "tests/sandbox_tests/entra_client.hpp"

#include <boost/json/array.hpp>
#include <doctest/doctest.h>

using namespace accessd;
using namespace accessd::sandbox;
using namespace std::chrono_literals;

namespace {

const std::string client = "20000000-0000-4000-8000-000000000001";
const std::string token_url = "https://login.test/10000000-0000-4000-8000-000000000001/oauth2/v2.0/token";

class AssertionTest {
public:
    AssertionTest() : credentials(make_client_certificate()) {
        entra.control("add_certificate", {{"pem", credentials.certificate_pem}});
    }

    boost::json::object claims() const {
        const auto now = std::chrono::floor<std::chrono::seconds>(entra.now.time_since_epoch()).count();
        return {
            {"aud", token_url},
            {"iss", client},
            {"sub", client},
            {"jti", random_uuid()},
            {"nbf", now},
            {"iat", now},
            {"exp", now + 300}};
    }

    std::string sign(const boost::json::object& claims) const {
        auto signer = SigningCertificate::load(Secret(credentials.key_pem), credentials.certificate_pem);
        REQUIRE(signer);
        auto jwt = signer->sign_ps256(claims);
        REQUIRE(jwt);
        return *jwt;
    }

    /// 0 when a token came, else the AADSTS code.
    std::int64_t present(const std::string& jwt) {
        const HttpResponse response = entra.token_request(
            "grant_type=client_credentials&client_id=" + client +
            "&scope=https%3A%2F%2Fgraph.test%2F.default"
            "&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer"
            "&client_assertion=" +
            jwt
        );
        const boost::json::value body = body_of(response);
        const boost::json::array* const codes = find_array(body, "error_codes");
        return codes == nullptr ? 0 : codes->at(0).as_int64();
    }

    std::int64_t present_with(std::string_view claim, const boost::json::value& value) {
        boost::json::object changed = claims();
        changed[claim] = value;
        return present(sign(changed));
    }

    EntraClient entra;
    Credentials credentials;
};

} // namespace

TEST_CASE("entra: an assertion signed with PS256 by a registered certificate brings a token, once") {
    AssertionTest test;
    const std::string jwt = test.sign(test.claims());
    CHECK(test.present(jwt) == 0);
    CHECK(test.present(jwt) == 500121);
    test.entra.control("remove_certificates", boost::json::object());
    CHECK(test.present(test.sign(test.claims())) == 700027);
}

TEST_CASE("entra: an assertion with wrong claims or a wrong signature is refused by name") {
    AssertionTest test;
    const auto now = std::chrono::floor<std::chrono::seconds>(test.entra.now.time_since_epoch()).count();
    CHECK(test.present_with("aud", "https://login.test/else") == 700023);
    CHECK(test.present_with("iss", "else") == 700021);
    CHECK(test.present_with("sub", "else") == 700021);
    CHECK(test.present_with("exp", now - 400) == 700024);
    CHECK(test.present_with("nbf", now + 400) == 700024);
    CHECK(test.present_with("exp", now + 86400) == 700024);
    CHECK(test.present_with("exp", "1767226000") == 700024);
    CHECK(test.present_with("jti", "1") == 50027);
    std::string jwt = test.sign(test.claims());
    const std::size_t at = jwt.rfind('.') + 10;
    jwt[at] = jwt[at] == 'A' ? 'B' : 'A';
    CHECK(test.present(jwt) == 700027);
    CHECK(test.present("a.b") == 50027);
    CHECK(test.present(to_base64url(as_bytes(R"({"alg":"none","typ":"JWT"})")) + ".e30.") == 700027);
}
