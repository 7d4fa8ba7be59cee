#include "core/support/ed25519.hpp"

#include "core/support/system_random.hpp"
#include "core/support/text.hpp"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include <string>

namespace accessd {

namespace {

class FreeKey {
public:
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};

class FreeSigning {
public:
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

using Signing = std::unique_ptr<EVP_MD_CTX, FreeSigning>;

Error unusable() {
    ERR_clear_error();
    return Error(
        Fault::permanent,
        "crypto.ed25519",
        "OpenSSL could not sign with the Ed25519 key of the audit; check that the key file is whole and that "
        "the system's crypto policy allows Ed25519"
    );
}

} // namespace

bool ed25519_verify(
    const Ed25519Public& key, std::string_view text, std::span<const std::uint8_t> signature
) {
    const std::unique_ptr<EVP_PKEY, FreeKey> loaded(
        EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, key.data(), key.size())
    );
    const Signing context(EVP_MD_CTX_new());
    const auto bytes = as_bytes(text);
    const bool good =
        loaded && context &&
        EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, loaded.get()) == 1 &&
        EVP_DigestVerify(context.get(), signature.data(), signature.size(), bytes.data(), bytes.size()) == 1;
    if (!good) {
        ERR_clear_error();
    }
    return good;
}

Result<Ed25519Key> Ed25519Key::make(const Secret& seed) {
    const auto bytes = as_bytes(seed.reveal());
    Ed25519Key made;
    std::size_t size = made.public_.size();
    made.key_.reset(
        EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, bytes.data(), bytes.size()), FreeKey()
    );
    if (!made.key_ || EVP_PKEY_get_raw_public_key(made.key_.get(), made.public_.data(), &size) != 1) {
        return unusable();
    }
    return made;
}

Secret Ed25519Key::new_seed() {
    std::array<std::uint8_t, 32> bytes{};
    fill_from_kernel(bytes);
    Secret seed(std::string(bytes.begin(), bytes.end()));
    OPENSSL_cleanse(bytes.data(), bytes.size());
    return seed;
}

Result<Ed25519Signature> Ed25519Key::sign(std::string_view text) const {
    const Signing context(EVP_MD_CTX_new());
    const auto bytes = as_bytes(text);
    Ed25519Signature signature{};
    std::size_t size = signature.size();
    const bool good =
        context && EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key_.get()) == 1 &&
        EVP_DigestSign(context.get(), signature.data(), &size, bytes.data(), bytes.size()) == 1 &&
        size == signature.size();
    return good ? Result<Ed25519Signature>(signature) : unusable();
}

} // namespace accessd
