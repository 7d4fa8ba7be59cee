#pragma once

#include "core/model/result.hpp"
#include "core/support/task.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace accessd {

/// Header fields in order. Names compare without regard to case (RFC 9110, 5.1); a name may occur several
/// times.
class HttpHeaders {
public:
    HttpHeaders() = default;

    void add(std::string name, std::string value);
    /// The first value, or nothing.
    std::optional<std::string_view> find(std::string_view name) const;
    std::vector<std::string_view> find_all(std::string_view name) const;

    const std::vector<std::pair<std::string, std::string>>& all() const { return fields_; }

private:
    std::vector<std::pair<std::string, std::string>> fields_;
};

class HttpRequest {
public:
    HttpRequest() = default;
    /// `url` is absolute: "https://host[:port]/path?query", already encoded.
    HttpRequest(std::string http_method, std::string absolute_url);

    std::string method;
    std::string url;
    HttpHeaders headers;
    std::string body;
};

class HttpResponse {
public:
    HttpResponse() = default;
    explicit HttpResponse(int status_code);

    int status = 0;
    HttpHeaders headers;
    std::string body;
};

/// One HTTP attempt with a deadline. It never retries, never follows redirects and knows nothing of vendors.
class HttpTransport {
public:
    virtual ~HttpTransport() = default;

    /// Errors are Fault::transient with codes "http.*": resolve, connect, tls, timeout, closed, malformed,
    /// too_large, cancelled. Their effect() is `none` when no byte of the request was sent, else `unknown`.
    /// TLS trust errors name the host and the reason. `request` must outlive the call.
    virtual Task<Result<HttpResponse>> send(const HttpRequest& request, TimePoint deadline) = 0;
};

} // namespace accessd
