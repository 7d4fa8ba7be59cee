#pragma once

#include <string>

namespace accessd {

/// Why a certificate is not trusted and what to do about it, from OpenSSL's X509_V_ERR_* number.
std::string describe_distrust(long verify_result);

} // namespace accessd
