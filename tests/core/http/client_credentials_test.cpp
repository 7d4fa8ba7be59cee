#include "core/http/client_credentials.hpp"
#include "core/support/json.hpp"
#include "core/support/text.hpp"
#include "tests/core/http/outcome.hpp"
#include "tests/core/http/queued_transport.hpp"
#include "tests/sandbox/certificate.hpp"

#include <doctest/doctest.h>
#include <openssl/evp.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

using namespace accessd;
using namespace std::chrono_literals;

namespace {

const std::string token_url = "https://login.acme.example/oauth2/token";

class Rig {
public:
    explicit Rig(std::optional<SigningCertificate> certificate = std::nullopt)
        : transport(world), source(credentials(std::move(certificate)), transport, world) {}

    static ClientCredentials credentials(std::optional<SigningCertificate> certificate) {
        ClientCredentials credentials;
        credentials.system = "acme";
        credentials.token_url = token_url;
        credentials.client_id = "the-client";
        credentials.scope = "https://acme.example/.default";
        credentials.client_secret = Secret("s3cret&=+");
        credentials.certificate = std::move(certificate);
        return credentials;
    }

    void give(const std::string& token, int life = 3600) {
        transport.answer(
            200,
            "{\"token_type\":\"Bearer\",\"access_token\":\"" + token +
                "\",\"expires_in\":" + std::to_string(life) + "}"
        );
    }

    Result<std::string> ask() { return test::outcome_of(world, source.authorization(world.now() + 30s)); }

    void pass(Duration time) { world.run_until(world.now() + time); }

    test::SimWorld world;
    test::QueuedTransport transport;
    ClientCredentialsSource source;
};

std::string decoded(std::string_view base64url) {
    std::string base64(base64url);
    for (char& c : base64) {
        c = c == '-' ? '+' : c == '_' ? '/' : c;
    }
    const std::size_t padding = (4 - base64.size() % 4) % 4;
    base64.append(padding, '=');
    std::string bytes(base64.size(), '\0');
    const int size = EVP_DecodeBlock(
        reinterpret_cast<unsigned char*>(bytes.data()),
        reinterpret_cast<const unsigned char*>(base64.data()),
        static_cast<int>(base64.size())
    );
    bytes.resize(static_cast<std::size_t>(size) - padding);
    return bytes;
}

} // namespace

TEST_CASE("client credentials: the token is asked for as RFC 6749 says and kept") {
    Rig rig;
    rig.give("t1");
    CHECK(*rig.ask() == "Bearer t1");
    CHECK(*rig.ask() == "Bearer t1");
    REQUIRE(rig.transport.requests.size() == 1);
    const HttpRequest& request = rig.transport.requests[0];
    CHECK(request.method == "POST");
    CHECK(request.url == token_url);
    CHECK(request.headers.find("Content-Type") == "application/x-www-form-urlencoded");
    CHECK(
        request.body ==
        "grant_type=client_credentials&client_id=the-client&scope=https%3A%2F%2Facme.example%2F."
        "default&client_secret=s3cret%26%3D%2B"
    );
}

TEST_CASE("client credentials: a certificate signs an assertion for the token's address, short-lived") {
    const auto pair = sandbox::make_client_certificate();
    auto certificate = SigningCertificate::load(Secret(pair.key_pem), pair.certificate_pem);
    REQUIRE(certificate);
    Rig rig(*certificate);
    rig.give("t1", 60);
    rig.give("t2", 60);
    REQUIRE(rig.ask());
    rig.pass(2min);
    REQUIRE(rig.ask());
    REQUIRE(rig.transport.requests.size() == 2);
    std::vector<std::string> ids;
    for (const HttpRequest& request : rig.transport.requests) {
        CHECK(request.body.find("client_secret") == std::string::npos);
        CHECK(request.body.find("client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3A") != std::string::npos);
        const std::size_t at = request.body.find("client_assertion=") + 17;
        const auto parts = split(std::string_view(request.body).substr(at), '.');
        REQUIRE(parts.size() == 3);
        const auto claims = parse_json(decoded(parts[1]));
        REQUIRE(claims);
        CHECK(string_or_empty(*claims, "aud") == token_url);
        CHECK(string_or_empty(*claims, "iss") == "the-client");
        CHECK(string_or_empty(*claims, "sub") == "the-client");
        const auto from = find_integer(*claims, "nbf");
        const auto to = find_integer(*claims, "exp");
        REQUIRE(from);
        REQUIRE(to);
        CHECK(*to - *from > 0);
        CHECK(*to - *from <= 600);
        ids.push_back(string_or_empty(*claims, "jti"));
    }
    CHECK(ids[0] != ids[1]);
}

TEST_CASE("client credentials: everybody who waits shares one request") {
    for (const int status : {200, 400}) {
        CAPTURE(status);
        Rig rig;
        rig.transport.delay = 2s;
        rig.transport.answer(status, "{\"access_token\":\"t1\",\"expires_in\":3600}");
        int given = 0;
        int refused = 0;
        for (int i = 0; i < 10; ++i) {
            boost::asio::co_spawn(
                rig.world.get_executor(),
                test::in_box(rig.source.authorization(rig.world.now() + 30s)),
                [&](std::exception_ptr, const std::shared_ptr<Result<std::string>>& value) {
                    ++(*value ? given : refused);
                }
            );
        }
        rig.world.run();
        CHECK(rig.transport.requests.size() == 1);
        CHECK(given == (status == 200 ? 10 : 0));
        CHECK(refused == (status == 200 ? 0 : 10));
    }
}

