#include "tests/hostile_peers/peer.hpp"

#include "tests/hostile_peers/conversation.hpp"
#include "tests/sandbox/sandbox.hpp"
#include "tests/sandbox/wire.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <openssl/ssl.h>

#include <algorithm>
#include <fstream>
#include <optional>
#include <stdexcept>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

namespace accessd::hostile {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

// As many as wait in a queue of length 0, and one more.
constexpr int deaf_queue = 3;

std::size_t place(Host host) {
    return static_cast<std::size_t>(host);
}

std::string write_temporary(const std::string& text) {
    std::string path = "/tmp/accessd-hostile-ca-XXXXXX";
    const int file = ::mkstemp(path.data());
    if (file < 0) {
        throw std::runtime_error("no file for the authority");
    }
    ::close(file);
    std::ofstream(path) << text;
    return path;
}

/// The credentials that each server may see.
std::string_view expected_scheme(Host host) {
    switch (host) {
    case Host::jira:
        return "Basic ";
    case Host::graph:
        return "Bearer ";
    case Host::login:
    case Host::evil:
        break;
    }
    return "";
}

} // namespace

std::string_view to_string(Host host) {
    static constexpr std::array<std::string_view, host_count> names = {"jira", "graph", "login", "evil"};
    return names[place(host)];
}

class Peer::Impl : public std::enable_shared_from_this<Peer::Impl> {
public:
    Impl(asio::io_context& loop, LeapClock& clock)
        : loop_(loop), clock_(clock), ca_file(write_temporary(authority_.pem())) {
        for (std::size_t at = 0; at < host_count; ++at) {
            addresses[at] = "127.0.0." + std::to_string(at + 1);
            acceptors_.emplace_back(loop, tcp::endpoint(asio::ip::make_address(addresses[at]), 0));
            ports_[at] = acceptors_[at].local_endpoint().port();
            origins[at] = "https://" + addresses[at] + ":" + std::to_string(ports_[at]);
            contexts_.push_back(nullptr);
            TlsPlan plan;
            speak(static_cast<Host>(at), plan);
        }
    }

    ~Impl() { ::unlink(ca_file.c_str()); }

    void start() {
        for (std::size_t at = 0; at < host_count; ++at) {
            accept(at);
        }
    }

    void stop() {
        for (tcp::acceptor& acceptor : acceptors_) {
            error_code ignored;
            acceptor.close(ignored);
        }
        hang_up();
    }

    void hang_up() {
        for (const auto& weak : talks_) {
            if (const auto talk = weak.lock()) {
                talk->end(false);
            }
        }
        talks_.clear();
    }

    void speak(Host host, TlsPlan plan) {
        if (plan.certificate.names == CertificatePlan().names) {
            plan.certificate.names = "IP:" + addresses[place(host)];
        }
        auto context = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_server);
        SSL_CTX* tls = context->native_handle();
        (plan.foreign_authority ? foreign_ : authority_).equip(tls, plan.certificate);
        if (plan.old_versions) {
            // OpenSSL has TLS 1.1 on its lowest level of security only.
            SSL_CTX_set_security_level(tls, 0);
            SSL_CTX_set_min_proto_version(tls, TLS1_VERSION);
            SSL_CTX_set_max_proto_version(tls, TLS1_1_VERSION);
        }
        const std::string& id = addresses[place(host)];
        SSL_CTX_set_session_id_context(
            tls, reinterpret_cast<const unsigned char*>(id.data()), static_cast<unsigned int>(id.size())
        );
        contexts_[place(host)] = std::move(context);
        stalls_[place(host)] = plan.stalls;
        listen(place(host), plan);
        end_idle(host, true);
    }

    void expect(std::string_view url, std::string_view endpoint) {
        if (fault == nullptr || endpoint != faulty_endpoint || fault->strike == Strike::answer) {
            return;
        }
        const sandbox::Url parts(url);
        const auto found = std::find(origins.begin(), origins.end(), parts.origin);
        if (found == origins.end() || strikes >= fault->times) {
            return;
        }
        const auto host = static_cast<Host>(found - origins.begin());
        if (fault->strike == Strike::dial) {
            armed = host;
            end_idle(host, true);
        } else {
            strikes += end_idle(host, fault->vendor_acts) > 0 ? 1 : 0;
        }
    }

    /// What the server does about one request.
    Script answer(Host host, const HttpRequest& request) {
        ++sightings.requests[place(host)];
        watch(host, request);
        const std::string endpoint = sandbox::endpoint_of(request.method, sandbox::Url(request.url).path);
        const bool strikes_here = is_on() && fault->strike == Strike::answer && endpoint == faulty_endpoint;
        if (!strikes_here) {
            return {Act(Act::Kind::send, to_wire(vendor(host, request)))};
        }
        HttpResponse genuine;
        if (fault->vendor_acts) {
            genuine = vendor(host, request);
        }
        Scene scene;
        scene.url = request.url;
        scene.evil_origin = origins[place(Host::evil)];
        scene.strike = strikes++;
        scene.now = clock_.now();
        return fault->play(genuine, scene);
    }

    void forget() {
        sightings = Sightings();
        ++epoch_;
    }

    bool is_on() const { return fault != nullptr && strikes < fault->times; }

    std::array<std::string, host_count> addresses;
    std::array<std::string, host_count> origins;
    Vendor vendor;
    const Fault* fault = nullptr;
    std::string faulty_endpoint;
    std::uint64_t strikes = 0;
    std::optional<Host> armed;
    Sightings sightings;

