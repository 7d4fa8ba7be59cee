// Asio and its SSL half, compiled once for every user.
#include <boost/asio/impl/src.hpp>
#include <boost/asio/ssl/impl/src.hpp>
