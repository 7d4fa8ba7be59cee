#include "core/http/tls_trust.hpp"

#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

namespace accessd {

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

} // namespace accessd
