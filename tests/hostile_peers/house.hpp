#pragma once

#include "core/engine/engine.hpp"
#include "core/http/http.hpp"
#include "core/http/rest_client.hpp"
#include "core/http/token_source.hpp"
#include "core/jsm/ticket_source.hpp"
#include "core/store/store.hpp"
#include "core/support/random.hpp"
#include "tests/hostile_peers/leap_clock.hpp"
#include "tests/hostile_peers/peer.hpp"
#include "tests/sandbox/sandbox.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/json/object.hpp>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace accessd::hostile {

/// A whole daemon - engine, ticket source, provider, store, transport - and the vendors that it serves, which
/// answer through the peer. The house notes what must never happen as it happens.
class House {
public:
    House(boost::asio::io_context& loop, LeapClock& clock, Peer& peer);
    House(const House&) = delete;
    House& operator=(const House&) = delete;
    ~House();

    void start();
    /// In good order; false when it does not end.
    bool stop();

    /// What systemd does with a daemon that has ended. To be called whenever the loop rests.
    void tend();

    /// A vendor's control verb; throws when it is refused.
    boost::json::value jsm(std::string_view verb, boost::json::object arguments = {});
    boost::json::value entra(std::string_view verb, boost::json::object arguments = {});

    bool is_member();
    std::string status_of(const std::string& ticket);
    std::vector<std::string> comments_of(const std::string& ticket);

    /// Messages that the daemon has delivered.
    std::uint64_t told() const;

    /// Memberships that were added or removed, and tries to.
    std::uint64_t writes();

    sandbox::Sandbox& vendors() { return vendors_; }

    const std::filesystem::path& directory() const { return directory_; }

    Engine& engine() { return *engine_; }

    /// Whatever must not be found in anything that the daemon writes.
    const std::vector<std::string>& secrets() const { return secrets_; }

    /// Lines of the log of this house, and the errors of its calls.
    const std::vector<std::string>& lines() const { return lines_; }

    /// What a call may take: real time, so short that a stalled one costs little and long enough for 9 MiB.
    Duration patience = std::chrono::milliseconds(150);
    std::vector<std::string> violations;
    bool may_grant = true; ///< whether the ticket's approval is real
    std::string ticket;

private:
    class Calls;

    void build();
    void take_down();
    HttpResponse answer(const HttpRequest& request);
    void compare_with_truth(const HttpRequest& request);

    boost::asio::io_context& loop_;
    LeapClock& clock_;
    Peer& peer_;
    std::filesystem::path directory_;
    std::unique_ptr<Random> dice_;
    sandbox::Sandbox vendors_;
    std::vector<std::string> secrets_;
    std::vector<std::string> lines_;
    std::string last_status_;
    std::uint64_t told_before_ = 0; ///< by engines that are gone
    TimePoint vendor_time_{};
    std::unique_ptr<Store> store_;
    std::unique_ptr<HttpTransport> sockets_;
    std::unique_ptr<HttpTransport> calls_;
    std::unique_ptr<TokenSource> jira_token_;
    std::unique_ptr<RestClient> jira_;
    std::unique_ptr<TicketSource> source_;
    std::unique_ptr<Engine> engine_;
    std::optional<Result<Done>> outcome_;
};

} // namespace accessd::hostile
