#include "tests/sandbox/server.hpp"

#include "core/support/json.hpp"
#include "core/support/text.hpp"
#include "tests/sandbox/certificate.hpp"
#include "tests/sandbox/entra.hpp"
#include "tests/sandbox/jsm.hpp"
#include "tests/sandbox/listener.hpp"
#include "tests/sandbox/sandbox.hpp"
#include "tests/sandbox/wire.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <openssl/ssl.h>

#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <optional>
#include <random>
#include <stdexcept>
#include <unistd.h>

namespace accessd::sandbox {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

class SeededRandom final : public Random {
public:
    explicit SeededRandom(std::uint64_t seed) : generator_(seed) {}

    std::uint64_t next() override { return generator_(); }

private:
    std::mt19937_64 generator_;
};

TimePoint system_now() {
    return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

std::string url_of(std::uint16_t port) {
    return "https://localhost:" + std::to_string(port);
}

std::vector<std::string> origins_of(std::uint16_t port) {
    const std::string suffix = ":" + std::to_string(port);
    return {url_of(port), "https://127.0.0.1" + suffix, "https://[::1]" + suffix};
}

// Readers never see half of it.
void write_file(const std::filesystem::path& path, const std::string& content) {
    const std::filesystem::path fresh = path.string() + ".new";
    std::ofstream file(fresh, std::ios::binary | std::ios::trunc);
    file << content;
    file.close();
    if (!file) {
        throw std::runtime_error("cannot write " + fresh.string());
    }
    std::filesystem::rename(fresh, path);
}

HttpResponse json_answer(int status, const json::value& body) {
    HttpResponse response(status);
    response.headers.add("Content-Type", "application/json");
    response.body = json::serialize(body) + "\n";
    return response;
}

} // namespace

class Server::Impl {
public:
    explicit Impl(const ServerOptions& options)
        : options_(options), random_(options.seed), sandbox_(random_), tls_(asio::ssl::context::tls_server),
          signals_(loop_, SIGTERM, SIGINT) {
        sandbox_.keep_log(0);
        std::filesystem::create_directories(options.dir);
        prepare_tls();
        const auto port = [&](std::uint16_t place) {
            return static_cast<std::uint16_t>(options.port_base == 0 ? 0 : options.port_base + place);
        };
        const auto serve = [this](const HttpRequest& request) { return deliver(request); };
        jira_.emplace(loop_, tls_, port(0), serve);
        entra_.emplace(loop_, tls_, port(1), serve);
        control_.emplace(loop_, tls_, port(2), [this](const HttpRequest& request) { return obey(request); });
        jira_url = url_of(jira_->port());
        entra_url = url_of(entra_->port());
        control_url = url_of(control_->port());
        add_vendors();
        write_description();
        signals_.async_wait([this](boost::system::error_code failed, int) {
            if (!failed) {
                loop_.stop();
            }
        });
    }

    void run() { loop_.run(); }

    void stop() {
        asio::post(loop_, [this] { loop_.stop(); });
    }

    std::string jira_url;
    std::string entra_url;
    std::string control_url;

private:
    void prepare_tls() {
        const Credentials authority = make_authority();
        const Credentials own = make_server_certificate(authority);
        tls_.set_options(asio::ssl::context::no_tlsv1 | asio::ssl::context::no_tlsv1_1);
        tls_.use_certificate_chain(asio::buffer(own.certificate_pem));
        tls_.use_private_key(asio::buffer(own.key_pem), asio::ssl::context::pem);
        // Without a context of its own OpenSSL resumes no session.
        const std::string_view id = "accessd-sandbox";
        SSL_CTX_set_session_id_context(
            tls_.native_handle(), as_bytes(id).data(), static_cast<unsigned int>(id.size())
        );
        write_file(std::filesystem::path(options_.dir) / "ca.pem", authority.certificate_pem);
    }

    void add_vendors() {
        jsm_options_.base_url = jira_url;
        sandbox_.add(make_jsm(jsm_options_), origins_of(jira_->port()));
        entra_options_.graph_origin = entra_url;
        sandbox_.add(std::make_unique<EntraModel>(entra_options_), origins_of(entra_->port()));
        if (options_.index_lag > Duration::zero()) {
            const json::value lag = json::object{{"index_lag_ms", options_.index_lag.count()}};
            sandbox_.control("jsm", "set", lag, system_now());
        }
    }

    void write_description() {
        const std::filesystem::path dir = std::filesystem::absolute(options_.dir);
        const json::value description = json::object{
            {"pid", ::getpid()},
            {"ca_file", (dir / "ca.pem").string()},
            {"jira_url", jira_url},
            {"jira_email", jsm_options_.email},
            {"jira_token", jsm_options_.token},
            {"entra_url", entra_url},
            {"entra_tenant_id", entra_options_.tenant_id},
            {"entra_client_id", entra_options_.client_id},
            {"entra_client_secret", entra_options_.client_secret},
            {"control_url", control_url}};
        write_file(dir / "sandbox.json", json::serialize(description) + "\n");
    }

    // The wall clock may step back; the sandbox's time must not.
    TimePoint now() {
        now_ = std::max(now_, system_now());
        return now_;
    }

    Delivery deliver(const HttpRequest& request) {
        Delivery delivery = sandbox_.deliver(request, now());
        delivery.delay += options_.latency;
        if (options_.verbose) {
            std::printf(
                "%s %s %s -> %d\n",
                format_utc(now_).c_str(),
                request.method.c_str(),
                escape_text(request.url, 512).c_str(),
                delivery.response.status
            );
            std::fflush(stdout);
        }
        return delivery;
    }

    Delivery obey(const HttpRequest& request) {
        Delivery delivery;
        const auto segments = split(Url(request.url).path.substr(1), '/');
        if (request.method != "POST" || segments.size() != 2) {
            delivery.response = json_answer(
                404,
                json::object{{"error", "POST /{vendor|faults|sandbox}/{verb} with a JSON object as body"}}
            );
            return delivery;
        }
        auto arguments = parse_json(request.body.empty() ? "{}" : request.body);
        const json::value answer = arguments
                                       ? sandbox_.control(segments[0], segments[1], *arguments, now())
                                       : json::value(json::object{{"error", arguments.error().message()}});
        const bool failed = find_string(answer, "error").has_value();
        delivery.response = json_answer(failed ? 400 : 200, answer);
        return delivery;
    }

    ServerOptions options_;
    SeededRandom random_;
    Sandbox sandbox_;
    JsmOptions jsm_options_;
    EntraOptions entra_options_;
    TimePoint now_{};
    asio::ssl::context tls_;
    // Connections live in the loop's handlers and use what is above.
    asio::io_context loop_{1};
    asio::signal_set signals_;
    std::optional<Listener> jira_;
    std::optional<Listener> entra_;
    std::optional<Listener> control_;
};

Server::Server(const ServerOptions& options) : impl_(std::make_unique<Impl>(options)) {}

Server::~Server() = default;

void Server::run() {
    impl_->run();
}

void Server::stop() {
    impl_->stop();
}

const std::string& Server::jira_url() const {
    return impl_->jira_url;
}

const std::string& Server::entra_url() const {
    return impl_->entra_url;
}

const std::string& Server::control_url() const {
    return impl_->control_url;
}

} // namespace accessd::sandbox
