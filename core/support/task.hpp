#pragma once

#include <boost/asio/awaitable.hpp>

namespace accessd {

/// Every coroutine of accessd. It takes its executor from this_coro, so that the same code runs on the real
/// loop and in the simulation.
template <class T = void> using Task = boost::asio::awaitable<T>;

} // namespace accessd
