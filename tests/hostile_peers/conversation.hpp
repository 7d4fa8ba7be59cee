#pragma once

#include "core/http/http.hpp"
#include "core/support/task.hpp"
#include "tests/hostile_peers/fault.hpp"
#include "tests/hostile_peers/peer.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace accessd::hostile {

/// One connection, on the server's side.
class Conversation {
public:
    Conversation(boost::asio::ip::tcp::socket socket, std::shared_ptr<boost::asio::ssl::context> tls)
        : context(std::move(tls)), stream(std::move(socket), *context) {}

    boost::asio::ip::tcp::socket& socket() { return stream.next_layer(); }

    /// Ends the connection without TLS's goodbye.
    void end(bool by_reset);

    std::shared_ptr<boost::asio::ssl::context> context;
    boost::asio::ssl::stream<boost::asio::ip::tcp::socket> stream;
    Host host = Host::jira;
    bool idle = false; ///< waits for a request
    std::string received;
    std::uint64_t bytes = 0;   ///< of application data that came
    std::uint64_t flooded = 0; ///< that the client took of a flood
};

using Answer = std::function<Script(const HttpRequest& request)>;
/// Called when the connection ends.
using Tally = std::function<void(std::uint64_t bytes, std::uint64_t flooded)>;

/// Plays `before_tls` on the bare socket; when there is nothing to play, speaks TLS and answers requests
/// until either side ends it.
Task<> converse(std::shared_ptr<Conversation> talk, Script before_tls, Answer answer, Tally tally);

} // namespace accessd::hostile
