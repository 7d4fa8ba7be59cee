#include "core/support/crypto.hpp"
#include "core/support/digest.hpp"
#include "core/support/json.hpp"
#include "core/support/text.hpp"

#include <doctest/doctest.h>
#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <memory>
#include <string>
#include <vector>

using namespace accessd;

namespace {

template <auto free_function> class Free {
public:
    template <class T> void operator()(T* held) const { free_function(held); }
};

using Bio = std::unique_ptr<BIO, Free<&BIO_free>>;
using Key = std::unique_ptr<EVP_PKEY, Free<&EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Free<&X509_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, Free<&EVP_MD_CTX_free>>;

std::string text_of(BIO* bio) {
    char* data = nullptr;
    const long size = BIO_get_mem_data(bio, &data);
    return std::string(data, static_cast<std::size_t>(size));
}

/// A key with a certificate that it signed itself, in every form that admins have them.
class Pair {
public:
    explicit Pair(Key made) : key(std::move(made)) {
        const Certificate certificate(X509_new());
        ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
        X509_gmtime_adj(X509_getm_notBefore(certificate.get()), 0);
        X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
        X509_set_pubkey(certificate.get(), key.get());
        X509_sign(certificate.get(), key.get(), EVP_sha256());
        unsigned char* bytes = nullptr;
        const int size = i2d_X509(certificate.get(), &bytes);
        der.assign(reinterpret_cast<char*>(bytes), static_cast<std::size_t>(size));
        OPENSSL_free(bytes);
        const Bio bio(BIO_new(BIO_s_mem()));
        PEM_write_bio_X509(bio.get(), certificate.get());
        certificate_pem = text_of(bio.get());
    }

    std::string pkcs8() const {
        const Bio bio(BIO_new(BIO_s_mem()));
        PEM_write_bio_PKCS8PrivateKey(bio.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
        return text_of(bio.get());
    }

    std::string traditional() const {
        const Bio bio(BIO_new(BIO_s_mem()));
        PEM_write_bio_PrivateKey_traditional(bio.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
        return text_of(bio.get());
    }

    std::string encrypted() const {
        const Bio bio(BIO_new(BIO_s_mem()));
        char passphrase[] = "open";
        PEM_write_bio_PKCS8PrivateKey(
            bio.get(), key.get(), EVP_aes_256_cbc(), nullptr, 0, nullptr, passphrase
        );
        return text_of(bio.get());
    }

    Key key;
    std::string der;
    std::string certificate_pem;
};

// Making keys is slow; the tests share them.
const Pair& first_pair() {
    static const Pair pair(Key(EVP_RSA_gen(2048)));
    return pair;
}

const Pair& second_pair() {
    static const Pair pair(Key(EVP_RSA_gen(2048)));
    return pair;
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
    for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) {
        text.replace(at, from.size(), to);
    }
    return text;
}

std::string decoded(std::string_view base64url) {
    std::string base64(base64url);
    base64 = replaced(replaced(base64, "-", "+"), "_", "/");
    const std::size_t padding = (4 - base64.size() % 4) % 4;
    base64.append(padding, '=');
    std::vector<unsigned char> bytes(base64.size());
    const int size = EVP_DecodeBlock(
        bytes.data(), reinterpret_cast<const unsigned char*>(base64.data()), static_cast<int>(base64.size())
    );
    REQUIRE(size >= 0);
    return std::string(reinterpret_cast<char*>(bytes.data()), static_cast<std::size_t>(size) - padding);
}

bool verifies(EVP_PKEY* key, std::string_view text, std::string_view signature) {
    const DigestContext context(EVP_MD_CTX_new());
    EVP_PKEY_CTX* parameters = nullptr;
    REQUIRE(EVP_DigestVerifyInit(context.get(), &parameters, EVP_sha256(), nullptr, key) == 1);
    REQUIRE(EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_PSS_PADDING) == 1);
    REQUIRE(EVP_PKEY_CTX_set_rsa_mgf1_md(parameters, EVP_sha256()) == 1);
    REQUIRE(EVP_PKEY_CTX_set_rsa_pss_saltlen(parameters, 32) == 1);
    const auto signed_bytes = as_bytes(text);
    const auto bytes = as_bytes(signature);
    return EVP_DigestVerify(
               context.get(), bytes.data(), bytes.size(), signed_bytes.data(), signed_bytes.size()
           ) == 1;
}

std::string code_of(const std::string& key, const std::string& certificate) {
    const auto loaded = SigningCertificate::load(Secret(key), certificate);
    return loaded ? "" : loaded.error().code();
}

} // namespace

