#pragma once

#include "core/model/result.hpp"
#include "core/support/secret.hpp"

#include <boost/json/object.hpp>

#include <memory>
#include <string>
#include <string_view>

struct evp_pkey_st; // OpenSSL's EVP_PKEY

namespace accessd {

/// A private key with its certificate, both PEM; for client assertions.
class SigningCertificate {
public:
    /// Error "crypto.bad_key" / "crypto.bad_certificate" / "crypto.key_mismatch" (permanent): says which
    /// file's content is meant and what was expected. Accepts PKCS#1 and PKCS#8, and "\n" written as two
    /// characters; the key must be RSA of 2048 bits or more and not encrypted.
    static Result<SigningCertificate> load(const Secret& private_key_pem, std::string_view certificate_pem);

    /// base64url(SHA-256(DER of the certificate)): the JWT header "x5t#S256".
    const std::string& thumbprint() const { return thumbprint_; }

    /// A compact JWT signed with PS256 (RFC 7518, 3.5); "alg", "typ" and "x5t#S256" are set here.
    /// Error "crypto.sign_failed" (permanent).
    Result<std::string> sign_ps256(const boost::json::object& claims) const;

private:
    SigningCertificate() = default;

    std::shared_ptr<evp_pkey_st> key_;
    std::string thumbprint_;
};

/// A random (version 4) UUID from the kernel's generator.
std::string random_uuid();

} // namespace accessd
