#include "core/http/beast_transport.hpp"

#include "core/http/exchange.hpp"
#include "core/http/https_url.hpp"
#include "core/http/idle_pool.hpp"
#include "core/http/proxy.hpp"
#include "core/http/resolve.hpp"
#include "core/http/tls_trust.hpp"
#include "core/support/deadline.hpp"
#include "core/support/text.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>

#include <exception>
#include <map>
#include <optional>
#include <sys/socket.h>

namespace accessd {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace ssl = boost::asio::ssl;

using boost::system::error_code;
using Tcp = asio::ip::tcp;
using Parser = beast::http::response_parser<beast::http::string_body>;

constexpr std::uint64_t longest_body = 8U * 1024U * 1024U;
constexpr std::uint32_t longest_head = 64U * 1024U;
constexpr int most_interim_answers = 8;

/// One TLS connection. Destroying it closes the socket.
class Connection {
public:
    Connection(Tcp::socket socket, ssl::context& context) : stream(std::move(socket), context) {}

    bool is_quiet() {
        // Between two answers a server has nothing to say but that it closes.
        char byte = 0;
        const int socket = stream.next_layer().native_handle();
        const auto got = ::recv(socket, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
        return got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
    }

    ssl::stream<Tcp::socket> stream;
    beast::flat_buffer buffer;
};

using ConnectionPtr = std::unique_ptr<Connection>;

bool is_parser_error(const error_code& error) {
    return error.category() == make_error_code(beast::http::error::bad_version).category();
}

/// What ended a read or a write.
Failure failure_of(const error_code& error) {
    using HttpError = beast::http::error;
    if (error == asio::error::operation_aborted) {
        return Failure("http.cancelled", "the call was given up");
    }
    if (error == HttpError::body_limit) {
        return Failure("http.too_large", "the answer is longer than 8 MiB");
    }
    if (error == HttpError::header_limit || error == HttpError::buffer_overflow) {
        return Failure("http.too_large", "the headers of the answer are longer than 64 KiB");
    }
    const bool ended = error == HttpError::end_of_stream || error == HttpError::partial_message;
    if (is_parser_error(error) && !ended) {
        return Failure("http.malformed", "the answer is not HTTP/1.1 (" + error.message() + ")");
    }
    if (error.category() == asio::error::get_ssl_category()) {
        return Failure("http.tls", "TLS failed (" + error.message() + ")");
    }
    return Failure("http.closed", "the connection was closed before the whole answer came");
}

HttpResponse take_response(Parser& parser) {
    auto& message = parser.get();
    HttpResponse response(static_cast<int>(message.result_int()));
    for (const auto& field : message) {
        response.headers.add(std::string(field.name_string()), std::string(field.value()));
    }
    response.body = std::move(message.body());
    return response;
}

class BeastTransport final : public HttpTransport {
public:
    BeastTransport(Clock& clock, const TransportOptions& options, ProxyChoice proxies)
        : clock_(clock), proxies_(std::move(proxies)), pool_(options.max_idle_per_server, options.idle_limit),
          context_(new_context()) {}

    std::optional<Error> trust(const std::string& url, const std::string& ca_file);
    Task<Result<HttpResponse>> send(const HttpRequest& request, TimePoint deadline) override;

private:
    static ssl::context new_context();

    Task<bool> run(Exchange& exchange);
    Task<bool> converse(Exchange& exchange, Connection& connection);
    Task<bool> read_answer(Exchange& exchange, Connection& connection);
    Task<ConnectionPtr> open(Exchange& exchange);
    Task<bool> connect(Exchange& exchange, Tcp::socket& socket, const Proxy* proxy);
    Task<bool> connect_to(Tcp::socket& socket, Tcp::endpoint endpoint, error_code& error);
    Task<bool> ask_proxy(Exchange& exchange, Tcp::socket& socket, const Proxy& proxy);
    Task<bool> shake_hands(Exchange& exchange, Connection& connection);
    ssl::context& context_for(const std::string& origin);

