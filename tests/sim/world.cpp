#include "tests/sim/world.hpp"

#include "core/http/basic_token.hpp"
#include "core/jsm/cloud_source.hpp"
#include "core/jsm/jira_profile.hpp"
#include "core/store/sqlite_store.hpp"
#include "providers/catalog.hpp"
#include "tests/sim/sim_disk.hpp"
#include "tests/support/acme.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <sqlite3.h>

#include <array>
#include <cstdlib>
#include <random>
#include <stdexcept>
#include <utility>

namespace accessd::test {

using namespace std::chrono_literals;

namespace {

class SeededRandom final : public Random {
public:
    explicit SeededRandom(std::uint64_t seed) : engine_(seed) {}

    std::uint64_t next() override { return engine_(); }

private:
    std::mt19937_64 engine_;
};

std::filesystem::path make_directory(const std::filesystem::path& disk) {
    const std::filesystem::path parent = disk.empty() ? std::filesystem::temp_directory_path() : disk;
    std::string name = (parent / "accessd-world-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) {
        throw std::runtime_error("no directory for a test's database");
    }
    return name;
}

sandbox::EntraOptions eu_tenant() {
    sandbox::EntraOptions tenant;
    tenant.name = "entra-eu";
    tenant.tenant_id = "10000000-0000-4000-8000-000000000002";
    tenant.client_id = "20000000-0000-4000-8000-000000000002";
    tenant.client_secret = "sandbox~Entra-client-secret.EU";
    tenant.graph_origin = "https://graph-eu.test";
    return tenant;
}

/// Every call takes all the time it is given.
class HangingProvider final : public Provider {
public:
    explicit HangingProvider(Clock& clock) : clock_(clock) {}

    std::string_view system() const override { return "hanging"; }

    Task<Result<Account>> find_account(std::string, TimePoint deadline) override {
        co_await clock_.sleep_until(deadline);
        co_return timeout();
    }

    Task<Result<Entitlement>> find_entitlement(std::string, TimePoint deadline) override {
        co_await clock_.sleep_until(deadline);
        co_return timeout();
    }

    Task<Result<Holding>> look(AccessKey, Depth, TimePoint deadline) override {
        co_await clock_.sleep_until(deadline);
        co_return timeout();
    }

    Task<Result<Written>> grant(AccessKey, TimePoint deadline) override {
        co_await clock_.sleep_until(deadline);
        co_return timeout();
    }

    Task<Result<Written>> revoke(AccessKey, TimePoint deadline) override {
        co_await clock_.sleep_until(deadline);
        co_return timeout();
    }

private:
    static Error timeout() {
        return Error(Fault::transient, "http.timeout", "no answer in time").with_effect(Effect::unknown);
    }

