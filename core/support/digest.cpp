#include "core/support/digest.hpp"

#include "core/support/text.hpp"

#include <openssl/evp.h>

#include <exception>
#include <memory>

namespace accessd {

namespace {

class FreeContext {
public:
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

/// OpenSSL 3 looks an algorithm up by name at each use unless it was fetched once.
const EVP_MD* fetched_sha256() {
    static const EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    return algorithm;
}

} // namespace

Sha256 sha256(std::string_view bytes) {
    thread_local const std::unique_ptr<EVP_MD_CTX, FreeContext> context(EVP_MD_CTX_new());
    Sha256 digest;
    const bool done = context && EVP_DigestInit_ex2(context.get(), fetched_sha256(), nullptr) == 1 &&
                      EVP_DigestUpdate(context.get(), bytes.data(), bytes.size()) == 1 &&
                      EVP_DigestFinal_ex(context.get(), digest.data(), nullptr) == 1;
    if (!done) {
        std::terminate(); // without SHA-256 no record can be chained and no rule recognised
    }
    return digest;
}

std::string sha256_hex(std::string_view bytes) {
    return to_hex(sha256(bytes));
}

} // namespace accessd
