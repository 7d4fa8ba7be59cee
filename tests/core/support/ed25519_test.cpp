#include "core/support/ed25519.hpp"
#include "core/support/text.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace accessd;

namespace {

// RFC 8032, 7.1, test 2.
constexpr const char* rfc_secret = "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb";
constexpr const char* rfc_public = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c";
constexpr const char* rfc_signature = "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
                                      "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00";

Ed25519Key rfc_key() {
    const auto bytes = from_hex(rfc_secret);
    return *Ed25519Key::make(Secret(std::string(bytes->begin(), bytes->end())));
}

} // namespace

TEST_CASE("ed25519: it signs and verifies as RFC 8032 does") {
    const Ed25519Key key = rfc_key();
    CHECK(to_hex(key.public_key()) == rfc_public);
    const auto signature = key.sign("\x72");
    REQUIRE(signature.has_value());
    CHECK(to_hex(*signature) == rfc_signature);
    CHECK(ed25519_verify(key.public_key(), "\x72", *signature));
}

TEST_CASE("ed25519: another text, another signature or another key does not verify") {
    const Ed25519Key key = rfc_key();
    const Ed25519Signature signature = *key.sign("text");
    CHECK_FALSE(ed25519_verify(key.public_key(), "texT", signature));
    CHECK_FALSE(ed25519_verify(key.public_key(), "", signature));
    CHECK_FALSE(ed25519_verify(key.public_key(), "text", std::span(signature).first(63)));
    CHECK_FALSE(ed25519_verify(key.public_key(), "text", {}));
    Ed25519Signature changed = signature;
    changed[10] ^= 1U;
    CHECK_FALSE(ed25519_verify(key.public_key(), "text", changed));
    const Ed25519Key other = *Ed25519Key::make(Ed25519Key::new_seed());
    CHECK_FALSE(ed25519_verify(other.public_key(), "text", signature));
    CHECK_FALSE(ed25519_verify(Ed25519Public{}, "text", signature));
}

TEST_CASE("ed25519: a private key has 32 bytes, and new ones differ") {
    for (const std::size_t size : {0U, 31U, 33U, 64U}) {
        const auto refused = Ed25519Key::make(Secret(std::string(size, 'k')));
        REQUIRE_FALSE(refused.has_value());
        CHECK(refused.error().code() == "crypto.ed25519");
    }
    CHECK(Ed25519Key::new_seed().reveal().size() == 32);
    CHECK(Ed25519Key::new_seed().reveal() != Ed25519Key::new_seed().reveal());
}
