#pragma once

#include "core/http/exchange.hpp"
#include "core/support/clock.hpp"
#include "core/support/task.hpp"

#include <boost/asio/basic_stream_socket.hpp>

namespace boost::asio::ip {
class tcp;
}

namespace accessd {

using TcpSocket = boost::asio::basic_stream_socket<boost::asio::ip::tcp>;

/// Connects `socket` to the exchange's next host, trying all of its addresses. False when that fails; the
/// exchange knows why then.
Task<bool> dial(Clock& clock, Exchange& exchange, TcpSocket& socket);

/// True when the socket is open and nothing came that has not been read. Between two answers a server has
/// nothing to say but that it closes.
bool is_quiet(TcpSocket& socket);

} // namespace accessd
