#include "core/support/json.hpp"
#include "providers/entra/token_errors.hpp"
#include "tests/providers/entra_rig.hpp"

#include <boost/json/object.hpp>
#include <doctest/doctest.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <memory>
#include <string>
#include <string_view>

using namespace accessd;
using namespace accessd::test;

namespace json = boost::json;

namespace {

/// A key and the certificate that it signed itself, both PEM.
class SelfSigned {
public:
    SelfSigned() {
        const std::shared_ptr<EVP_PKEY> pair(EVP_RSA_gen(2048), EVP_PKEY_free);
        const std::shared_ptr<X509> made(X509_new(), X509_free);
        X509_gmtime_adj(X509_getm_notBefore(made.get()), 0);
        X509_gmtime_adj(X509_getm_notAfter(made.get()), 3600);
        X509_set_pubkey(made.get(), pair.get());
        X509_sign(made.get(), pair.get(), EVP_sha256());
        const std::shared_ptr<BIO> key_out(BIO_new(BIO_s_mem()), BIO_free);
        PEM_write_bio_PKCS8PrivateKey(key_out.get(), pair.get(), nullptr, nullptr, 0, nullptr, nullptr);
        private_key = text_of(key_out.get());
        const std::shared_ptr<BIO> certificate_out(BIO_new(BIO_s_mem()), BIO_free);
        PEM_write_bio_X509(certificate_out.get(), made.get());
        certificate = text_of(certificate_out.get());
    }

    std::string private_key;
    std::string certificate;

private:
    static std::string text_of(BIO* bio) {
        char* data = nullptr;
        const long size = BIO_get_mem_data(bio, &data);
        return std::string(data, static_cast<std::size_t>(size));
    }
};

ProviderSettings with_certificate(const SelfSigned& pair) {
    ProviderSettings settings = EntraRig::usual_settings();
    settings.secrets.clear();
    settings.secrets["certificate"] = Secret(pair.certificate);
    settings.secrets["private_key"] = Secret(pair.private_key);
    return settings;
}

/// The error of building a provider from these settings.
std::string refusal(const ProviderSettings& settings) {
    SimWorld world;
    sandbox::Sandbox nobody(world);
    sandbox::SandboxTransport transport(nobody, world);
    const auto made = find_provider("entra")->make(settings, ProviderParts(transport, world, world));
    REQUIRE_FALSE(made.has_value());
    CHECK(made.error().fault() == Fault::permanent);
    CHECK(made.error().code() == "entra.bad_settings");
    return made.error().message();
}

bool names(const std::string& message, std::string_view key) {
    return message.find(key) != std::string::npos;
}

} // namespace

TEST_CASE("entra: a certificate proves who we are as well as a secret does") {
    const SelfSigned pair;
    EntraRig rig(with_certificate(pair));
    rig.control("add_certificate", json::object{{"pem", pair.certificate}});
    CHECK(rig.grant().has_value());
    CHECK(rig.is_member());
}

TEST_CASE("entra: a certificate that the app does not know pauses the application and says what to do") {
    EntraRig rig(with_certificate(SelfSigned()));
    const auto granted = rig.grant();
    REQUIRE_FALSE(granted.has_value());
    CHECK(granted.error().fault() == Fault::credential);
    CHECK(granted.error().code() == "entra.token_refused");
    CHECK(names(granted.error().message(), "upload"));
    CHECK_FALSE(names(granted.error().message(), "PRIVATE KEY"));
}

TEST_CASE("entra: a wrong secret pauses the application, without showing it") {
    ProviderSettings settings = EntraRig::usual_settings();
    settings.secrets["client_secret"] = Secret("not-the-one");
    EntraRig rig(settings);
    const auto granted = rig.grant();
    REQUIRE_FALSE(granted.has_value());
    CHECK(granted.error().fault() == Fault::credential);
    CHECK(granted.error().effect() == Effect::none);
    CHECK(names(granted.error().message(), "client_secret is wrong"));
    CHECK_FALSE(names(granted.error().message(), "not-the-one"));
}

