#include "tests/sandbox/listener.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/status.hpp>
#include <boost/beast/http/string_body.hpp>

#include <chrono>
#include <optional>
#include <string>

namespace accessd::sandbox {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr std::uint64_t request_limit = 16U * 1024U * 1024U;
constexpr std::uint32_t header_limit = 64U * 1024U;

// The whole answer as bytes; of a truncated one the first half of the body.
std::string to_wire(const Delivery& delivery, bool keep_alive) {
    const HttpResponse& response = delivery.response;
    const auto reason = http::obsolete_reason(static_cast<http::status>(response.status));
    std::string out;
    out.reserve(response.body.size() + 512);
    out += "HTTP/1.1 ";
    out += std::to_string(response.status);
    out += ' ';
    out.append(reason.data(), reason.size());
    out += "\r\n";
    for (const auto& [name, value] : response.headers.all()) {
        out += name;
        out += ": ";
        out += value;
        out += "\r\n";
    }
    if (response.status != 204) {
        out += "Content-Length: ";
        out += std::to_string(response.body.size());
        out += "\r\n";
    }
    out += keep_alive ? "Connection: keep-alive\r\n\r\n" : "Connection: close\r\n\r\n";
    const bool whole = delivery.kind == Delivery::Kind::answered;
    out.append(response.body, 0, whole ? response.body.size() : response.body.size() / 2);
    return out;
}

class Connection : public std::enable_shared_from_this<Connection> {
public:
    Connection(tcp::socket socket, asio::ssl::context& tls, std::shared_ptr<Listener::Handler> handler)
        : stream_(std::move(socket), tls), timer_(stream_.get_executor()), handler_(std::move(handler)) {}

    void start() {
        error_code ignored;
        stream_.lowest_layer().set_option(tcp::no_delay(true), ignored);
        stream_.async_handshake(
            asio::ssl::stream_base::server,
            [self = shared_from_this()](error_code failed) {
                if (!failed) {
                    self->read();
                }
            }
        );
    }

private:
    void read() {
        parser_.emplace();
        parser_->body_limit(request_limit);
        parser_->header_limit(header_limit);
        http::async_read(
            stream_,
            buffer_,
            *parser_,
            [self = shared_from_this()](error_code failed, std::size_t) {
                if (!failed) {
                    self->handle();
                }
            }
        );
    }

    void handle() {
        const auto& message = parser_->get();
        HttpRequest request(std::string(message.method_string()), "https://");
        const auto host = message[http::field::host];
        request.url.append(host.data(), host.size());
        request.url.append(message.target().data(), message.target().size());
        for (const auto& field : message) {
            request.headers.add(std::string(field.name_string()), std::string(field.value()));
        }
        request.body = std::move(parser_->get().body());
        keep_alive_ = message.keep_alive();
        delivery_ = (*handler_)(request);
        if (delivery_.delay <= Duration::zero()) {
            write();
            return;
        }
        timer_.expires_after(delivery_.delay);
        timer_.async_wait([self = shared_from_this()](error_code failed) {
            if (!failed) {
                self->write();
            }
        });
    }

    void write() {
        if (delivery_.kind == Delivery::Kind::closed) {
            close();
            return;
        }
        answer_ = to_wire(delivery_, keep_alive_);
        asio::async_write(
            stream_,
            asio::buffer(answer_),
            [self = shared_from_this()](error_code failed, std::size_t) {
                if (failed || self->delivery_.kind == Delivery::Kind::truncated) {
                    self->close();
                } else if (self->keep_alive_) {
                    self->read();
                } else {
                    self->shut_down();
                }
            }
        );
    }

    // In the middle of things, without TLS's goodbye: the client is meant to notice.
    void close() {
        error_code ignored;
        stream_.lowest_layer().close(ignored);
    }

    void shut_down() {
        stream_.async_shutdown([self = shared_from_this()](error_code) { self->close(); });
    }

    asio::ssl::stream<tcp::socket> stream_;
    asio::steady_timer timer_;
    std::shared_ptr<Listener::Handler> handler_;
    boost::beast::flat_buffer buffer_;
    std::optional<http::request_parser<http::string_body>> parser_;
    Delivery delivery_;
    std::string answer_;
    bool keep_alive_ = true;
};

tcp::acceptor listen(asio::io_context& loop, const tcp::endpoint& where) {
    tcp::acceptor acceptor(loop);
    acceptor.open(where.protocol());
    acceptor.set_option(tcp::acceptor::reuse_address(true));
    acceptor.bind(where);
    acceptor.listen(4096);
    return acceptor;
}

} // namespace

class Listener::Impl : public std::enable_shared_from_this<Impl> {
public:
    Impl(asio::io_context& loop, asio::ssl::context& tls, std::uint16_t port, Handler handler)
        : tls_(tls), handler_(std::make_shared<Handler>(std::move(handler))),
          v4_(listen(loop, tcp::endpoint(asio::ip::address_v4::loopback(), port))), v6_(loop), retry_(loop) {
        try {
            v6_ = listen(loop, tcp::endpoint(asio::ip::address_v6::loopback(), this->port()));
        } catch (const boost::system::system_error&) {
            v6_ = tcp::acceptor(loop); // no IPv6 here, or the port is taken there
        }
    }

    void start() {
        accept(v4_);
        if (v6_.is_open()) {
            accept(v6_);
        }
    }

    void stop() {
        error_code ignored;
        v4_.close(ignored);
        v6_.close(ignored);
        retry_.cancel();
    }

    std::uint16_t port() const { return v4_.local_endpoint().port(); }

private:
    void accept(tcp::acceptor& acceptor) {
        acceptor.async_accept([self = shared_from_this(), &acceptor](error_code failed, tcp::socket socket) {
            if (!acceptor.is_open()) {
                return;
            }
            if (!failed) {
                std::make_shared<Connection>(std::move(socket), self->tls_, self->handler_)->start();
                self->accept(acceptor);
                return;
            }
            // Out of descriptors, most likely: wait for some to come back.
            self->retry_.expires_after(std::chrono::milliseconds(20));
            self->retry_.async_wait([self, &acceptor](error_code) {
                if (acceptor.is_open()) {
                    self->accept(acceptor);
                }
            });
        });
    }

    asio::ssl::context& tls_;
    std::shared_ptr<Handler> handler_;
    tcp::acceptor v4_;
    tcp::acceptor v6_;
    asio::steady_timer retry_;
};

Listener::Listener(asio::io_context& loop, asio::ssl::context& tls, std::uint16_t port, Handler handler)
    : impl_(std::make_shared<Impl>(loop, tls, port, std::move(handler))) {
    impl_->start();
}

Listener::~Listener() {
    impl_->stop();
}

std::uint16_t Listener::port() const {
    return impl_->port();
}

} // namespace accessd::sandbox
