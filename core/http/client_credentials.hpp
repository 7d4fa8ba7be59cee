#pragma once

#include "core/http/http.hpp"
#include "core/http/limiter.hpp"
#include "core/http/token_source.hpp"
#include "core/support/clock.hpp"
#include "core/support/crypto.hpp"
#include "core/support/secret.hpp"

#include <boost/json/value.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace accessd {

/// Who asks for a token, and where: the client credentials grant (RFC 6749, 4.4).
class ClientCredentials {
public:
    ClientCredentials() = default;

    std::string system;    ///< prefix of error codes
    std::string token_url; ///< absolute; also the audience of the assertion
    std::string client_id;
    std::string scope;
    Secret client_secret;                          ///< used when there is no certificate
    std::optional<SigningCertificate> certificate; ///< signs a client assertion (RFC 7523, 2.2), PS256
};

/// Gets and keeps bearer tokens. One request at a time, whoever waits shares its outcome. A token is renewed
/// when 80 % of its life is over or five minutes of it are left; when that fails it serves until its end.
class ClientCredentialsSource final : public TokenSource {
public:
    /// Makes an error of a refusal: status and JSON body of the answer (null when it was not JSON).
    using ReadError = Error (*)(int status, const boost::json::value& body);

    /// Without `read_error`, a 400 or 401 is "<system>.token_refused" (credential).
    ClientCredentialsSource(
        ClientCredentials credentials, HttpTransport& transport, Clock& clock, ReadError read_error = nullptr
    );
    Task<Result<std::string>> authorization(TimePoint deadline) override;

    bool reject(const std::string& authorization) override;

private:
    Task<Result<std::string>> fetch(TimePoint deadline);
    Result<HttpRequest> build() const;
    Result<std::string> read(const HttpResponse& response, TimePoint asked_at);

    ClientCredentials credentials_;
    HttpTransport& transport_;
    Clock& clock_;
    ReadError read_error_;
    Limiter gate_;      ///< lets one fetch through at a time
    std::string token_; ///< "Bearer ..."; empty: none
    TimePoint renew_at_{};
    TimePoint expires_at_{};
    std::uint64_t fetches_ = 0;       ///< ended ones
    std::optional<Error> last_error_; ///< of the last fetch
};

} // namespace accessd
