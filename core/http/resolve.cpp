#include "core/http/resolve.hpp"

#include "core/support/handler.hpp"

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <memory>
#include <utility>

namespace accessd {

namespace {

namespace asio = boost::asio;
using Tcp = asio::ip::tcp;

/// One question. Owned by the resolver's handler alone: the waiting frame is held by it, and not the other
/// way round.
class Question {
public:
    explicit Question(const asio::any_io_executor& executor) : resolver(executor) {}

    Tcp::resolver resolver;
    StoredHandler<ResolvedHost> resume;

    void end(ResolvedHost resolved) {
        if (resume) {
            StoredHandler<ResolvedHost> handler;
            std::swap(handler, resume);
            handler(std::move(resolved));
        }
    }
};

ResolvedHost read(const boost::system::error_code& error, const Tcp::resolver::results_type& results) {
    ResolvedHost resolved;
    for (const auto& entry : results) {
        std::string address = entry.endpoint().address().to_string();
        if (std::ranges::find(resolved.addresses, address) == resolved.addresses.end()) {
            resolved.addresses.push_back(std::move(address));
        }
    }
    resolved.error = error ? error.message() : std::string("it has no address");
    return resolved;
}

/// Asio's own cancellation of a resolver waits for the system's answer, which may take half a minute.
class ResolveStart {
public:
    ResolveStart(std::string host, asio::any_io_executor executor)
        : host_(std::move(host)), executor_(std::move(executor)) {}

    template <class Handler> void operator()(Handler&& handler) const {
        auto question = std::make_shared<Question>(executor_);
        auto slot = asio::get_associated_cancellation_slot(handler);
        if (slot.is_connected()) {
            slot.assign([weak = std::weak_ptr<Question>(question)](asio::cancellation_type) {
                if (auto alive = weak.lock()) {
                    alive->end(ResolvedHost());
                }
            });
        }
        auto stored = store_handler<ResolvedHost>(std::forward<Handler>(handler));
        question->resume = [stored, executor = executor_](ResolvedHost resolved) {
            asio::post(executor, [stored, resolved = std::move(resolved)] { stored(resolved); });
        };
        question->resolver.async_resolve(
            host_,
            "",
            Tcp::resolver::address_configured,
            [question](const boost::system::error_code& error, const Tcp::resolver::results_type& results) {
                question->end(read(error, results));
            }
        );
    }

private:
    std::string host_;
    asio::any_io_executor executor_;
};

} // namespace

Task<ResolvedHost> resolve(std::string host) {
    boost::system::error_code error;
    const auto literal = asio::ip::make_address(host, error);
    if (!error) {
        ResolvedHost resolved;
        resolved.addresses.push_back(literal.to_string());
        co_return resolved;
    }
    const auto executor = co_await asio::this_coro::executor;
    ResolveStart start(std::move(host), executor);
    ResolvedHost resolved = co_await asio::async_initiate<const asio::use_awaitable_t<>, void(ResolvedHost)>(
        start, asio::use_awaitable
    );
    co_return resolved;
}

} // namespace accessd
