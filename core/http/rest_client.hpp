#pragma once

#include "core/http/http.hpp"
#include "core/http/limiter.hpp"
#include "core/http/target.hpp"
#include "core/http/token_source.hpp"
#include "core/model/result.hpp"
#include "core/support/clock.hpp"
#include "core/support/random.hpp"
#include "core/support/steady_deadline.hpp"
#include "core/support/task.hpp"

#include <boost/json/value.hpp>

#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace accessd {

/// An answer of a vendor, its body parsed. The body is null when it was empty (204, 201 without one).
class RestReply {
public:
    RestReply() = default;

    int status = 0;
    boost::json::value body;
    HttpHeaders headers;
};

/// The vendor's own words for an error, read from its error body by the profile.
class VendorError {
public:
    VendorError() = default;

    std::string code;    ///< vendor's code, may be empty; stable enough to switch on where the vendor says so
    std::string message; ///< for the log only; at most 256 bytes, escaped
};

/// What is particular about one vendor's REST interface, as data.
class RestProfile {
public:
    RestProfile() = default;

    std::string system; ///< "jira", "entra": prefix of error codes and log fields
    std::string
        base_url; ///< "https://host[:port][/path]" without a trailing slash; calls never leave this origin
    std::string request_id_header;      ///< response header that names the vendor's request id; logged
    std::string sent_request_id_header; ///< request header in which we send our own GUID; empty: none
    unsigned max_in_flight = 8;         ///< per credential
    VendorError (*read_error)(const boost::json::value& body) = nullptr;
    std::vector<std::pair<std::string, std::string>> headers; ///< sent with every call
};

/// One call, described. Everything from outside enters through RequestTarget's encoder or the JSON body.
class RestCall {
public:
    RestCall(std::string_view http_method, RequestTarget call_target);

    RestCall&& json(boost::json::value body) &&;
    RestCall&& header(std::string name, std::string value) &&;
    /// Statuses besides 2xx that come back as a reply and not as an error, for callers that must look closer.
    RestCall&& accept(std::initializer_list<int> statuses) &&;

    std::string_view method;
    RequestTarget target;
    boost::json::value body; ///< null: no body
    std::vector<std::pair<std::string, std::string>> headers;
    std::vector<int> accepted;
};

/// The one place where an HTTP status becomes a Fault. One attempt per call, plus one more after a 401 when
/// the token can be renewed. Waiting for the limiter counts against the deadline.
class RestClient {
public:
    RestClient(
        RestProfile profile, HttpTransport& transport, TokenSource& tokens, Clock& clock, Random& random
    );

    /// Codes: "<system>.unauthorized" (credential), ".forbidden", ".not_found", ".bad_request", ".conflict"
    /// (transient),
    /// ".throttled", ".server_error" (transient, effect unknown), ".redirected", ".not_json", ".gone",
    /// "http.*" of the transport. Messages name host, status, vendor code and request id.
    Task<Result<RestReply>> call(RestCall call, TimePoint deadline);

    /// Turns an answer into the Error that call() would give; for replies inside a batch.
    Error classify(const RestCall& call, const RestReply& reply) const;

    /// The link when it stays on the profile's origin and below its path, as a RequestTarget; else an Error
    /// "<system>.foreign_link" (permanent).
    Result<RequestTarget> follow(std::string_view link) const;

    const RestProfile& profile() const { return profile_; }

    Limiter& limiter() { return limiter_; }

private:
    Task<Result<RestReply>>
    attempt(const RestCall& call, const SteadyDeadline& end, std::string& authorization);
    HttpRequest build(const RestCall& call, const std::string& authorization) const;
    Result<RestReply> read(const RestCall& call, HttpResponse response) const;

    RestProfile profile_;
    HttpTransport& transport_;
    TokenSource& tokens_;
    Clock& clock_;
    Random& random_;
    Limiter limiter_;
};

} // namespace accessd
