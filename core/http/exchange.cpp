#include "core/http/exchange.hpp"

#include "core/support/text.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace accessd {

namespace {

/// RFC 9110, 5.6.2.
bool is_token(std::string_view text) {
    constexpr std::string_view others = "!#$%&'*+-.^_`|~";
    return !text.empty() && std::ranges::all_of(text, [&](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               others.find(c) != std::string_view::npos;
    });
}

bool is_field_value(std::string_view text) {
    return std::ranges::all_of(text, [](char c) {
        return c == '\t' || (static_cast<unsigned char>(c) >= 0x20 && c != '\x7f');
    });
}

bool is_sendable(const HttpRequest& request) {
    return is_token(request.method) && std::ranges::all_of(request.headers.all(), [](const auto& field) {
               return is_token(field.first) && is_field_value(field.second);
           });
}

bool expects_body(std::string_view method) {
    return method == "POST" || method == "PUT" || method == "PATCH";
}

void append_field(std::string& wire, std::string_view name, std::string_view value) {
    wire.append(name).append(": ").append(value).append("\r\n");
}

/// RFC 9112, 3 and 5. One buffer, so that head and body travel in one TLS record where they fit.
std::string to_wire(const HttpRequest& request, const HttpsUrl& url) {
    std::string wire;
    std::size_t size = request.url.size() + request.body.size() + 128;
    for (const auto& [name, value] : request.headers.all()) {
        size += name.size() + value.size() + 4;
    }
    wire.reserve(size);
    wire.append(request.method).append(" ");
    wire.append(url.target.starts_with('/') ? "" : "/").append(url.target).append(" HTTP/1.1\r\n");
    append_field(wire, "Host", url.authority(false));
    for (const auto& [name, value] : request.headers.all()) {
        append_field(wire, name, value);
    }
    if (!request.body.empty() || expects_body(request.method)) {
        append_field(wire, "Content-Length", std::to_string(request.body.size()));
    }
    wire.append("\r\n").append(request.body);
    return wire;
}

std::string_view overdue(Stage stage) {
    switch (stage) {
    case Stage::start:
        return "no time was left for the call";
    case Stage::resolve:
        return "its name was not resolved in time";
    case Stage::connect:
        return "no connection was made in time";
    case Stage::proxy:
        return "no tunnel was opened in time";
    case Stage::handshake:
        return "the TLS handshake did not end in time";
    case Stage::answer:
        return "the whole answer did not come in time";
    }
    return "";
}

} // namespace

Failure::Failure(std::string failure_code, std::string failure_what)
    : code(std::move(failure_code)), what(std::move(failure_what)) {}

Failure refused_tunnel(int status) {
    if (status == 407) {
        return Failure(
            "http.proxy",
            "it wants a user and a password (407); give them as http://user:password@host:port in https_proxy"
        );
    }
    return Failure("http.proxy", "it answered " + std::to_string(status) + " and opened no tunnel");
}

Exchange::Exchange(const HttpRequest& request, HttpsUrl url, TimePoint deadline)
    : request_(&request), url_(url), origin_(url_.origin()), deadline_(deadline),
      wire_(to_wire(request, url_)) {}

Result<Exchange> Exchange::prepare(const HttpRequest& request, TimePoint deadline) {
    const auto url = parse_https_url(request.url);
    if (!url) {
        const std::string_view shown = std::string_view(request.url).substr(0, request.url.find('?'));
        return Error(
            Fault::permanent,
            "http.bad_url",
            escape_text(shown) + " is not an https URL; only https is spoken"
        );
    }
    if (!is_sendable(request)) {
        return Error(
            Fault::permanent,
            "http.bad_request",
            escape_text(url->host) + ": a header for it holds a line break or another control character"
        );
    }
    return Exchange(request, *url, deadline);
}

std::string_view Exchange::next_host() const {
    return proxy_ != nullptr ? std::string_view(proxy_->host) : url_.host;
}

std::uint16_t Exchange::next_port() const {
    return proxy_ != nullptr ? proxy_->port : url_.port;
}

std::string Exchange::connect_request() const {
    const std::string authority = url_.authority(true);
    std::string wire = "CONNECT " + authority + " HTTP/1.1\r\n";
    append_field(wire, "Host", authority);
    if (proxy_ != nullptr && !proxy_->authorization.empty()) {
        append_field(wire, "Proxy-Authorization", proxy_->authorization.reveal());
    }
    wire.append("\r\n");
    return wire;
}

void Exchange::enter(Stage stage) {
    stage_ = stage;
}

void Exchange::answered(HttpResponse response) {
    // The coding that was asked for is "identity"; another one would reach the caller as noise.
    const auto coding = response.headers.find("Content-Encoding");
    if (coding && !coding->empty() && !equals_ignoring_case(*coding, "identity")) {
        fail(Failure(
            "http.malformed",
            "the answer is packed (" + escape_text(*coding, 40) + ") although it must not be"
        ));
        return;
    }
    outcome_.emplace(std::move(response));
}

void Exchange::fail(const Failure& failure) {
    was_closed_ = failure.code == "http.closed";
    outcome_.emplace(error(failure));
}

Error Exchange::error(const Failure& failure) const {
    const bool at_proxy = proxy_ != nullptr && stage_ > Stage::start && stage_ <= Stage::proxy;
    const bool own_code = failure.code == "http.timeout" || failure.code == "http.cancelled";
    std::string message = escape_text(url_.host) + ": ";
    if (at_proxy) {
        message += "the proxy " + escape_text(proxy_->host) + ":" + std::to_string(proxy_->port) + ": ";
    }
    return Error(
               Fault::transient, at_proxy && !own_code ? "http.proxy" : failure.code, message + failure.what
    )
        .with_effect(sent_ ? Effect::unknown : Effect::none);
}

bool Exchange::is_read() const {
    return request_->method == "GET" || request_->method == "HEAD";
}

bool Exchange::may_start_over() const {
    return kept_connection_ && was_closed_ && !answer_began_ && (is_read() || !sent_);
}

bool Exchange::lost_kept_connection() const {
    return kept_connection_ && was_closed_ && !answer_began_ && !is_read() && sent_;
}

void Exchange::start_over() {
    outcome_.reset();
    kept_connection_ = false;
    was_closed_ = false;
    sent_ = false;
    stage_ = Stage::start;
}

void Exchange::time_out() {
    fail(Failure("http.timeout", std::string(overdue(stage_))));
}

Result<HttpResponse> Exchange::take_outcome() {
    if (!outcome_) {
        return error(Failure("http.closed", "the attempt ended without an answer"));
    }
    return *std::move(outcome_);
}

} // namespace accessd
