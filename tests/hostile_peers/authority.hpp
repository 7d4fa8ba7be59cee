#pragma once

#include <memory>
#include <string>

struct evp_pkey_st;
struct ssl_ctx_st;
struct x509_st;

namespace accessd::hostile {

/// What a certificate says.
class CertificatePlan {
public:
    CertificatePlan() = default;

    std::string names = "IP:127.0.0.1"; ///< as in OpenSSL's subjectAltName
    long begins_s = -3600;              ///< from now
    long ends_s = 86400;                ///< from now
    bool self_signed = false;
};

/// A certificate authority for one run.
class Authority {
public:
    explicit Authority(const char* name = "hostile CA");

    /// The authority's certificate, PEM.
    std::string pem() const;

    /// Gives a server's context a new key and certificate. Throws when OpenSSL cannot.
    void equip(ssl_ctx_st* context, const CertificatePlan& plan) const;

private:
    std::shared_ptr<evp_pkey_st> key_;
    std::shared_ptr<x509_st> certificate_;
};

} // namespace accessd::hostile
