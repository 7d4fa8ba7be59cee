#include "core/support/crypto.hpp"

#include "core/support/system_random.hpp"
#include "core/support/text.hpp"

#include <boost/json/serialize.hpp>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace accessd {

namespace {

template <auto free_function> class Free {
public:
    template <class T> void operator()(T* held) const { free_function(held); }
};

using Bio = std::unique_ptr<BIO, Free<&BIO_free>>;
using Certificate = std::unique_ptr<X509, Free<&X509_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, Free<&EVP_MD_CTX_free>>;

constexpr std::size_t longest_pem = 256 * 1024;
constexpr int least_bits = 2048; // RFC 7518, 3.5

/// PEM pasted through environment variables and JSON often has its line ends as the characters "\" and "n".
Secret with_line_ends(std::string_view pem) {
    std::string lines;
    lines.reserve(pem.size());
    for (std::size_t i = 0; i < pem.size(); ++i) {
        const bool escaped = pem[i] == '\\' && i + 1 < pem.size();
        if (escaped && (pem[i + 1] == 'n' || pem[i + 1] == 'r')) {
            lines += pem[i + 1] == 'n' ? '\n' : '\r';
            ++i;
        } else {
            lines += pem[i];
        }
    }
    return Secret(std::move(lines));
}

/// Without it OpenSSL would ask for the passphrase of an encrypted key on the terminal.
int no_passphrase(char*, int, int, void*) {
    return -1;
}

Bio reader(const Secret& pem) {
    return Bio(BIO_new_mem_buf(pem.reveal().data(), static_cast<int>(pem.reveal().size())));
}

Error bad_key(std::string_view what) {
    std::string message = "The private key ";
    message += what;
    message += "; expected is an unencrypted RSA key of 2048 bits or more in PEM (PKCS#1 or PKCS#8).";
    return Error(Fault::permanent, "crypto.bad_key", std::move(message));
}

Error bad_certificate(std::string_view what) {
    std::string message = "The certificate ";
    message += what;
    message += "; expected is the X.509 certificate of the private key in PEM (BEGIN CERTIFICATE).";
    return Error(Fault::permanent, "crypto.bad_certificate", std::move(message));
}

Result<std::shared_ptr<EVP_PKEY>> read_key(const Secret& pem) {
    if (pem.reveal().size() > longest_pem) {
        return bad_key("is longer than any key");
    }
    const Secret lines = with_line_ends(pem.reveal());
    const Bio bio = reader(lines);
    std::shared_ptr<EVP_PKEY> key(
        PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, nullptr), Free<&EVP_PKEY_free>()
    );
    if (!key) {
        const bool encrypted = lines.reveal().find("ENCRYPTED") != std::string_view::npos;
        return bad_key(encrypted ? "is encrypted" : "cannot be read");
    }
    if (EVP_PKEY_is_a(key.get(), "RSA") != 1) {
        return bad_key("is not an RSA key");
    }
    if (EVP_PKEY_get_bits(key.get()) < least_bits) {
        return bad_key("is too short");
    }
    return key;
}

Result<std::string> read_thumbprint(std::string_view pem, const std::shared_ptr<EVP_PKEY>& key) {
    if (pem.size() > longest_pem) {
        return bad_certificate("is longer than any certificate");
    }
    const Secret lines = with_line_ends(pem);
    const Bio bio = reader(lines);
    const Certificate certificate(PEM_read_bio_X509(bio.get(), nullptr, no_passphrase, nullptr));
    if (!certificate) {
        return bad_certificate("cannot be read");
    }
    if (X509_check_private_key(certificate.get(), key.get()) != 1) {
        return Error(
            Fault::permanent,
            "crypto.key_mismatch",
            "The private key does not belong to the certificate; give the two files that were made together."
        );
    }
    std::array<std::uint8_t, EVP_MAX_MD_SIZE> digest{};
    unsigned int size = 0;
    if (X509_digest(certificate.get(), EVP_sha256(), digest.data(), &size) != 1) {
        return bad_certificate("cannot be digested");
    }
    return to_base64url(std::span(digest).first(size));
}

Error sign_failed() {
    ERR_clear_error();
    return Error(
        Fault::permanent,
        "crypto.sign_failed",
        "OpenSSL could not sign with the private key; check that the system's crypto policy allows PS256."
    );
}

/// RSASSA-PSS with SHA-256, MGF1 with SHA-256 and a salt as long as the digest (RFC 7518, 3.5).
Result<std::string> sign(EVP_PKEY* key, std::string_view text) {
    const DigestContext context(EVP_MD_CTX_new());
    EVP_PKEY_CTX* parameters = nullptr; // owned by the context
    const bool ready = context &&
                       EVP_DigestSignInit(context.get(), &parameters, EVP_sha256(), nullptr, key) == 1 &&
                       EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_PSS_PADDING) == 1 &&
                       EVP_PKEY_CTX_set_rsa_pss_saltlen(parameters, RSA_PSS_SALTLEN_DIGEST) == 1;
    if (!ready) {
        return sign_failed();
    }
    const auto bytes = as_bytes(text);
    std::vector<std::uint8_t> signature(static_cast<std::size_t>(EVP_PKEY_get_size(key)));
    std::size_t size = signature.size();
    if (EVP_DigestSign(context.get(), signature.data(), &size, bytes.data(), bytes.size()) != 1) {
        return sign_failed();
    }
    return to_base64url(std::span(signature).first(size));
}

} // namespace

Result<SigningCertificate>
SigningCertificate::load(const Secret& private_key_pem, std::string_view certificate_pem) {
    auto key = read_key(private_key_pem);
    if (!key) {
        ERR_clear_error();
        return key.error();
    }
    auto thumbprint = read_thumbprint(certificate_pem, *key);
    ERR_clear_error();
    if (!thumbprint) {
        return thumbprint.error();
    }
    SigningCertificate loaded;
    loaded.key_ = *key;
    loaded.thumbprint_ = *std::move(thumbprint);
    return loaded;
}

Result<std::string> SigningCertificate::sign_ps256(const boost::json::object& claims) const {
    const std::string header = R"({"alg":"PS256","typ":"JWT","x5t#S256":")" + thumbprint_ + R"("})";
    std::string token = to_base64url(as_bytes(header));
    token += '.';
    token += to_base64url(as_bytes(boost::json::serialize(claims)));
    auto signature = sign(key_.get(), token);
    if (!signature) {
        return signature.error();
    }
    token += '.';
    token += *signature;
    return token;
}

std::string random_uuid() {
    std::array<std::uint8_t, 16> bytes{};
    fill_from_kernel(bytes);
    bytes[6] = static_cast<std::uint8_t>((bytes[6] & 0x0FU) | 0x40U); // RFC 9562: version 4
    bytes[8] = static_cast<std::uint8_t>((bytes[8] & 0x3FU) | 0x80U); // and its variant
    std::string uuid = to_hex(bytes);
    for (const std::size_t at : {8U, 13U, 18U, 23U}) {
        uuid.insert(at, 1, '-');
    }
    return uuid;
}

} // namespace accessd
