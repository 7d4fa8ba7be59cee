#pragma once

#include "core/http/http.hpp"
#include "tests/sandbox/entra.hpp"
#include "tests/sandbox/entra_directory.hpp"

#include <boost/json/value.hpp>

#include <functional>
#include <initializer_list>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

struct evp_pkey_st; // OpenSSL's EVP_PKEY

namespace accessd::sandbox {

class EntraToken {
public:
    TimePoint expires{};
    std::vector<std::string> permissions;
};

class EntraCertificate {
public:
    std::string thumbprint; ///< base64url(SHA-256(DER))
    std::shared_ptr<evp_pkey_st> key;
};

/// Everything that one tenant knows.
class EntraState {
public:
    explicit EntraState(const EntraOptions& with) : options(with), secret(with.client_secret) {}

    /// A new id for an answer's request-id and the like.
    std::string next_id() { return make_id(0x40000000U); }

    std::string make_id(std::uint32_t kind);

    EntraOptions options;
    EntraDirectory directory;
    std::string secret;
    bool secret_expired = false;
    std::vector<EntraCertificate> certificates;
    std::set<std::string, std::less<>> used_assertions; // their "jti"
    std::unordered_map<std::string, EntraToken> tokens;
    std::vector<std::string> permissions = {"User.Read.All", "GroupMember.ReadWrite.All"};
    Duration token_lifetime{3599000};
    std::size_t page_size = 100;
    std::function<void(const AccessWrite&)> on_write; ///< never empty

    std::uint64_t ids = 0;
    std::uint64_t tokens_issued = 0;
    std::uint64_t adds = 0;
    std::uint64_t removes = 0;
    std::uint64_t redundant_adds = 0;
    std::uint64_t redundant_removes = 0;
    std::uint64_t catastrophes = 0;
};

/// The identity platform's token endpoint.
HttpResponse entra_token(EntraState& state, const HttpRequest& request, TimePoint now);

/// Checks a client assertion; 0 when it is good, else the AADSTS code. `token_url` is the audience.
int check_entra_assertion(EntraState& state, std::string_view jwt, std::string_view token_url, TimePoint now);

/// Reads a PEM certificate; false when it is none.
bool add_entra_certificate(EntraState& state, const std::string& pem);

/// Microsoft Graph v1.0.
HttpResponse entra_graph(EntraState& state, const HttpRequest& request, TimePoint now);

/// The verbs that entra.hpp lists.
boost::json::value
entra_control(EntraState& state, std::string_view verb, const boost::json::value& arguments, TimePoint now);

/// Fills in the default world that entra.hpp describes.
void fill_entra_world(EntraState& state, TimePoint now);

} // namespace accessd::sandbox
