#pragma once

#include <string>

namespace accessd::sandbox {

/// A private key and its certificate, both PEM. Made on the spot and worth nothing outside a test.
class Credentials {
public:
    std::string key_pem;
    std::string certificate_pem;
};

/// A certificate authority of its own (P-256).
Credentials make_authority();

/// A server certificate (P-256) for localhost, 127.0.0.1 and ::1, signed by `authority`.
Credentials make_server_certificate(const Credentials& authority);

/// A self-signed RSA-2048 certificate, as one uploads to an app registration.
Credentials make_client_certificate();

} // namespace accessd::sandbox
