#include "tests/hostile_peers/authority.hpp"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <stdexcept>

namespace accessd::hostile {

namespace {

using Key = std::shared_ptr<EVP_PKEY>;
using Certificate = std::shared_ptr<X509>;

void need(bool done) {
    if (!done) {
        throw std::runtime_error("OpenSSL could not make a certificate");
    }
}

void extend(X509* certificate, X509* issuer, int kind, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    const std::unique_ptr<X509_EXTENSION, decltype(&X509_EXTENSION_free)> extension(
        X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str()), X509_EXTENSION_free
    );
    need(extension && X509_add_ext(certificate, extension.get(), -1) == 1);
}

Certificate blank(EVP_PKEY* key, const char* name, long begins_s, long ends_s) {
    static long serial = 1;
    Certificate made(X509_new(), X509_free);
    need(made != nullptr);
    X509_set_version(made.get(), X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(made.get()), ++serial);
    X509_gmtime_adj(X509_getm_notBefore(made.get()), begins_s);
    X509_gmtime_adj(X509_getm_notAfter(made.get()), ends_s);
    X509_set_pubkey(made.get(), key);
    X509_NAME_add_entry_by_txt(
        X509_get_subject_name(made.get()),
        "CN",
        MBSTRING_ASC,
        reinterpret_cast<const unsigned char*>(name),
        -1,
        -1,
        0
    );
    return made;
}

Key make_key() {
    Key key(EVP_EC_gen("P-256"), EVP_PKEY_free);
    need(key != nullptr);
    return key;
}

} // namespace

Authority::Authority(const char* name)
    : key_(make_key()), certificate_(blank(key_.get(), name, -7200, 172800)) {
    X509* own = certificate_.get();
    X509_set_issuer_name(own, X509_get_subject_name(own));
    extend(own, own, NID_basic_constraints, "critical,CA:TRUE");
    extend(own, own, NID_key_usage, "critical,keyCertSign");
    need(X509_sign(own, key_.get(), EVP_sha256()) > 0);
}

std::string Authority::pem() const {
    const std::unique_ptr<BIO, decltype(&BIO_free)> text(BIO_new(BIO_s_mem()), BIO_free);
    need(PEM_write_bio_X509(text.get(), certificate_.get()) == 1);
    char* data = nullptr;
    const long size = BIO_get_mem_data(text.get(), &data);
    return std::string(data, static_cast<std::size_t>(size));
}

void Authority::equip(ssl_ctx_st* context, const CertificatePlan& plan) const {
    const Key key = make_key();
    const Certificate made = blank(key.get(), "hostile server", plan.begins_s, plan.ends_s);
    X509* issuer = plan.self_signed ? made.get() : certificate_.get();
    X509_set_issuer_name(made.get(), X509_get_subject_name(issuer));
    extend(made.get(), issuer, NID_basic_constraints, "critical,CA:FALSE");
    extend(made.get(), issuer, NID_subject_alt_name, plan.names);
    need(X509_sign(made.get(), plan.self_signed ? key.get() : key_.get(), EVP_sha256()) > 0);
    need(SSL_CTX_use_certificate(context, made.get()) == 1);
    need(SSL_CTX_use_PrivateKey(context, key.get()) == 1);
}

} // namespace accessd::hostile
