#include "tests/hostile_peers/house.hpp"

#include "core/http/basic_token.hpp"
#include "core/http/beast_transport.hpp"
#include "core/jsm/cloud_source.hpp"
#include "core/jsm/jira_profile.hpp"
#include "core/store/sqlite_store.hpp"
#include "core/support/json.hpp"
#include "core/support/log.hpp"
#include "core/support/text.hpp"
#include "providers/catalog.hpp"
#include "tests/hostile_peers/settings.hpp"
#include "tests/sandbox/entra.hpp"
#include "tests/sandbox/jsm.hpp"
#include "tests/sandbox/wire.hpp"
#include "tests/support/acme.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <cstdio>
#include <cstdlib>
#include <random>
#include <stdexcept>
#include <utility>

namespace accessd::hostile {

using namespace std::chrono_literals;

namespace {

class Dice final : public Random {
public:
    std::uint64_t next() override { return engine_(); }

private:
    std::mt19937_64 engine_{1};
};

std::filesystem::path make_directory() {
    const char* memory = "/dev/shm";
    const bool fast = std::filesystem::is_directory(memory);
    std::string name = fast ? std::string(memory) : std::filesystem::temp_directory_path().string();
    name += "/accessd-hostile-XXXXXX";
    if (mkdtemp(name.data()) == nullptr) {
        throw std::runtime_error("no directory for a database");
    }
    return name;
}

Task<> run_engine(Engine& engine, std::optional<Result<Done>>& outcome) {
    auto result = co_await engine.run();
    outcome = std::move(result);
}

void keep_line(LogLevel, std::string_view line, void* context) {
    static_cast<std::vector<std::string>*>(context)->emplace_back(line);
}

boost::json::value done(boost::json::value answer) {
    if (answer.is_object() && answer.get_object().contains("error")) {
        throw std::runtime_error(boost::json::serialize(answer));
    }
    return answer;
}

} // namespace

/// Tells clock and peer of every call, and keeps the errors.
class House::Calls final : public HttpTransport {
public:
    Calls(House& house, HttpTransport& inner) : house_(house), inner_(inner) {}

    Task<Result<HttpResponse>> send(const HttpRequest& request, TimePoint deadline) override {
        const UnderWay under_way(house_);
        house_.peer_.expect(
            request.url, sandbox::endpoint_of(request.method, sandbox::Url(request.url).path)
        );
        auto answer = co_await inner_.send(request, deadline);
        if (!answer) {
            house_.lines_.push_back("call failed: " + answer.error().message());
        }
        co_return answer;
    }

private:
    class UnderWay {
    public:
        explicit UnderWay(House& house) : house_(house) { house_.clock_.call_begins(); }

        UnderWay(const UnderWay&) = delete;
        UnderWay& operator=(const UnderWay&) = delete;

        ~UnderWay() {
            house_.clock_.call_ends();
            house_.peer_.expect_no_more();
        }

    private:
        House& house_;
    };