TEST_CASE("entra: an expired secret, a foreign client and a foreign tenant each name their key") {
    EntraRig expired;
    expired.control("set", json::object{{"secret_expired", true}});
    CHECK(names(expired.grant().error().message(), "client_secret has expired"));
    ProviderSettings settings = EntraRig::usual_settings();
    settings.texts["client_id"] = "20000000-0000-4000-8000-00000000ffff";
    CHECK(names(EntraRig(settings).grant().error().message(), "client_id"));
    settings = EntraRig::usual_settings();
    settings.texts["tenant_id"] = "nowhere.example";
    CHECK(names(EntraRig(settings).grant().error().message(), "tenant_id"));
}

TEST_CASE("entra: there must be exactly one kind of credential") {
    ProviderSettings settings = EntraRig::usual_settings();
    settings.secrets.clear();
    CHECK(names(refusal(settings), "client_secret"));
    settings.secrets["certificate"] = Secret("x");
    CHECK(names(refusal(settings), "private_key"));
    settings.secrets["private_key"] = Secret("x");
    CHECK(names(refusal(settings), "certificate, private_key: "));
    settings.secrets["client_secret"] = Secret("x");
    CHECK(names(refusal(settings), "excludes"));
}

TEST_CASE("entra: a tenant that is not one, or a missing client, is refused before any call") {
    for (const std::string tenant : {"", "common", "Organizations", "a/b", "..", "acme.example?x"}) {
        CAPTURE(tenant);
        ProviderSettings settings = EntraRig::usual_settings();
        settings.texts["tenant_id"] = tenant;
        CHECK(names(refusal(settings), "tenant_id"));
    }
    ProviderSettings settings = EntraRig::usual_settings();
    settings.texts.erase("client_id");
    CHECK(names(refusal(settings), "client_id"));
}

TEST_CASE("entra: a certificate of another key is refused and no key shown") {
    const SelfSigned pair;
    ProviderSettings settings = with_certificate(pair);
    settings.secrets["certificate"] = Secret(SelfSigned().certificate);
    const std::string message = refusal(settings);
    CHECK(names(message, "does not belong"));
    CHECK_FALSE(names(message, "BEGIN"));
}

TEST_CASE("entra: trouble of the token endpoint itself is transient, everything else needs an admin") {
    const auto read = [](std::string_view text) {
        const auto body = parse_json(text);
        return entra::read_token_error(400, body ? *body : json::value());
    };
    CHECK(read(R"({"error":"temporarily_unavailable","error_codes":[90033]})").fault() == Fault::transient);
    CHECK(read(R"({"error":"invalid_grant","error_codes":[50196]})").fault() == Fault::transient);
    CHECK(read(R"({"error":"invalid_client","error_codes":[1]})").fault() == Fault::credential);
    CHECK(read("<html>").fault() == Fault::credential);
    CHECK(read(R"({"error":{"code":"x"},"error_codes":["a"]})").fault() == Fault::credential);
    const Error long_one =
        read(R"({"error":"invalid_client","error_description":")" + std::string(5'000, 'd') + "\"}");
    CHECK(long_one.message().size() < 500);
}

TEST_CASE("entra: a clock that runs wrong is named") {
    const auto body = parse_json(R"({"error":"invalid_client","error_codes":[700024]})");
    REQUIRE(body.has_value());
    CHECK(names(entra::read_token_error(401, *body).message(), "clock"));
}

TEST_CASE("catalog: systems are found by name and list their settings") {
    const ProviderSpec* entra = find_provider("entra");
    REQUIRE(entra != nullptr);
    CHECK(find_provider("Entra") == nullptr);
    CHECK(find_provider("") == nullptr);
    CHECK(entra->settings.size() == 7);
    const ProviderSettings nothing;
    CHECK(nothing.text("client_id").empty());
    CHECK(nothing.secret("client_secret").empty());
}
