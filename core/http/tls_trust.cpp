#include "core/http/tls_trust.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

namespace accessd {

namespace {

using Slot = std::shared_ptr<ssl_session_st>;

/// Where a connection keeps the pointer to its server's slot. Asio has taken the one that OpenSSL calls "app
/// data".
int slot_index() {
    static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
    return index;
}

int keep_session(SSL* tls, SSL_SESSION* session) {
    auto* slot = static_cast<Slot*>(SSL_get_ex_data(tls, slot_index()));
    if (slot == nullptr) {
        return 0;
    }
    slot->reset(session, SSL_SESSION_free);
    return 1;
}

} // namespace

bool expect_host(ssl_st* tls, std::string_view host) {
    const std::string name(host);
    X509_VERIFY_PARAM* wanted = SSL_get0_param(tls);
    if (X509_VERIFY_PARAM_set1_ip_asc(wanted, name.c_str()) == 1) {
        return true;
    }
    X509_VERIFY_PARAM_set_hostflags(wanted, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return SSL_set1_host(tls, name.c_str()) == 1 && SSL_set_tlsext_host_name(tls, name.c_str()) == 1;
}

std::string describe_distrust(long verify_result) {
    switch (verify_result) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
        return "its certificate has expired; have it renewed there, or set this machine's clock";
    case X509_V_ERR_CERT_NOT_YET_VALID:
        return "its certificate is not valid yet; set this machine's clock";
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
        return "its certificate is for another host; correct the URL, or have the certificate name this host";
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
        return "its certificate comes from an authority that is unknown here; name the authority's "
               "certificate "
               "with ca_file";
    case X509_V_ERR_CERT_REVOKED:
        return "its certificate has been revoked";
    default:
        return std::string("its certificate is not trusted: ") + X509_verify_cert_error_string(verify_result);
    }
}

std::string describe_tls_error(unsigned long error) {
    switch (ERR_GET_REASON(error)) {
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
        return "it speaks no version of TLS that is accepted here; TLS 1.2 or newer is needed";
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_HTTP_REQUEST:
        return "what answers at this port does not speak TLS; correct the URL";
    default:
        const char* reason = ERR_reason_error_string(error);
        return std::string("TLS failed (") + (reason != nullptr ? reason : "unknown reason") + ")";
    }
}

void TlsSessions::enable(SSL_CTX* context) {
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(context, keep_session);
}

void TlsSessions::resume(SSL* tls, const std::string& server) {
    Slot& slot = latest_[server];
    if (slot) {
        SSL_set_session(tls, slot.get());
        slot.reset();
    }
    SSL_set_ex_data(tls, slot_index(), &slot);
}

} // namespace accessd