    House& house_;
    HttpTransport& inner_;
};

House::House(boost::asio::io_context& loop, LeapClock& clock, Peer& peer)
    : loop_(loop), clock_(clock), peer_(peer), directory_(make_directory()), dice_(std::make_unique<Dice>()),
      vendors_(*dice_) {
    sandbox::JsmOptions site;
    site.base_url = peer.origin(Host::jira);
    site.token = canary_jira_token;
    vendors_.add(sandbox::make_jsm(site), {peer.origin(Host::jira)});
    sandbox::EntraOptions tenant;
    tenant.graph_origin = peer.origin(Host::graph);
    tenant.client_secret = canary_client_secret;
    vendors_.add(
        std::make_unique<sandbox::EntraModel>(tenant), {peer.origin(Host::graph), peer.origin(Host::login)}
    );
    vendors_.keep_log(0);
    const std::string pair = site.email + ":" + site.token;
    secrets_ = {
        site.token,
        tenant.client_secret,
        percent_encode(tenant.client_secret),
        to_base64(as_bytes(pair)),
        to_base64(as_bytes(site.token)),
        to_base64(as_bytes(tenant.client_secret)),
        "canary-cookie"};
    redirect_log(keep_line, &lines_);
    peer.serve([this](Host, const HttpRequest& request) { return answer(request); });
}

House::~House() {
    take_down();
    peer_.heal();
    peer_.hang_up();
    redirect_log(nullptr, nullptr);
    std::filesystem::remove_all(directory_);
}

void House::build() {
    StoreOptions options;
    options.directory = directory_;
    options.threaded = false;
    options.reserve_bytes = 0;
    auto store = open_sqlite_store(options);
    TransportOptions transport;
    transport.ca_file = peer_.ca_file();
    auto sockets = make_beast_transport(clock_, transport);
    if (!store || !sockets) {
        throw std::runtime_error("no store or no transport");
    }
    store_ = std::move(*store);
    sockets_ = std::move(*sockets);
    calls_ = std::make_unique<Calls>(*this, *sockets_);
    jira_token_ = std::make_unique<BasicTokenSource>(sandbox::JsmOptions().email, Secret(canary_jira_token));
    jira_ = std::make_unique<RestClient>(
        jira_profile(peer_.origin(Host::jira)), *calls_, *jira_token_, clock_, *dice_
    );
    source_ = make_cloud_source(test::portal_names(), *jira_, clock_);
    engine_ = std::make_unique<Engine>(loop_.get_executor(), *store_, *source_, clock_, *dice_);
    auto provider = find_provider("entra")->make(
        entra_settings(peer_.origin(Host::graph), peer_.origin(Host::login)),
        ProviderParts(*calls_, clock_, *dice_)
    );
    if (!provider) {
        throw std::runtime_error(provider.error().message());
    }
    Application application;
    application.name = "Entra ID";
    application.identity.allowed_domains = {"acme.example"};
    application.provider = std::move(*provider);
    EngineContext& context = engine_->context();
    context.applications.emplace("Entra ID", std::move(application));
    context.policy.rules = {test::user_rule()};
    context.policy.config_hash = "0000000000000002";
    context.settings.call_deadline = patience;
    context.settings.connect_deadline = 4 * patience;
    context.settings.poll_interval = 1min;
}

void House::start() {
    build();
    boost::asio::co_spawn(loop_, run_engine(*engine_, outcome_), [this](std::exception_ptr failure) {
        if (failure) {
            violations.emplace_back("the engine threw");
            outcome_ = Error(accessd::Fault::permanent, "test.threw", "run() threw");
        }
    });
}

bool House::stop() {
    if (engine_ && !outcome_) {
        engine_->stop();
        if (!clock_.run_until([this] { return outcome_.has_value(); }, 5min)) {
            return false;
        }
    }
    take_down();
    return true;
}

void House::tend() {
    if (engine_ && outcome_) {
        if (!*outcome_) {
            const Error& why = outcome_->error();
            lines_.push_back("ended: " + why.code() + " " + why.message());
            const bool for_good =
                why.fault() == accessd::Fault::permanent && !why.code().starts_with("store.");
            if (for_good) {
                violations.push_back("the daemon gave up for good: " + why.code() + ", " + why.message());
            }
        }
        take_down();
        start();
    }
}

std::uint64_t House::told() const {
    return told_before_ + (engine_ ? engine_->context().counters.told : 0);
}

void House::take_down() {
    told_before_ = told();
    engine_.reset();
    source_.reset();
    jira_.reset();
    jira_token_.reset();
    calls_.reset();
    sockets_.reset();
    store_.reset();
    outcome_.reset();
}

HttpResponse House::answer(const HttpRequest& request) {
    vendor_time_ = std::max(vendor_time_, clock_.now());
    const bool was_member = is_member();
    HttpResponse response = vendors_.deliver(request, vendor_time_).response;
    if (!was_member && is_member() && !may_grant) {
        violations.emplace_back("a membership came without proof");
    }
    if (const auto body = parse_json(response.body)) {
        if (const auto token = find_string(*body, "access_token")) {
            secrets_.emplace_back(*token);
        }
    }
    if (request.method != "GET") {
        compare_with_truth(request);
    }
    return response;
}

/// What a ticket is told must be so at that moment.
void House::compare_with_truth(const HttpRequest& request) {
    if (ticket.empty() || request.url.find("/issue/") == std::string::npos) {
        return;
    }
    const std::string status = status_of(ticket);
    if (status == last_status_) {
        return;
    }
    last_status_ = status;
    if (status == "Access Granted" && !is_member()) {
        violations.emplace_back("told that access was granted, and it is not there");
    }
    if (status == "Access Removed" && is_member()) {
        violations.emplace_back("told that access was removed, and it is still there");
    }
}

boost::json::value House::jsm(std::string_view verb, boost::json::object arguments) {
    vendor_time_ = std::max(vendor_time_, clock_.now());
    return done(vendors_.control("jsm", verb, arguments, vendor_time_));
}

boost::json::value House::entra(std::string_view verb, boost::json::object arguments) {
    vendor_time_ = std::max(vendor_time_, clock_.now());
    return done(vendors_.control("entra", verb, arguments, vendor_time_));
}

bool House::is_member() {
    return entra("is_member", {{"group", "jira-software-users"}, {"user", "jane@acme.example"}})
        .at("direct")
        .as_bool();
}

std::string House::status_of(const std::string& key) {
    return std::string(jsm("show", {{"issue", key}}).at("status").as_string());
}

std::vector<std::string> House::comments_of(const std::string& key) {
    std::vector<std::string> texts;
    const auto shown = jsm("show", {{"issue", key}});
    for (const auto& comment : shown.at("comments").as_array()) {
        texts.emplace_back(comment.at("text").as_string());
    }
    return texts;
}

std::uint64_t House::writes() {
    const auto stats = entra("stats");
    std::int64_t sum = 0;
    for (const std::string_view name : {"adds", "removes", "redundant_adds", "redundant_removes"}) {
        sum += stats.at(name).as_int64();
    }
    return static_cast<std::uint64_t>(sum);
}

} // namespace accessd::hostile
