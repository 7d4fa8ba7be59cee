#pragma once

#include "core/http/http.hpp"
#include "core/http/https_url.hpp"
#include "core/http/proxy.hpp"
#include "core/model/result.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace accessd {

/// Why an attempt failed: a code of HttpTransport and words that follow the host's name.
class Failure {
public:
    Failure(std::string failure_code, std::string failure_what);

    std::string code;
    std::string what;
};

/// A proxy's answer that opens no tunnel; 407 is explained.
Failure refused_tunnel(int status);

/// How far an attempt has come; what is said when its time is over.
enum class Stage : std::uint8_t { start, resolve, connect, proxy, handshake, answer };

/// One attempt's request and what became of it: the part of a transport that needs no socket.
class Exchange {
public:
    /// Permanent "http.bad_url" when the URL is not https, "http.bad_request" when a method or header holds
    /// what could be read as another line. `request` must outlive the exchange.
    static Result<Exchange> prepare(const HttpRequest& request, TimePoint deadline);

    const HttpsUrl& url() const { return url_; }

    const std::string& origin() const { return origin_; }

    TimePoint deadline() const { return deadline_; }

    bool is_head() const { return request_->method == "HEAD"; }

    /// The request as it is sent.
    const std::string& wire() const { return wire_; }

    /// The way to the server leads through `proxy` (nullptr: it does not), which must outlive the exchange.
    /// What goes wrong before there is a tunnel is the proxy's fault then: "http.proxy".
    void use_proxy(const Proxy* proxy) { proxy_ = proxy; }

    /// Who is to be connected to: the proxy or the server.
    std::string_view next_host() const;
    std::uint16_t next_port() const;

    /// The request for a tunnel to the server (RFC 9110, 9.3.6).
    std::string connect_request() const;

    void enter(Stage stage);

    void use_kept_connection() { kept_connection_ = true; }

    /// From here on the server may have read the request.
    void sent() { sent_ = true; }

    void answer_began() { answer_began_ = true; }

    void answered(HttpResponse response);
    void fail(const Failure& failure);
    void time_out();

    /// True when a connection that had been kept was closed before a byte of an answer came, and the request
    /// only reads or cannot have been read.
    bool may_start_over() const;
    /// True when such a connection ended so under a request that may have been read and must not be repeated.
    bool lost_kept_connection() const;
    /// Only reads: what may be sent again.
    bool is_read() const;
    void start_over();

    /// "http.closed" when there is none.
    Result<HttpResponse> take_outcome();

private:
    Exchange(const HttpRequest& request, HttpsUrl url, TimePoint deadline);
    Error error(const Failure& failure) const;

    const HttpRequest* request_;
    const Proxy* proxy_ = nullptr;
    HttpsUrl url_;
    std::string origin_;
    TimePoint deadline_;
    std::string wire_;
    Stage stage_ = Stage::start;
    bool sent_ = false;
    bool kept_connection_ = false;
    bool answer_began_ = false;
    bool was_closed_ = false;
    std::optional<Result<HttpResponse>> outcome_;
};

} // namespace accessd
