#include "core/http/tls_trust.hpp"

#include <openssl/x509_vfy.h>

namespace accessd {

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
