#include "core/http/dial.hpp"

#include "core/http/resolve.hpp"
#include "core/support/deadline.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cerrno>
#include <string>
#include <sys/socket.h>

namespace accessd {

namespace {

namespace asio = boost::asio;

using boost::system::error_code;
using Endpoint = asio::ip::tcp::endpoint;

Failure given_up() {
    return Failure("http.cancelled", "the call was given up");
}

Task<bool> connect_to(TcpSocket& socket, Endpoint endpoint, error_code& error) {
    error_code ignored;
    socket.close(ignored);
    co_await socket.async_connect(endpoint, asio::redirect_error(asio::use_awaitable, error));
    co_return !error;
}

} // namespace

Task<bool> dial(Clock& clock, Exchange& exchange, TcpSocket& socket) {
    exchange.enter(Stage::resolve);
    std::string host(exchange.next_host());
    const auto resolved = co_await with_deadline(clock, exchange.deadline(), resolve(std::move(host)));
    auto state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none) {
        exchange.fail(given_up());
        co_return false;
    }
    if (!resolved) {
        exchange.time_out();
        co_return false;
    }
    if (resolved->addresses.empty()) {
        exchange.fail(Failure("http.resolve", "its name is not known (" + resolved->error + ")"));
        co_return false;
    }
    exchange.enter(Stage::connect);
    std::string why;
    auto left = static_cast<Duration::rep>(resolved->addresses.size());
    for (const std::string& address : resolved->addresses) {
        error_code error;
        const Endpoint endpoint(asio::ip::make_address(address, error), exchange.next_port());
        // An address that swallows packets must leave time for the next one.
        const TimePoint now = clock.now();
        const TimePoint until = now + (exchange.deadline() - now) / left--;
        const auto ended = co_await with_deadline(clock, until, connect_to(socket, endpoint, error));
        if (ended && !error) {
            socket.set_option(asio::ip::tcp::no_delay(true), error);
            co_return true;
        }
        state = co_await asio::this_coro::cancellation_state;
        if (state.cancelled() != asio::cancellation_type::none) {
            exchange.fail(given_up());
            co_return false;
        }
        why = ended ? error.message() : std::string("no answer");
    }
    if (clock.now() >= exchange.deadline()) {
        exchange.time_out();
    } else {
        exchange.fail(Failure(
            "http.connect", "no connection to port " + std::to_string(exchange.next_port()) + " (" + why + ")"
        ));
    }
    co_return false;
}

bool is_quiet(TcpSocket& socket) {
    char byte = 0;
    const auto got = ::recv(socket.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

} // namespace accessd