TEST_CASE("client credentials: who was cancelled while asking does not answer for the others") {
    Rig rig;
    rig.transport.delay = 2s;
    rig.transport.answers.emplace_back(Error(Fault::transient, "http.cancelled", "given up"));
    rig.give("t1");
    std::vector<std::string> outcomes;
    for (int i = 0; i < 2; ++i) {
        boost::asio::co_spawn(
            rig.world.get_executor(),
            test::in_box(rig.source.authorization(rig.world.now() + 30s)),
            [&](std::exception_ptr, const std::shared_ptr<Result<std::string>>& value) {
                if (*value) {
                    outcomes.push_back(**value);
                } else {
                    outcomes.push_back(value->error().code());
                }
            }
        );
        rig.pass(1ms);
    }
    rig.world.run();
    CHECK(outcomes == std::vector<std::string>{"http.cancelled", "Bearer t1"});
}

TEST_CASE("client credentials: a token is renewed before its end, and others use it meanwhile") {
    Rig rig;
    rig.give("t1");
    rig.give("t2");
    REQUIRE(rig.ask());
    rig.pass(40min);
    CHECK(*rig.ask() == "Bearer t1");
    rig.pass(10min);
    rig.transport.delay = 5s;
    std::vector<std::string> values;
    for (int i = 0; i < 2; ++i) {
        boost::asio::co_spawn(
            rig.world.get_executor(),
            test::in_box(rig.source.authorization(rig.world.now() + 30s)),
            [&](std::exception_ptr, const std::shared_ptr<Result<std::string>>& value) {
                values.push_back(**value);
            }
        );
        rig.pass(1ms);
    }
    rig.world.run();
    CHECK(values == std::vector<std::string>{"Bearer t1", "Bearer t2"});
    CHECK(rig.transport.requests.size() == 2);
}

TEST_CASE("client credentials: while a renewal fails the old token serves until its end") {
    Rig rig;
    rig.give("t1");
    REQUIRE(rig.ask());
    rig.pass(50min);
    rig.transport.answer(503, "");
    CHECK(*rig.ask() == "Bearer t1");
    CHECK(*rig.ask() == "Bearer t1");
    CHECK(rig.transport.requests.size() == 2);
    rig.pass(11min);
    rig.transport.answer(503, "");
    const auto over = rig.ask();
    REQUIRE_FALSE(over);
    CHECK(over.error().code() == "acme.server_error");
    CHECK(over.error().fault() == Fault::transient);
}

TEST_CASE("client credentials: a refused token is not given out again, a newer one is") {
    Rig rig;
    rig.give("t1");
    rig.give("t2");
    REQUIRE(rig.ask());
    CHECK(rig.source.reject("Bearer t1"));
    CHECK(*rig.ask() == "Bearer t2");
    CHECK(rig.source.reject("Bearer t1"));
    CHECK(*rig.ask() == "Bearer t2");
    CHECK(rig.transport.requests.size() == 2);
}

TEST_CASE("client credentials: refusals, throttling and trouble are told apart, the secret is not told") {
    class Expected {
    public:
        int status;
        std::string body;
        Fault fault;
        std::string code;
    };

    const std::vector<Expected> table = {
        {400, "{\"error\":\"invalid_client\"}", Fault::credential, "acme.token_refused"},
        {401, "no json", Fault::credential, "acme.token_refused"},
        {429, "", Fault::throttled, "acme.throttled"},
        {500, "", Fault::transient, "acme.server_error"},
        {200, "<html>", Fault::transient, "acme.not_json"},
        {200, "{}", Fault::transient, "acme.not_json"},
        {200, "{\"access_token\":\"\"}", Fault::transient, "acme.not_json"},
        {200, "{\"access_token\":\"a\\r\\nX: y\"}", Fault::transient, "acme.not_json"},
        {200, "{\"access_token\":17}", Fault::transient, "acme.not_json"},
    };
    for (const Expected& expected : table) {
        CAPTURE(expected.status);
        CAPTURE(expected.body);
        Rig rig;
        rig.transport.answer(expected.status, expected.body);
        const auto value = rig.ask();
        REQUIRE_FALSE(value);
        CHECK(value.error().fault() == expected.fault);
        CHECK(value.error().code() == expected.code);
        CHECK(value.error().message().find("login.acme.example") != std::string::npos);
        CHECK(value.error().message().find("s3cret") == std::string::npos);
    }
}

TEST_CASE("client credentials: a token request that got lost changed nothing") {
    Rig rig;
    rig.transport.answers.emplace_back(
        Error(Fault::transient, "http.timeout", "late").with_effect(Effect::unknown)
    );
    const auto value = rig.ask();
    REQUIRE_FALSE(value);
    CHECK(value.error().effect() == Effect::none);
    rig.give("t1");
    CHECK(*rig.ask() == "Bearer t1");
}

TEST_CASE("client credentials: a life that makes no sense is bounded") {
    for (const std::string life : {"-5", "0", "\"3600\"", "null", "99999999999"}) {
        CAPTURE(life);
        Rig rig;
        rig.transport.answer(200, "{\"access_token\":\"t1\",\"expires_in\":" + life + "}");
        CHECK(*rig.ask() == "Bearer t1");
        CHECK(*rig.ask() == "Bearer t1");
        CHECK(rig.transport.requests.size() == 1);
        rig.pass(25h);
        rig.give("t2");
        CHECK(*rig.ask() == "Bearer t2");
    }
}
