#include "tests/support/certificates.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <unistd.h>

namespace accessd::test {

namespace {

using namespace std::chrono_literals;

void need(bool good, const char* what) {
    if (!good) {
        throw std::runtime_error(what);
    }
}

void extend(X509* certificate, X509* issuer, int what, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, what, value.c_str());
    need(extension != nullptr, "a certificate's extension");
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
}

TestCertificate blank(const std::string& name, std::chrono::seconds ends) {
    TestCertificate made;
    made.key = std::shared_ptr<EVP_PKEY>(EVP_EC_gen("P-256"), EVP_PKEY_free);
    made.certificate = std::shared_ptr<X509>(X509_new(), X509_free);
    X509* certificate = made.certificate.get();
    static long serial = 1000;
    X509_set_version(certificate, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), ++serial);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
    X509_gmtime_adj(X509_getm_notAfter(certificate), static_cast<long>(ends.count()));
    X509_set_pubkey(certificate, made.key.get());
    X509_NAME_add_entry_by_txt(
        X509_get_subject_name(certificate),
        "CN",
        MBSTRING_UTF8,
        reinterpret_cast<const unsigned char*>(name.c_str()),
        -1,
        -1,
        0
    );
    return made;
}

} // namespace

TestCa::TestCa() : own_(blank("accessd test authority", 24h)) {
    X509* certificate = own_.certificate.get();
    X509_set_issuer_name(certificate, X509_get_subject_name(certificate));
    extend(certificate, certificate, NID_basic_constraints, "critical,CA:TRUE");
    extend(certificate, certificate, NID_key_usage, "critical,keyCertSign");
    need(X509_sign(certificate, own_.key.get(), EVP_sha256()) > 0, "signing the authority");

    std::string path = "/tmp/accessd-test-ca-XXXXXX";
    const int file = ::mkstemp(path.data());
    need(file >= 0, "a file for the authority");
    file_ = path;
    std::FILE* stream = ::fdopen(file, "w");
    PEM_write_X509(stream, certificate);
    std::fclose(stream);
}

TestCa::~TestCa() {
    ::unlink(file_.c_str());
}

TestCertificate TestCa::issue(const std::string& names, std::chrono::seconds ends) const {
    TestCertificate made = blank("server", ends);
    X509* certificate = made.certificate.get();
    X509_set_issuer_name(certificate, X509_get_subject_name(own_.certificate.get()));
    extend(certificate, own_.certificate.get(), NID_basic_constraints, "critical,CA:FALSE");
    extend(certificate, own_.certificate.get(), NID_subject_alt_name, names);
    need(X509_sign(certificate, own_.key.get(), EVP_sha256()) > 0, "signing a certificate");
    return made;
}

} // namespace accessd::test
