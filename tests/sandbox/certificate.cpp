#include "tests/sandbox/certificate.hpp"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>
#include <stdexcept>

namespace accessd::sandbox {

namespace {

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;
using Memory = std::unique_ptr<BIO, decltype(&BIO_free)>;

constexpr long validity_s = 30L * 24 * 3600;

void require(bool done) {
    if (!done) {
        throw std::runtime_error("OpenSSL could not make the sandbox's certificates");
    }
}

std::string text_of(BIO* bio) {
    char* data = nullptr;
    const long size = BIO_get_mem_data(bio, &data);
    return std::string(data, static_cast<std::size_t>(size));
}

void extend(X509* certificate, X509* issuer, int kind, const char* value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    const std::unique_ptr<X509_EXTENSION, decltype(&X509_EXTENSION_free)> extension(
        X509V3_EXT_conf_nid(nullptr, &context, kind, value), X509_EXTENSION_free
    );
    require(extension && X509_add_ext(certificate, extension.get(), -1) == 1);
}

Certificate blank_certificate(EVP_PKEY* key, const char* name) {
    Certificate certificate(X509_new(), X509_free);
    std::uint64_t serial = 0;
    require(certificate && RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial) == 1);
    X509_set_version(certificate.get(), X509_VERSION_3);
    ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate.get()), serial >> 1U);
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -3600);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), validity_s);
    X509_set_pubkey(certificate.get(), key);
    X509_NAME_add_entry_by_txt(
        X509_get_subject_name(certificate.get()),
        "CN",
        MBSTRING_ASC,
        reinterpret_cast<const unsigned char*>(name),
        -1,
        -1,
        0
    );
    return certificate;
}

Credentials to_pem(EVP_PKEY* key, X509* certificate) {
    const Memory key_text(BIO_new(BIO_s_mem()), BIO_free);
    const Memory certificate_text(BIO_new(BIO_s_mem()), BIO_free);
    require(PEM_write_bio_PKCS8PrivateKey(key_text.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1);
    require(PEM_write_bio_X509(certificate_text.get(), certificate) == 1);
    Credentials out;
    out.key_pem = text_of(key_text.get());
    out.certificate_pem = text_of(certificate_text.get());
    return out;
}

Credentials self_signed(const Key& key, const char* name, bool authority) {
    require(key != nullptr);
    const Certificate certificate = blank_certificate(key.get(), name);
    X509_set_issuer_name(certificate.get(), X509_get_subject_name(certificate.get()));
    if (authority) {
        extend(certificate.get(), certificate.get(), NID_basic_constraints, "critical,CA:TRUE");
        extend(certificate.get(), certificate.get(), NID_key_usage, "critical,keyCertSign,cRLSign");
        extend(certificate.get(), certificate.get(), NID_subject_key_identifier, "hash");
    }
    require(X509_sign(certificate.get(), key.get(), EVP_sha256()) > 0);
    return to_pem(key.get(), certificate.get());
}

} // namespace

Credentials make_authority() {
    return self_signed(Key(EVP_EC_gen("P-256"), EVP_PKEY_free), "accessd sandbox CA", true);
}

Credentials make_client_certificate() {
    return self_signed(Key(EVP_RSA_gen(2048), EVP_PKEY_free), "accessd sandbox client", false);
}

Credentials make_server_certificate(const Credentials& authority) {
    const Memory key_text(BIO_new_mem_buf(authority.key_pem.data(), -1), BIO_free);
    const Memory issuer_text(BIO_new_mem_buf(authority.certificate_pem.data(), -1), BIO_free);
    const Key issuer_key(PEM_read_bio_PrivateKey(key_text.get(), nullptr, nullptr, nullptr), EVP_PKEY_free);
    const Certificate issuer(PEM_read_bio_X509(issuer_text.get(), nullptr, nullptr, nullptr), X509_free);
    const Key key(EVP_EC_gen("P-256"), EVP_PKEY_free);
    require(issuer_key && issuer && key);
    const Certificate certificate = blank_certificate(key.get(), "localhost");
    X509_set_issuer_name(certificate.get(), X509_get_subject_name(issuer.get()));
    extend(certificate.get(), issuer.get(), NID_basic_constraints, "critical,CA:FALSE");
    extend(certificate.get(), issuer.get(), NID_key_usage, "critical,digitalSignature");
    extend(certificate.get(), issuer.get(), NID_ext_key_usage, "serverAuth");
    extend(certificate.get(), issuer.get(), NID_subject_key_identifier, "hash");
    extend(certificate.get(), issuer.get(), NID_authority_key_identifier, "keyid");
    extend(certificate.get(), issuer.get(), NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1,IP:::1");
    require(X509_sign(certificate.get(), issuer_key.get(), EVP_sha256()) > 0);
    return to_pem(key.get(), certificate.get());
}

} // namespace accessd::sandbox
