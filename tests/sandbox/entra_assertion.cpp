#include "core/support/json.hpp"
#include "core/support/text.hpp"
#include "tests/sandbox/entra_state.hpp"
#include "tests/sandbox/wire.hpp"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <array>

namespace accessd::sandbox {

namespace {

// The vendor allows a little skew and advises five to ten minutes of life.
constexpr std::int64_t skew_s = 300;
constexpr std::int64_t longest_life_s = 900;

bool verifies(EVP_PKEY* key, std::string_view signed_part, std::string_view signature) {
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
    EVP_PKEY_CTX* rsa = nullptr; // owned by the context
    return EVP_DigestVerifyInit(context.get(), &rsa, EVP_sha256(), nullptr, key) == 1 &&
           EVP_PKEY_CTX_set_rsa_padding(rsa, RSA_PKCS1_PSS_PADDING) == 1 &&
           EVP_PKEY_CTX_set_rsa_pss_saltlen(rsa, RSA_PSS_SALTLEN_DIGEST) == 1 &&
           EVP_DigestVerify(
               context.get(),
               as_bytes(signature).data(),
               signature.size(),
               as_bytes(signed_part).data(),
               signed_part.size()
           ) == 1;
}

int check_claims(
    EntraState& state, const boost::json::value& claims, std::string_view audience, TimePoint now
) {
    const auto issuer = find_string(claims, "iss");
    const auto subject = find_string(claims, "sub");
    if (issuer != state.options.client_id || subject != state.options.client_id) {
        return 700021;
    }
    if (find_string(claims, "aud") != audience) {
        return 700023;
    }
    const auto not_before = find_integer(claims, "nbf");
    const auto expires = find_integer(claims, "exp");
    const auto seconds = std::chrono::floor<std::chrono::seconds>(now.time_since_epoch()).count();
    if (!expires || !not_before || *expires + skew_s <= seconds || *not_before - skew_s > seconds ||
        *expires - *not_before > longest_life_s) {
        return 700024;
    }
    const auto id = find_string(claims, "jti");
    if (!id || !is_uuid(*id)) {
        return 50027;
    }
    return state.used_assertions.emplace(*id).second ? 0 : 500121;
}

} // namespace

int check_entra_assertion(
    EntraState& state, std::string_view jwt, std::string_view token_url, TimePoint now
) {
    const auto parts = split(jwt, '.');
    if (parts.size() != 3) {
        return 50027;
    }
    const auto header_text = base64url_decode(parts[0]);
    const auto claims_text = base64url_decode(parts[1]);
    const auto signature = base64url_decode(parts[2]);
    if (!header_text || !claims_text || !signature) {
        return 50027;
    }
    const auto header = parse_json(*header_text);
    const auto claims = parse_json(*claims_text);
    if (!header || !claims || find_string(*header, "typ") != "JWT") {
        return 50027;
    }
    const auto thumbprint = find_string(*header, "x5t#S256");
    if (find_string(*header, "alg") != "PS256" || !thumbprint) {
        return 700027;
    }
    const std::string_view signed_part = jwt.substr(0, parts[0].size() + 1 + parts[1].size());
    for (const EntraCertificate& certificate : state.certificates) {
        if (certificate.thumbprint == *thumbprint &&
            verifies(certificate.key.get(), signed_part, *signature)) {
            return check_claims(state, *claims, token_url, now);
        }
    }
    return 700027;
}

bool add_entra_certificate(EntraState& state, const std::string& pem) {
    const std::unique_ptr<BIO, decltype(&BIO_free)> bio(
        BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), BIO_free
    );
    const std::unique_ptr<X509, decltype(&X509_free)> certificate(
        PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr), X509_free
    );
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned int length = 0;
    if (!certificate || X509_digest(certificate.get(), EVP_sha256(), digest.data(), &length) != 1) {
        return false;
    }
    EntraCertificate known;
    known.thumbprint = to_base64url(std::span<const std::uint8_t>(digest.data(), length));
    known.key = std::shared_ptr<EVP_PKEY>(X509_get_pubkey(certificate.get()), EVP_PKEY_free);
    state.certificates.push_back(std::move(known));
    return state.certificates.back().key != nullptr;
}

} // namespace accessd::sandbox
