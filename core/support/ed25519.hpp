#pragma once

#include "core/model/result.hpp"
#include "core/support/secret.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

struct evp_pkey_st; // OpenSSL's EVP_PKEY

namespace accessd {

using Ed25519Public = std::array<std::uint8_t, 32>; ///< RFC 8032, 5.1.5
using Ed25519Signature = std::array<std::uint8_t, 64>;

/// RFC 8032, 5.1.7. False also for a key or a signature that is none.
bool ed25519_verify(const Ed25519Public& key, std::string_view text, std::span<const std::uint8_t> signature);

/// A private key. Copies share it.
class Ed25519Key {
public:
    /// From the 32 secret bytes that RFC 8032 calls the private key. Error "crypto.ed25519" (permanent): they
    /// are no 32 bytes, or the system's OpenSSL does not sign with Ed25519.
    static Result<Ed25519Key> make(const Secret& seed);

    /// A new one's secret bytes, from the kernel's generator.
    static Secret new_seed();

    const Ed25519Public& public_key() const { return public_; }

    /// Error "crypto.ed25519" (permanent).
    Result<Ed25519Signature> sign(std::string_view text) const;

private:
    Ed25519Key() = default;

    std::shared_ptr<evp_pkey_st> key_;
    Ed25519Public public_{};
};

} // namespace accessd
