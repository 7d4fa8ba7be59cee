#pragma once

#include <string>
#include <string_view>

struct ssl_st; // OpenSSL's SSL

namespace accessd {

/// Makes a client's handshake ask for `host` (SNI, names only: RFC 6066, 3) and accept no certificate but one
/// that names it. False when OpenSSL cannot.
bool expect_host(ssl_st* tls, std::string_view host);

/// Why a certificate is not trusted and what to do about it, from OpenSSL's X509_V_ERR_* number.
std::string describe_distrust(long verify_result);

} // namespace accessd
