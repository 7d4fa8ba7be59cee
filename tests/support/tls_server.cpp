#include "tests/support/tls_server.hpp"

#include <openssl/ssl.h>

#include <algorithm>
#include <arpa/inet.h>
#include <csignal>
#include <netinet/in.h>
#include <stdexcept>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>
#include <utility>

namespace accessd::test {

namespace {

std::size_t body_length(std::string_view head) {
    constexpr std::string_view name = "Content-Length: ";
    const std::size_t at = head.find(name);
    return at == std::string_view::npos ? 0 : std::stoul(std::string(head.substr(at + name.size(), 9)));
}

} // namespace

TlsPeer::TlsPeer(int socket, ssl_ctx_st* context) : socket_(socket), tls_(SSL_new(context)) {
    timeval limit{10, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    ::setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    SSL_set_fd(tls_, socket_);
}

TlsPeer::~TlsPeer() {
    SSL_free(tls_);
}

bool TlsPeer::shake_hands() {
    return SSL_accept(tls_) == 1;
}

std::string TlsPeer::read_request() {
    std::string text;
    std::size_t wanted = std::string::npos;
    while (text.size() < wanted) {
        char buffer[4096];
        const int got = SSL_read(tls_, buffer, sizeof buffer);
        if (got <= 0) {
            return "";
        }
        text.append(buffer, static_cast<std::size_t>(got));
        const std::size_t end = text.find("\r\n\r\n");
        if (wanted == std::string::npos && end != std::string::npos) {
            wanted = end + 4 + body_length(text);
        }
    }
    return text;
}

bool TlsPeer::write(std::string_view text) {
    return SSL_write(tls_, text.data(), static_cast<int>(text.size())) > 0;
}

void TlsPeer::say_goodbye() {
    SSL_shutdown(tls_);
    ::shutdown(socket_, SHUT_WR);
}

void TlsPeer::wait_until_closed() {
    char buffer[4096];
    while (::recv(socket_, buffer, sizeof buffer, 0) > 0) {
    }
}

std::string TlsPeer::read_plain_head() {
    std::string text;
    char byte = 0;
    while (!text.ends_with("\r\n\r\n") && ::recv(socket_, &byte, 1, 0) == 1) {
        text += byte;
    }
    return text;
}

void TlsPeer::write_plain(std::string_view text) {
    ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL);
}

std::string TlsPeer::server_name() const {
    const char* name = SSL_get_servername(tls_, TLSEXT_NAMETYPE_host_name);
    return name != nullptr ? name : "";
}

bool TlsPeer::resumed() const {
    return SSL_session_reused(tls_) == 1;
}

TlsServer::TlsServer(const TestCertificate& certificate, Serve serve)
    : context_(SSL_CTX_new(TLS_server_method())), serve_(std::move(serve)) {
    // OpenSSL writes to sockets without MSG_NOSIGNAL, and clients leave in the middle on purpose.
    std::signal(SIGPIPE, SIG_IGN);
    SSL_CTX_use_certificate(context_, certificate.certificate.get());
    SSL_CTX_use_PrivateKey(context_, certificate.key.get());
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(listener_, 16) != 0) {
        throw std::runtime_error("the test server cannot listen");
    }
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { run(); });
}

TlsServer::~TlsServer() {
    stopping_ = true;
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    {
        const std::scoped_lock lock(mutex_);
        for (const int socket : open_) {
            ::shutdown(socket, SHUT_RDWR);
        }
    }
    for (std::thread& served : served_) {
        served.join();
    }
    ::close(listener_);
    SSL_CTX_free(context_);
}

void TlsServer::speak_old_tls() {
    SSL_CTX_set_min_proto_version(context_, TLS1_VERSION);
    SSL_CTX_set_max_proto_version(context_, TLS1_1_VERSION);
    // The hashes of old TLS are below what OpenSSL allows by itself.
    SSL_CTX_set_cipher_list(context_, "ALL:@SECLEVEL=0");
}

std::string TlsServer::url(std::string_view path, std::string_view host) const {
    return "https://" + std::string(host) + ":" + std::to_string(port_) + std::string(path);
}

void TlsServer::run() {
    while (!stopping_) {
        const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        if (socket < 0) {
            continue;
        }
        ++connections_;
        const std::scoped_lock lock(mutex_);
        open_.push_back(socket);
        served_.emplace_back([this, socket] { serve_one(socket); });
    }
}

void TlsServer::serve_one(int socket) {
    {
        TlsPeer peer(socket, context_);
        serve_(peer);
    }
    const std::scoped_lock lock(mutex_);
    std::erase(open_, socket);
    ::close(socket);
}

std::string answer(std::string_view body, std::string_view more_headers, std::string_view status) {
    return "HTTP/1.1 " + std::string(status) + "\r\nContent-Type: application/json\r\n" +
           std::string(more_headers) + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
           std::string(body);
}

} // namespace accessd::test
