#include "tests/hostile_peers/conversation.hpp"

#include "core/support/text.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <openssl/ssl.h>

#include <array>
#include <optional>

namespace accessd::hostile {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

// What nobody should ever take of one answer.
constexpr std::uint64_t most_flooded = 64U << 20U;
constexpr std::size_t longest_request = 1U << 20U;

/// A whole request, taken from the front of what came; nothing when more must come.
std::optional<HttpRequest> take_request(std::string& received) {
    const std::size_t end = received.find("\r\n\r\n");
    if (end == std::string::npos) {
        return std::nullopt;
    }
    const auto lines = split(std::string_view(received).substr(0, end), '\n');
    const auto words = split(lines.front(), ' ');
    if (words.size() < 3) {
        return std::nullopt;
    }
    std::string method(words[0]);
    HttpRequest request(std::move(method), std::string(words[1]));
    for (std::size_t i = 1; i < lines.size(); ++i) {
        std::string_view line = lines[i];
        line = line.substr(0, line.find('\r'));
        const std::size_t colon = line.find(':');
        if (colon != std::string_view::npos) {
            request.headers.add(
                std::string(line.substr(0, colon)), std::string(trim(line.substr(colon + 1)))
            );
        }
    }
    const auto length = parse_integer(request.headers.find("Content-Length").value_or("0")).value_or(0);
    const std::size_t whole = end + 4 + static_cast<std::size_t>(length);
    if (received.size() < whole) {
        return std::nullopt;
    }
    request.body = received.substr(end + 4, static_cast<std::size_t>(length));
    request.url = "https://" + std::string(request.headers.find("Host").value_or("")) + request.url;
    received.erase(0, whole);
    return request;
}

template <class Stream> Task<bool> write(Stream& stream, std::string_view text) {
    error_code error;
    const auto buffer = asio::buffer(text.data(), text.size());
    co_await asio::async_write(stream, buffer, asio::redirect_error(asio::use_awaitable, error));
    co_return !error;
}

Task<> pause(std::chrono::milliseconds how_long) {
    const auto executor = co_await asio::this_coro::executor;
    asio::steady_timer timer(executor, how_long);
    error_code error;
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, error));
}

/// Until the client ends it. `bytes` counts what still comes.
template <class Stream> Task<> wait_for_end(Stream& stream) {
    std::array<char, 4096> space{};
    error_code error;
    while (!error) {
        const auto buffer = asio::buffer(space);
        co_await stream.async_read_some(buffer, asio::redirect_error(asio::use_awaitable, error));
    }
}

template <class Stream> Task<bool> write_slowly(Stream& stream, const Act& act) {
    bool open = true;
    for (std::size_t i = 0; open && i < act.text.size(); ++i) {
        const std::string_view byte = std::string_view(act.text).substr(i, 1);
        open = co_await write(stream, byte);
        if (open && act.kind == Act::Kind::trickle) {
            co_await pause(act.pause);
        }
    }
    co_return open;
}

Task<> say_goodbye(Conversation& talk) {
    error_code error;
    co_await talk.stream.async_shutdown(asio::redirect_error(asio::use_awaitable, error));
    talk.end(false);
}

/// True when the conversation goes on.
template <class Stream> Task<bool> play_one(Conversation& talk, Stream& stream, const Act& act) {
    switch (act.kind) {
    case Act::Kind::send: {
        const bool sent = co_await write(stream, act.text);
        co_return sent;
    }
    case Act::Kind::pieces:
    case Act::Kind::trickle: {
        const bool sent = co_await write_slowly(stream, act);
        co_return sent;
    }
    case Act::Kind::flood: {
        bool open = true;
        while (open && talk.flooded < most_flooded) {
            open = co_await write(stream, act.text);
            talk.flooded += act.text.size();
        }
        talk.end(false);
        co_return false;
    }
    case Act::Kind::silence:
        co_await wait_for_end(stream);
        talk.end(false);
        co_return false;
    case Act::Kind::goodbye:
        co_await say_goodbye(talk);
        co_return false;
    case Act::Kind::cut:
    case Act::Kind::reset:
        talk.end(act.kind == Act::Kind::reset);
        co_return false;
    }
    co_return false;
}

template <class Stream> Task<bool> play(Conversation& talk, Stream& stream, const Script& script) {
    for (const Act& act : script) {
        const bool goes_on = co_await play_one(talk, stream, act);
        if (!goes_on) {
            co_return false;
        }
    }
    co_return true;
}

Task<std::optional<HttpRequest>> read_request(Conversation& talk) {
    std::array<char, 16384> space{};
    auto request = take_request(talk.received);
    while (!request && talk.received.size() < longest_request) {
        error_code error;
        const auto buffer = asio::buffer(space);
        const std::size_t count =
            co_await talk.stream.async_read_some(buffer, asio::redirect_error(asio::use_awaitable, error));
        talk.bytes += count;
        if (error) {
            co_return std::nullopt;
        }
        talk.received.append(space.data(), count);
        request = take_request(talk.received);
    }
    co_return request;
}

Task<> serve(Conversation& talk, const Answer& answer) {
    error_code error;
    const auto role = asio::ssl::stream_base::server;
    co_await talk.stream.async_handshake(role, asio::redirect_error(asio::use_awaitable, error));
    bool open = !error;
    while (open) {
        talk.idle = true;
        const auto request = co_await read_request(talk);
        talk.idle = false;
        if (!request) {
            break;
        }
        const Script script = answer(*request);
        open = co_await play(talk, talk.stream, script);
    }
}

} // namespace

void Conversation::end(bool by_reset) {
    error_code ignored;
    if (by_reset) {
        socket().set_option(asio::socket_base::linger(true, 0), ignored);
    }
    socket().close(ignored);
}

Task<> converse(std::shared_ptr<Conversation> talk, Script before_tls, Answer answer, Tally tally) {
    error_code ignored;
    talk->socket().set_option(asio::ip::tcp::no_delay(true), ignored);
    bool open = true;
    if (!before_tls.empty()) {
        open = co_await play(*talk, talk->socket(), before_tls);
    }
    if (open) {
        co_await serve(*talk, answer);
    }
    talk->end(false);
    tally(talk->bytes, talk->flooded);
}

} // namespace accessd::hostile