private:
    /// Opens the port, or closes it, or fills the queue of those who wait to be let in.
    void listen(std::size_t at, const TlsPlan& plan) {
        const bool changes = plan.closed || plan.deaf || shut_[at];
        if (!changes) {
            return;
        }
        const tcp::endpoint where(asio::ip::make_address(addresses[at]), ports_[at]);
        acceptors_[at].close();
        fillers_.clear();
        shut_[at] = plan.closed || plan.deaf;
        if (plan.closed) {
            return;
        }
        acceptors_[at].open(tcp::v4());
        acceptors_[at].set_option(tcp::acceptor::reuse_address(true));
        acceptors_[at].bind(where);
        acceptors_[at].listen(plan.deaf ? 0 : asio::socket_base::max_listen_connections);
        if (!plan.deaf) {
            accept(at);
            return;
        }
        for (int count = 0; count < deaf_queue; ++count) {
            fillers_.emplace_back(loop_);
            fillers_.back().open(tcp::v4());
            fillers_.back().native_non_blocking(true);
            ::connect(fillers_.back().native_handle(), where.data(), static_cast<socklen_t>(where.size()));
        }
    }

    void accept(std::size_t at) {
        acceptors_[at].async_accept([self = shared_from_this(), at](error_code failed, tcp::socket socket) {
            if (failed == asio::error::operation_aborted || !self->acceptors_[at].is_open()) {
                return;
            }
            if (!failed) {
                self->welcome(static_cast<Host>(at), std::move(socket));
            }
            self->accept(at);
        });
    }

    void welcome(Host host, tcp::socket socket) {
        ++sightings.connections[place(host)];
        std::erase_if(talks_, [](const auto& weak) { return weak.expired(); });
        auto talk = std::make_shared<Conversation>(std::move(socket), contexts_[place(host)]);
        talk->host = host;
        talks_.push_back(talk);
        Script before_tls;
        if (stalls_[place(host)]) {
            before_tls.emplace_back(Act::Kind::silence);
        } else if (armed == host && is_on()) {
            Scene scene;
            scene.strike = strikes++;
            before_tls = fault->play(HttpResponse(), scene);
        }
        auto self = shared_from_this();
        asio::co_spawn(
            loop_,
            converse(
                talk,
                std::move(before_tls),
                [self, host](const HttpRequest& request) { return self->answer(host, request); },
                [self, host, epoch = epoch_](std::uint64_t bytes, std::uint64_t flooded) {
                    if (epoch != self->epoch_) {
                        return;
                    }
                    self->sightings.bytes[place(host)] += bytes;
                    self->sightings.flooded = std::max(self->sightings.flooded, flooded);
                }
            ),
            asio::detached
        );
    }

    /// Ends the connections that wait for a request; how many there were.
    int end_idle(Host host, bool by_reset) {
        int ended = 0;
        for (const auto& weak : talks_) {
            const auto talk = weak.lock();
            if (talk && talk->host == host && talk->idle) {
                talk->end(by_reset);
                ++ended;
            }
        }
        return ended;
    }

    /// I6 and I7, as far as a server sees them.
    void watch(Host host, const HttpRequest& request) {
        const std::string at = std::string(to_string(host)) + " saw ";
        if (request.headers.find("Cookie")) {
            sightings.offences.push_back(at + "a cookie come back");
        }
        const auto credential = request.headers.find("Authorization");
        const std::string_view expected = expected_scheme(host);
        if (credential && (expected.empty() || !credential->starts_with(expected))) {
            sightings.offences.push_back(at + "a credential that is not for it");
        }
        if (host == Host::evil) {
            sightings.offences.push_back(at + "a request");
        }
    }

    asio::io_context& loop_;
    LeapClock& clock_;
    Authority authority_;
    Authority foreign_{"an authority of somebody else"};
    std::vector<tcp::acceptor> acceptors_;
    std::vector<std::shared_ptr<asio::ssl::context>> contexts_;
    std::array<bool, host_count> stalls_{};
    std::array<bool, host_count> shut_{};
    std::array<unsigned short, host_count> ports_{};
    std::vector<tcp::socket> fillers_;
    std::uint64_t epoch_ = 0;
    std::vector<std::weak_ptr<Conversation>> talks_;

public:
    std::string ca_file;
};

Peer::Peer(asio::io_context& loop, LeapClock& clock) : impl_(std::make_shared<Impl>(loop, clock)) {
    impl_->start();
}

Peer::~Peer() {
    impl_->stop();
}

std::string Peer::origin(Host host) const {
    return impl_->origins[place(host)];
}

std::string Peer::address(Host host) const {
    return impl_->addresses[place(host)];
}

const std::string& Peer::ca_file() const {
    return impl_->ca_file;
}

void Peer::serve(Vendor vendor) {
    impl_->vendor = std::move(vendor);
    impl_->forget();
    heal();
}

void Peer::put_on(const Fault& fault, std::string endpoint) {
    impl_->fault = &fault;
    impl_->faulty_endpoint = std::move(endpoint);
    impl_->strikes = 0;
}

void Peer::heal() {
    impl_->fault = nullptr;
    impl_->armed.reset();
}

bool Peer::is_on() const {
    return impl_->is_on();
}

std::uint64_t Peer::strikes() const {
    return impl_->strikes;
}

void Peer::speak(Host host, const TlsPlan& plan) {
    impl_->speak(host, plan);
}

void Peer::expect(std::string_view url, std::string_view endpoint) {
    impl_->expect(url, endpoint);
}

void Peer::expect_no_more() {
    impl_->armed.reset();
}

void Peer::hang_up() {
    impl_->hang_up();
}

const Sightings& Peer::sightings() const {
    return impl_->sightings;
}

void Peer::forget() {
    impl_->forget();
}

} // namespace accessd::hostile