TEST_CASE("crypto: an assertion verifies under PS256 with a salt of 32 bytes") {
    const auto loaded = SigningCertificate::load(Secret(first_pair().pkcs8()), first_pair().certificate_pem);
    REQUIRE(loaded);
    const boost::json::object claims = {{"iss", "client"}, {"exp", 1767225600}};
    const auto token = loaded->sign_ps256(claims);
    REQUIRE(token);
    const auto parts = split(*token, '.');
    REQUIRE(parts.size() == 3);
    CHECK(decoded(parts[1]) == R"({"iss":"client","exp":1767225600})");
    const std::string text = std::string(parts[0]) + "." + std::string(parts[1]);
    CHECK(verifies(first_pair().key.get(), text, decoded(parts[2])));
    CHECK_FALSE(verifies(first_pair().key.get(), text + "x", decoded(parts[2])));
    CHECK_FALSE(verifies(second_pair().key.get(), text, decoded(parts[2])));
}

TEST_CASE("crypto: the header names the algorithm and the certificate") {
    const auto loaded = SigningCertificate::load(Secret(first_pair().pkcs8()), first_pair().certificate_pem);
    REQUIRE(loaded);
    const std::string thumbprint = to_base64url(sha256(first_pair().der));
    CHECK(loaded->thumbprint() == thumbprint);
    const auto token = loaded->sign_ps256(boost::json::object());
    REQUIRE(token);
    const auto header = parse_json(decoded(split(*token, '.')[0]));
    REQUIRE(header);
    CHECK(find_string(*header, "alg") == "PS256");
    CHECK(find_string(*header, "typ") == "JWT");
    CHECK(find_string(*header, "x5t#S256") == thumbprint);
    CHECK(header->as_object().size() == 3);
}

TEST_CASE("crypto: two signatures over the same claims differ, as PSS is salted") {
    const auto loaded = SigningCertificate::load(Secret(first_pair().pkcs8()), first_pair().certificate_pem);
    REQUIRE(loaded);
    const auto copy = *loaded;
    CHECK(*loaded->sign_ps256(boost::json::object()) != *copy.sign_ps256(boost::json::object()));
}

TEST_CASE("crypto: keys are read in every form that admins have") {
    const Pair& pair = first_pair();
    CHECK(pair.pkcs8().starts_with("-----BEGIN PRIVATE KEY"));
    CHECK(pair.traditional().starts_with("-----BEGIN RSA PRIVATE KEY"));
    CHECK(code_of(pair.pkcs8(), pair.certificate_pem) == "");
    CHECK(code_of(pair.traditional(), pair.certificate_pem) == "");
    const std::string escaped_key = replaced(pair.pkcs8(), "\n", "\\n");
    const std::string escaped_certificate = replaced(pair.certificate_pem, "\n", "\\n");
    CHECK(code_of(escaped_key, escaped_certificate) == "");
    CHECK(code_of(replaced(pair.traditional(), "\n", "\r\n"), pair.certificate_pem) == "");
    CHECK(code_of(replaced(pair.traditional(), "\n", "\\r\\n"), pair.certificate_pem) == "");
    const std::string both = pair.certificate_pem + pair.pkcs8();
    CHECK(code_of(both, both) == "");
}

TEST_CASE("crypto: what is no usable key is refused with a word about the key") {
    const Pair& pair = first_pair();
    const Pair elliptic(Key(EVP_EC_gen("P-256")));
    const Pair weak(Key(EVP_RSA_gen(1024)));
    CHECK(code_of("", pair.certificate_pem) == "crypto.bad_key");
    CHECK(code_of("not a key", pair.certificate_pem) == "crypto.bad_key");
    CHECK(code_of(pair.certificate_pem, pair.certificate_pem) == "crypto.bad_key");
    CHECK(code_of(pair.pkcs8().substr(0, 400), pair.certificate_pem) == "crypto.bad_key");
    CHECK(code_of(elliptic.pkcs8(), elliptic.certificate_pem) == "crypto.bad_key");
    CHECK(code_of(weak.pkcs8(), weak.certificate_pem) == "crypto.bad_key");
    CHECK(code_of(std::string(1'000'000, '-'), pair.certificate_pem) == "crypto.bad_key");
}

TEST_CASE("crypto: an encrypted key is named as such and nobody is asked for a passphrase") {
    const auto loaded =
        SigningCertificate::load(Secret(first_pair().encrypted()), first_pair().certificate_pem);
    REQUIRE_FALSE(loaded);
    CHECK(loaded.error().code() == "crypto.bad_key");
    CHECK(loaded.error().fault() == Fault::permanent);
    CHECK(loaded.error().message().find("is encrypted") != std::string::npos);
}

TEST_CASE("crypto: what is no certificate is refused with a word about the certificate") {
    const Pair& pair = first_pair();
    CHECK(code_of(pair.pkcs8(), "") == "crypto.bad_certificate");
    CHECK(code_of(pair.pkcs8(), pair.pkcs8()) == "crypto.bad_certificate");
    CHECK(code_of(pair.pkcs8(), pair.certificate_pem.substr(0, 300)) == "crypto.bad_certificate");
    CHECK(code_of(pair.pkcs8(), std::string(1'000'000, '-')) == "crypto.bad_certificate");
}

TEST_CASE("crypto: a key of another certificate is refused") {
    CHECK(code_of(first_pair().pkcs8(), second_pair().certificate_pem) == "crypto.key_mismatch");
}
