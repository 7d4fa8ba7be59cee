#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

struct ssl_st;         // OpenSSL's SSL
struct ssl_ctx_st;     // OpenSSL's SSL_CTX
struct ssl_session_st; // OpenSSL's SSL_SESSION

namespace accessd {

/// Makes a client's handshake ask for `host` (SNI, names only: RFC 6066, 3) and accept no certificate but one
/// that names it. False when OpenSSL cannot.
bool expect_host(ssl_st* tls, std::string_view host);

/// Why a certificate is not trusted and what to do about it, from OpenSSL's X509_V_ERR_* number.
std::string describe_distrust(long verify_result);

/// What went wrong in TLS, from an error of OpenSSL's queue.
std::string describe_tls_error(unsigned long error);

/// The sessions that servers gave for resuming (RFC 8446, 2.2): the latest of each server, used once. It must
/// live as long as its connections are read.
class TlsSessions {
public:
    TlsSessions() = default;
    TlsSessions(const TlsSessions&) = delete;
    TlsSessions& operator=(const TlsSessions&) = delete;

    /// Without this a context's connections hand nothing over.
    static void enable(ssl_ctx_st* context);

    /// Before the handshake: offers the server's session, and takes those that the server will give.
    void resume(ssl_st* tls, const std::string& server);

private:
    std::map<std::string, std::shared_ptr<ssl_session_st>> latest_;
};

} // namespace accessd
