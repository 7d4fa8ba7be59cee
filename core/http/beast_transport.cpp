#include "core/http/beast_transport.hpp"

#include "core/http/dial.hpp"
#include "core/http/exchange.hpp"
#include "core/http/idle_pool.hpp"
#include "core/http/proxy.hpp"
#include "core/http/time_limit.hpp"
#include "core/http/tls_trust.hpp"
#include "core/support/text.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include <memory>
#include <utility>

namespace accessd {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace ssl = boost::asio::ssl;

using boost::system::error_code;
using Parser = beast::http::response_parser<beast::http::string_body>;

constexpr std::uint64_t longest_body = 8U * 1024U * 1024U;
constexpr std::uint32_t longest_head = 64U * 1024U;
constexpr std::uint32_t longest_proxy_head = 8U * 1024U;
constexpr std::size_t read_size = 16U * 1024U; // what one TLS record holds
constexpr int most_interim_answers = 8;
constexpr Duration distrust_time = std::chrono::minutes(10); // of a server that ends connections silently

/// One TLS connection. Destroying it closes the socket, and so does its time limit.
class Connection {
public:
    Connection(const asio::any_io_executor& executor, ssl::context& context)
        : stream(executor, context), limit(executor, [this] { close(); }) {}

    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    ~Connection() {
        // OpenSSL holds a session for broken whose connection ends without goodbye; the sockets just close.
        SSL_set_shutdown(stream.native_handle(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    }

    TcpSocket& socket() { return stream.next_layer(); }

    bool is_quiet() { return accessd::is_quiet(socket()); }

    ssl::stream<TcpSocket> stream;
    beast::flat_buffer buffer;
    TimeLimit limit;

private:
    void close() {
        error_code ignored;
        socket().close(ignored);
    }
};

using ConnectionPtr = std::unique_ptr<Connection>;

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
    if (!ended && error.category() == error_code(HttpError::bad_version).category()) {
        return Failure("http.malformed", "the answer is not HTTP/1.1 (" + error.message() + ")");
    }
    if (error.category() == asio::error::get_ssl_category()) {
        return Failure("http.tls", describe_tls_error(static_cast<unsigned long>(error.value())));
    }
    return Failure("http.closed", "the connection was closed before the whole answer came");
}

void fail(Exchange& exchange, const Connection& connection, const error_code& error) {
    if (connection.limit.is_over()) {
        exchange.time_out();
    } else {
        exchange.fail(failure_of(error));
    }
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

/// Reads until the parser has a whole message or there is an error. True when a byte came.
template <class Stream>
Task<bool> read_message(Stream& stream, beast::flat_buffer& buffer, Parser& parser, error_code& error) {
    bool came = buffer.size() > 0;
    while (true) {
        if (buffer.size() > 0) {
            const std::size_t used = parser.put(buffer.data(), error);
            buffer.consume(used);
            if (error == beast::http::error::need_more) {
                error.clear();
            }
        }
        if (!error && !parser.is_done() && buffer.size() > longest_head) {
            // What the parser waits to see the end of: the parser itself bounds neither the line before a
            // chunk nor the trailers.
            error = beast::http::error::header_limit;
        }
        if (error || parser.is_done()) {
            co_return came;
        }
        const auto space = buffer.prepare(read_size);
        const std::size_t count =
            co_await stream.async_read_some(space, asio::redirect_error(asio::use_awaitable, error));
        buffer.commit(count);
        came = came || count > 0;
        if (error == asio::error::eof && parser.got_some()) {
            error.clear();
            parser.put_eof(error);
            co_return came;
        }
        if (error) {
            co_return came;
        }
    }
}

class BeastTransport final : public HttpTransport {
public:
    BeastTransport(Clock& clock, const TransportOptions& options, ProxyChoice proxies);

    std::optional<Error> trust(const std::string& ca_file);
    Task<Result<HttpResponse>> send(const HttpRequest& request, TimePoint deadline) override;

private:
    Task<bool> run(Exchange& exchange);
    Task<bool> converse(Exchange& exchange, ConnectionPtr connection);
    Task<bool> read_answer(Exchange& exchange, Connection& connection);
    Task<ConnectionPtr> open(Exchange& exchange);
    Task<bool> ask_proxy(Exchange& exchange, Connection& connection);
    Task<bool> shake_hands(Exchange& exchange, Connection& connection);

    Clock& clock_;
    ProxyChoice proxies_;
    ssl::context context_;
    TlsSessions sessions_;
    IdlePool<Connection> pool_;
};

BeastTransport::BeastTransport(Clock& clock, const TransportOptions& options, ProxyChoice proxies)
    : clock_(clock), proxies_(std::move(proxies)), context_(ssl::context::tls_client),
      pool_(options.max_idle_per_host, options.idle_limit) {
    SSL_CTX_set_min_proto_version(context_.native_handle(), TLS1_2_VERSION);
    // Asio's default is to verify nothing, and a name check alone does not change that.
    context_.set_verify_mode(ssl::verify_peer);
    context_.set_default_verify_paths();
    TlsSessions::enable(context_.native_handle());
}

std::optional<Error> BeastTransport::trust(const std::string& ca_file) {
    error_code error;
    context_.load_verify_file(ca_file, error);
    if (!error) {
        return std::nullopt;
    }
    return Error(
        Fault::permanent,
        "tls.bad_ca",
        "ca_file " + escape_text(ca_file) +
            " cannot be used; expected is a readable file with certificates in PEM"
    );
}

Task<Result<HttpResponse>> BeastTransport::send(const HttpRequest& request, TimePoint deadline) {
    auto prepared = Exchange::prepare(request, deadline);
    if (!prepared) {
        co_return std::move(prepared).error();
    }
    Exchange& exchange = *prepared;
    if (deadline <= clock_.now()) {
        exchange.time_out();
        co_return exchange.take_outcome();
    }
    try {
        co_await run(exchange);
    } catch (const boost::system::system_error&) {
        // Asio throws when a cancelled coroutine goes on to wait.
        exchange.fail(failure_of(asio::error::operation_aborted));
    }
    co_return exchange.take_outcome();
}

Task<bool> BeastTransport::run(Exchange& exchange) {
    ConnectionPtr connection;
    if (exchange.is_read() || pool_.is_trusted(exchange.origin(), clock_.now())) {
        connection = pool_.take(exchange.origin(), clock_.now());
    }
    if (connection) {
        exchange.use_kept_connection();
        co_await converse(exchange, std::move(connection));
        if (exchange.lost_kept_connection()) {
            pool_.distrust(exchange.origin(), clock_.now() + distrust_time);
        }
        if (!exchange.may_start_over()) {
            co_return true;
        }
        exchange.start_over();
    }
    connection = co_await open(exchange);
    if (connection) {
        co_await converse(exchange, std::move(connection));
    }
    co_return true;
}

/// Sends the request, reads the answer and keeps the connection when it can be used again.
Task<bool> BeastTransport::converse(Exchange& exchange, ConnectionPtr connection) {
    exchange.enter(Stage::answer);
    bool reusable = false;
    {
        const TimeLimit::Scope scope(connection->limit, exchange.deadline() - clock_.now());
        error_code error;
        const auto wire = asio::buffer(exchange.wire());
        const std::size_t written = co_await asio::async_write(
            connection->stream, wire, asio::redirect_error(asio::use_awaitable, error)
        );
        // What is not a whole TLS record on its way cannot be read by anybody.
        if (written > 0) {
            exchange.sent();
        }
        if (error) {
            fail(exchange, *connection, error);
            co_return false;
        }
        reusable = co_await read_answer(exchange, *connection);
    }
    if (reusable) {
        pool_.put(exchange.origin(), std::move(connection), clock_.now());
    }
    co_return true;
}

/// True when the connection can be used again.
Task<bool> BeastTransport::read_answer(Exchange& exchange, Connection& connection) {
    for (int count = 0; count < most_interim_answers; ++count) {
        Parser parser;
        parser.eager(true);
        parser.header_limit(longest_head);
        parser.body_limit(longest_body);
        parser.skip(exchange.is_head());
        error_code error;
        const bool came = co_await read_message(connection.stream, connection.buffer, parser, error);
        if (came) {
            exchange.answer_began();
        }
        if (error) {
            fail(exchange, connection, error);
            co_return false;
        }
        const unsigned status = parser.get().result_int();
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
    exchange.use_proxy(proxy);
    auto connection = std::make_unique<Connection>(executor, context_);
    bool good = co_await dial(clock_, exchange, connection->socket());
    if (!good) {
        co_return nullptr;
    }
    const TimeLimit::Scope scope(connection->limit, exchange.deadline() - clock_.now());
    if (proxy != nullptr) {
        good = co_await ask_proxy(exchange, *connection);
    }
    if (good) {
        good = co_await shake_hands(exchange, *connection);
    }
    if (!good) {
        co_return nullptr;
    }
    co_return connection;
}

/// Opens a tunnel through the proxy (RFC 9110, 9.3.6).
Task<bool> BeastTransport::ask_proxy(Exchange& exchange, Connection& connection) {
    exchange.enter(Stage::proxy);
    const std::string wire = exchange.connect_request();
    error_code error;
    co_await asio::async_write(
        connection.socket(), asio::buffer(wire), asio::redirect_error(asio::use_awaitable, error)
    );
    Parser parser;
    parser.header_limit(longest_proxy_head);
    parser.skip(true);
    if (!error) {
        co_await read_message(connection.socket(), connection.buffer, parser, error);
    }
    if (error) {
        fail(exchange, connection, error);
        co_return false;
    }
    const int status = static_cast<int>(parser.get().result_int());
    // Bytes before the handshake could only be the proxy's own.
    if (status < 200 || status > 299 || connection.buffer.size() != 0) {
        exchange.fail(refused_tunnel(status));
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
    sessions_.resume(tls, exchange.origin());
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
    } else if (connection.limit.is_over() || error == asio::error::operation_aborted) {
        fail(exchange, connection, error);
    } else if (error.category() == asio::error::get_ssl_category()) {
        exchange.fail(failure_of(error));
    } else {
        exchange.fail(Failure("http.tls", "the TLS handshake failed (" + error.message() + ")"));
    }
    co_return false;
}

} // namespace

Result<std::unique_ptr<HttpTransport>> make_beast_transport(Clock& clock, TransportOptions options) {
    auto proxies = ProxyChoice::parse(options.proxy_url, options.no_proxy);
    if (!proxies) {
        return std::move(proxies).error();
    }
    try {
        auto transport = std::make_unique<BeastTransport>(clock, options, *std::move(proxies));
        if (!options.ca_file.empty()) {
            if (auto error = transport->trust(options.ca_file)) {
                return *std::move(error);
            }
        }
        return std::unique_ptr<HttpTransport>(std::move(transport));
    } catch (const boost::system::system_error& error) {
        return Error(
            Fault::permanent, "tls.bad_ca", std::string("OpenSSL cannot be set up: ") + error.what()
        );
    }
}

} // namespace accessd