    Clock& clock_;
    ProxyChoice proxies_;
    IdlePool<Connection> pool_;
    ssl::context context_;                         ///< trusts the system's authorities
    std::map<std::string, ssl::context> contexts_; ///< by origin: trusts others beside those
};

ssl::context BeastTransport::new_context() {
    ssl::context context(ssl::context::tls_client);
    SSL_CTX_set_min_proto_version(context.native_handle(), TLS1_2_VERSION);
    // Asio's default is to verify nothing, and a name check alone does not change that.
    context.set_verify_mode(ssl::verify_peer);
    context.set_default_verify_paths();
    return context;
}

std::optional<Error> BeastTransport::trust(const std::string& url, const std::string& ca_file) {
    const auto parsed = parse_https_url(url);
    ssl::context context = new_context();
    error_code error;
    context.load_verify_file(ca_file, error);
    if (error || !parsed) {
        return Error(
            Fault::permanent,
            "http.bad_ca_file",
            "ca_file " + escape_text(ca_file) + " for " + escape_text(url) +
                " cannot be used; expected are a readable PEM file with certificates and an https URL."
        );
    }
    contexts_.insert_or_assign(parsed->origin(), std::move(context));
    return std::nullopt;
}

ssl::context& BeastTransport::context_for(const std::string& origin) {
    const auto found = contexts_.find(origin);
    return found != contexts_.end() ? found->second : context_;
}

Task<Result<HttpResponse>> BeastTransport::send(const HttpRequest& request, TimePoint deadline) {
    auto prepared = Exchange::prepare(request, deadline);
    if (!prepared) {
        co_return std::move(prepared).error();
    }
    Exchange& exchange = *prepared;
    if (deadline <= clock_.now()) {
        co_return exchange.timed_out();
    }
    const auto ended = co_await with_deadline(clock_, deadline, run(exchange));
    if (!ended && !exchange.succeeded()) {
        co_return exchange.timed_out();
    }
    co_return exchange.take_outcome();
}

Task<bool> BeastTransport::run(Exchange& exchange) {
    try {
        ConnectionPtr connection = pool_.take(exchange.origin(), clock_.now());
        if (connection) {
            exchange.use_kept_connection();
            const bool reusable = co_await converse(exchange, *connection);
            if (reusable) {
                pool_.put(exchange.origin(), std::move(connection), clock_.now());
            }
            if (!exchange.may_start_over()) {
                co_return true;
            }
            connection.reset();
            exchange.start_over();
        }
        connection = co_await open(exchange);
        if (connection) {
            const bool reusable = co_await converse(exchange, *connection);
            if (reusable) {
                pool_.put(exchange.origin(), std::move(connection), clock_.now());
            }
        }
    } catch (const std::exception&) {
        // Asio throws when a cancelled coroutine goes on waiting.
        exchange.fail(Failure("http.cancelled", "the call was given up"));
    }
    co_return true;
}

/// Sends the request and reads the answer. True when the connection can be used again.
Task<bool> BeastTransport::converse(Exchange& exchange, Connection& connection) {
    exchange.enter(Stage::answer);
    error_code error;
    co_await asio::async_write(
        connection.stream, asio::buffer(exchange.wire()), asio::redirect_error(asio::use_awaitable, error)
    );
    if (error) {
        exchange.fail(failure_of(error));
        co_return false;
    }
    const bool reusable = co_await read_answer(exchange, connection);
    co_return reusable;
}

Task<bool> BeastTransport::read_answer(Exchange& exchange, Connection& connection) {
    for (int count = 0; count < most_interim_answers; ++count) {
        Parser parser;
        parser.header_limit(longest_head);
        parser.body_limit(longest_body);
        parser.skip(exchange.is_head());
        error_code error;
        co_await beast::http::async_read(
            connection.stream, connection.buffer, parser, asio::redirect_error(asio::use_awaitable, error)
        );
        if (parser.got_some()) {
            exchange.answer_began();
        }
        if (error) {
            exchange.fail(failure_of(error));
            co_return false;
        }
        const int status = static_cast<int>(parser.get().result_int());
        if (status >= 200) {
            const bool reusable = parser.keep_alive() && connection.buffer.size() == 0;
            exchange.answered(take_response(parser));
            co_return reusable;
        }
        if (status == 101) {
            break; // nobody asked for another protocol
        }
    }
    exchange.fail(Failure("http.malformed", "only interim answers came"));
    co_return false;
}

Task<ConnectionPtr> BeastTransport::open(Exchange& exchange) {
    const auto executor = co_await asio::this_coro::executor;
    const Proxy* proxy = proxies_.find(exchange.url().host);
    Tcp::socket socket(executor);
    bool good = co_await connect(exchange, socket, proxy);
    if (good && proxy != nullptr) {
        good = co_await ask_proxy(exchange, socket, *proxy);
    }
    if (!good) {
        co_return nullptr;
    }
    auto connection = std::make_unique<Connection>(std::move(socket), context_for(exchange.origin()));
    good = co_await shake_hands(exchange, *connection);
    if (!good) {
        co_return nullptr;
    }
    co_return connection;
}

Task<bool> BeastTransport::connect(Exchange& exchange, Tcp::socket& socket, const Proxy* proxy) {
    const std::string host(proxy != nullptr ? std::string_view(proxy->host) : exchange.url().host);
    const std::uint16_t port = proxy != nullptr ? proxy->port : exchange.url().port;
    exchange.enter(Stage::resolve);
    const Resolved resolved = co_await resolve(host);
    if (resolved.addresses.empty()) {
        exchange.fail(Failure("http.resolve", escape_text(host) + " is not known (" + resolved.error + ")"));
        co_return false;
    }
    exchange.enter(Stage::connect);
    error_code error;
    std::size_t left = resolved.addresses.size();
    for (const std::string& address : resolved.addresses) {
        const Tcp::endpoint endpoint(asio::ip::make_address(address), port);
        // An address that swallows packets must leave time for the next one.
        const TimePoint now = clock_.now();
        const TimePoint until = now + (exchange.deadline() - now) / left--;
        const auto ended = co_await with_deadline(clock_, until, connect_to(socket, endpoint, error));
        if (ended && !error) {
            error_code ignored;
            socket.set_option(Tcp::no_delay(true), ignored);
            co_return true;
        }
    }
    const std::string why = error ? error.message() : std::string("no answer");
    exchange.fail(Failure(
        "http.connect",
        "no connection to " + escape_text(host) + ":" + std::to_string(port) + " (" + why + ")"
    ));
    co_return false;
}

Task<bool> BeastTransport::connect_to(Tcp::socket& socket, Tcp::endpoint endpoint, error_code& error) {
    error_code ignored;
    socket.close(ignored);
    co_await socket.async_connect(endpoint, asio::redirect_error(asio::use_awaitable, error));
    co_return !error;
}

/// Opens a tunnel through the proxy (RFC 9110, 9.3.6).
Task<bool> BeastTransport::ask_proxy(Exchange& exchange, Tcp::socket& socket, const Proxy& proxy) {
    exchange.enter(Stage::proxy);
    const std::string wire = exchange.connect_request(proxy);
    error_code error;
    co_await asio::async_write(socket, asio::buffer(wire), asio::redirect_error(asio::use_awaitable, error));
    beast::flat_buffer buffer;
    beast::http::response_parser<beast::http::empty_body> parser;
    parser.header_limit(longest_head);
    parser.skip(true);
    if (!error) {
        co_await beast::http::async_read_header(
            socket, buffer, parser, asio::redirect_error(asio::use_awaitable, error)
        );
    }
    if (error) {
        exchange.fail(through(proxy, failure_of(error)));
        co_return false;
    }
    const int status = static_cast<int>(parser.get().result_int());
    // Bytes before the handshake could only be the proxy's own.
    if (status < 200 || status > 299 || buffer.size() != 0) {
        exchange.fail(refused_by(proxy, status));
        co_return false;
    }
    co_return true;
}

Task<bool> BeastTransport::shake_hands(Exchange& exchange, Connection& connection) {
    exchange.enter(Stage::handshake);
    SSL* tls = connection.stream.native_handle();
    if (!expect_host(tls, exchange.url().host)) {
        exchange.fail(Failure("http.tls", "OpenSSL cannot check a certificate for this host's name"));
        co_return false;
    }
    error_code error;
    co_await connection.stream.async_handshake(
        ssl::stream_base::client, asio::redirect_error(asio::use_awaitable, error)
    );
    const long verified = SSL_get_verify_result(tls);
    if (!error && verified == X509_V_OK) {
        co_return true;
    }
    if (verified != X509_V_OK) {
        exchange.fail(Failure("http.tls", describe_distrust(verified)));
    } else if (error == asio::error::operation_aborted) {
        exchange.fail(failure_of(error));
    } else {
        exchange.fail(Failure("http.tls", "the TLS handshake failed (" + error.message() + ")"));
    }
    co_return false;
}

} // namespace

Result<std::unique_ptr<HttpTransport>> make_beast_transport(Clock& clock, const TransportOptions& options) {
    auto proxies = ProxyChoice::parse(options.proxy_url, options.no_proxy);
    if (!proxies) {
        return std::move(proxies).error();
    }
    try {
        auto transport = std::make_unique<BeastTransport>(clock, options, *std::move(proxies));
        for (const auto& [url, ca_file] : options.ca_files) {
            if (auto error = transport->trust(url, ca_file)) {
                return *std::move(error);
            }
        }
        return std::unique_ptr<HttpTransport>(std::move(transport));
    } catch (const boost::system::system_error& error) {
        return Error(
            Fault::permanent, "http.bad_ca_file", std::string("OpenSSL cannot be set up: ") + error.what()
        );
    }
}

} // namespace accessd