    Clock& clock_;
};

Task<> run_engine(Engine& engine, std::optional<Result<Done>>& outcome) {
    auto result = co_await engine.run();
    outcome = std::move(result);
}

} // namespace

std::unique_ptr<Provider> World::hanging_provider(EngineContext& context) {
    return std::make_unique<HangingProvider>(context.clock);
}

World::World(std::uint64_t seed) : World(seed, Options()) {}

World::World(std::uint64_t seed, Options options)
    : seed_(seed), options_(std::move(options)), directory_(make_directory(options_.disk)),
      vendor_dice_(std::make_unique<SeededRandom>(seed)), vendors_(*vendor_dice_) {
    auto jsm = std::make_unique<sandbox::JsmModel>();
    jsm_model_ = jsm.get();
    vendors_.add(std::move(jsm), {"https://jira.test"});
    vendors_.add(std::make_unique<sandbox::EntraModel>(), {"https://graph.test", "https://login.test"});
    if (options_.two_tenants) {
        vendors_.add(
            std::make_unique<sandbox::EntraModel>(eu_tenant()),
            {"https://graph-eu.test", "https://login-eu.test"}
        );
    }
    // Time stands still between daemons, but there always is one.
    sim_ = std::make_unique<SimWorld>(seed_, std::chrono::sys_days(std::chrono::January / 1 / 2026));
}

World::~World() {
    take_down();
    clear_sim_disk(directory_);
    std::filesystem::remove_all(directory_);
}

void World::build() {
    ++lives_;
    renew(seed_ * 1000 + lives_);
    StoreOptions options;
    options.directory = directory_;
    options.threaded = false;
    options.reserve_bytes = options_.reserve_bytes;
    auto store = open_sqlite_store(options);
    if (!store) {
        throw std::runtime_error(store.error().message());
    }
    store_ = std::move(*store);
    transport_ = std::make_unique<sandbox::SandboxTransport>(vendors_, *sim_, sim_->true_clock());
    transport_->set_latency(options_.latency);
    const sandbox::JsmOptions site;
    jira_token_ = std::make_unique<BasicTokenSource>(site.email, Secret(site.token));
    jira_ = std::make_unique<RestClient>(
        jira_profile("https://jira.test"), *transport_, *jira_token_, *sim_, *sim_
    );
    source_ = make_cloud_source(portal_names(), *jira_, *sim_);
    engine_ = std::make_unique<Engine>(sim_->get_executor(), *store_, *source_, *sim_, *sim_);
    EngineContext& context = engine_->context();
    add_application("Entra ID", sandbox::EntraOptions(), "https://graph.test", "https://login.test");
    if (options_.two_tenants) {
        add_application("Entra EU", eu_tenant(), "https://graph-eu.test", "https://login-eu.test");
    }
    context.policy.rules = {user_rule()};
    context.policy.config_hash = "0000000000000002";
    if (prepare) {
        prepare(context);
    }
}

void World::add_application(
    const std::string& name,
    const sandbox::EntraOptions& tenant,
    const std::string& api,
    const std::string& auth
) {
    ProviderSettings settings;
    settings.application = name;
    settings.texts["tenant_id"] = tenant.tenant_id;
    settings.texts["client_id"] = tenant.client_id;
    settings.texts["api_url"] = api;
    settings.texts["auth_url"] = auth;
    settings.secrets["client_secret"] = Secret(tenant.client_secret);
    auto provider = find_provider("entra")->make(settings, ProviderParts(*transport_, *sim_, *sim_));
    if (!provider) {
        throw std::runtime_error(provider.error().message());
    }
    Application application;
    application.name = name;
    application.identity.allowed_domains = {"acme.example"};
    application.provider = std::move(*provider);
    engine_->context().applications.emplace(name, std::move(application));
}

/// A process of its own on the same machine: its clock goes on.
void World::renew(std::uint64_t seed) {
    const TimePoint now = sim_->true_now();
    const Duration offset = sim_->offset();
    earlier_steps_ += sim_->steps();
    sim_ = std::make_unique<SimWorld>(seed, now);
    sim_->jump(offset);
}

void World::start() {
    take_down();
    build();
    boost::asio::co_spawn(
        sim_->get_executor(),
        run_engine(*engine_, outcome_),
        [this](std::exception_ptr failure) {
            if (failure) {
                outcome_ = Error(Fault::permanent, "test.threw", "run() threw");
            }
        }
    );
}

Result<Done> World::stop() {
    // On the executor, as a signal's handler does it: a cancellation that is posted from elsewhere may come
    // when its coroutine has ended.
    boost::asio::post(sim_->get_executor(), [this] { engine_->stop(); });
    for (int steps = 0; !outcome_ && steps < 1'000'000 && sim_->step(); ++steps) {
    }
    if (!outcome_) {
        throw std::runtime_error("the engine did not stop");
    }
    // What was cancelled has yet to notice.
    for (int steps = 0; steps < 10'000 && sim_->ready() > 0; ++steps) {
        sim_->step();
    }
    leftovers_ = sim_->ready() + sim_->timers();
    Result<Done> outcome = *outcome_;
    take_down();
    return outcome;
}

void World::crash() {
    take_down();
}

/// The frames first: they refer to everything else. What the engine itself still holds of them is handed back
/// to the world when it dies, so the old world goes last.
void World::take_down() {
    sim_->drop();
    engine_.reset();
    source_.reset();
    jira_.reset();
    jira_token_.reset();
    transport_.reset();
    store_.reset();
    outcome_.reset();
    renew(seed_);
}

void World::run_for(Duration how_long) {
    run_until(sim_->true_now() + how_long);
}

void World::run_until(TimePoint when) {
    sim_->run_until(when);
    vendors_.settle(when);
}

void World::run_steps(std::uint64_t steps) {
    sim_->run_steps(steps, sim_->true_now() + 1min);
    vendors_.settle(sim_->true_now());
}

bool World::run_until(const std::function<bool()>& condition, Duration how_long) {
    const TimePoint until = sim_->true_now() + how_long;
    while (sim_->true_now() < until) {
        if (condition()) {
            return true;
        }
        sim_->run_until(std::min(until, sim_->true_now() + 100ms));
    }
    return condition();
}

void World::jump(Duration by) {
    sim_->jump(by);
}

std::filesystem::path World::database() const {
    return database_file(directory_);
}

sandbox::EntraModel& World::entra_model(std::string_view name) {
    return dynamic_cast<sandbox::EntraModel&>(*vendors_.find(name));
}

boost::json::value
World::control(std::string_view vendor, std::string_view verb, boost::json::object arguments) {
    return vendors_.control(vendor, verb, arguments, sim_->true_now());
}

boost::json::value World::jsm(std::string_view verb, boost::json::object arguments) {
    auto answer = vendors_.control("jsm", verb, arguments, sim_->true_now());
    if (answer.is_object() && answer.as_object().contains("error")) {
        throw std::runtime_error(boost::json::serialize(answer));
    }
    return answer;
}

boost::json::value World::entra(std::string_view verb, boost::json::object arguments) {
    auto answer = vendors_.control("entra", verb, arguments, sim_->true_now());
    if (answer.is_object() && answer.as_object().contains("error")) {
        throw std::runtime_error(boost::json::serialize(answer));
    }
    return answer;
}

void World::fault(boost::json::object rule) {
    const auto answer = vendors_.control("faults", "add", rule, sim_->true_now());
    if (answer.is_object() && answer.as_object().contains("error")) {
        throw std::runtime_error(boost::json::serialize(answer));
    }
}

void World::heal() {
    vendors_.control("faults", "clear", boost::json::object(), sim_->true_now());
}

std::string World::raise(boost::json::object more) {
    const auto made = jsm("create_request", std::move(more));
    return std::string(made.at("key").as_string());
}

bool World::is_member(std::string_view person, std::string_view group) {
    const auto answer = entra("is_member", {{"group", group}, {"user", person}});
    return answer.at("direct").as_bool();
}

std::string World::status_of(const std::string& ticket) {
    return std::string(jsm("show", {{"issue", ticket}}).at("status").as_string());
}

std::vector<std::string> World::comments_of(const std::string& ticket) {
    std::vector<std::string> texts;
    const auto shown = jsm("show", {{"issue", ticket}});
    for (const auto& comment : shown.at("comments").as_array()) {
        texts.emplace_back(comment.at("text").as_string());
    }
    return texts;
}

std::uint64_t World::writes() {
    const auto stats = entra("stats");
    std::int64_t sum = 0;
    for (const std::string_view name : {"adds", "removes", "redundant_adds", "redundant_removes"}) {
        sum += stats.at(name).as_int64();
    }
    return static_cast<std::uint64_t>(sum);
}

std::vector<std::string> World::audit() {
    std::vector<std::string> codes;
    sqlite3* database = nullptr;
    const std::string path = database_file(directory_).string();
    if (sqlite3_open_v2(path.c_str(), &database, SQLITE_OPEN_READONLY, nullptr) == SQLITE_OK) {
        sqlite3_stmt* rows = nullptr;
        sqlite3_prepare_v2(database, "SELECT code FROM audit ORDER BY seq", -1, &rows, nullptr);
        while (sqlite3_step(rows) == SQLITE_ROW) {
            codes.emplace_back(reinterpret_cast<const char*>(sqlite3_column_text(rows, 0)));
        }
        sqlite3_finalize(rows);
    }
    sqlite3_close(database);
    return codes;
}

} // namespace accessd::test
