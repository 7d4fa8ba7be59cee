#pragma once

#include "core/engine/engine.hpp"
#include "core/http/rest_client.hpp"
#include "core/http/token_source.hpp"
#include "core/jsm/ticket_source.hpp"
#include "core/store/store.hpp"
#include "tests/sandbox/entra.hpp"
#include "tests/sandbox/jsm.hpp"
#include "tests/sandbox/sandbox.hpp"
#include "tests/sandbox/sandbox_transport.hpp"
#include "tests/support/sim_world.hpp"

#include <boost/json/object.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace accessd::test {

/// The real engine, ticket source, provider and store over the sandbox, all on one virtual clock and in an
/// order of events that a seed gives. The database lies in a directory of its own and outlives a crash().
class World {
public:
    class Options {
    public:
        Options() = default;

        bool two_tenants = false;        ///< "Entra EU" beside "Entra ID", each with its own model
        Duration latency{0};             ///< of the network, there and back
        std::filesystem::path disk;      ///< where the database's directory is made; empty: the system's
        std::uint64_t reserve_bytes = 0; ///< see StoreOptions
    };

    explicit World(std::uint64_t seed = 1);
    World(std::uint64_t seed, Options options);
    World(const World&) = delete;
    World& operator=(const World&) = delete;
    ~World();

    /// Changes the engine's settings or rules; to be called before start().
    std::function<void(EngineContext&)> prepare;

    /// Starts a daemon. Not while one runs.
    void start();
    /// Lets the daemon end in good order. Gives its outcome. Coroutines and timers that it left behind are
    /// counted in leftovers().
    Result<Done> stop();

    std::size_t leftovers() const { return leftovers_; }

    /// The process is gone in the middle of whatever it did; sandbox and database stay.
    void crash();

    void run_for(Duration how_long);
    /// Until this moment of true time.
    void run_until(TimePoint when);
    /// So many handlers, fewer when there is nothing to do for a while.
    void run_steps(std::uint64_t steps);
    /// Runs until the condition holds; false when it does not within `how_long`.
    bool run_until(const std::function<bool()>& condition, Duration how_long = std::chrono::minutes(5));

    /// A vendor's control verb; throws when it is refused.
    boost::json::value jsm(std::string_view verb, boost::json::object arguments = {});
    boost::json::value entra(std::string_view verb, boost::json::object arguments = {});
    /// The same for any vendor; a refusal is returned.
    boost::json::value control(std::string_view vendor, std::string_view verb, boost::json::object arguments);
    void fault(boost::json::object rule);
    void heal();

    /// Raises a ticket for jane, "Entra ID" / "User", and gives its key.
    std::string raise(boost::json::object more = {});
    bool is_member(std::string_view person, std::string_view group = "jira-software-users");
    std::string status_of(const std::string& ticket);
    /// Texts of accessd's comments on a ticket, oldest first.
    std::vector<std::string> comments_of(const std::string& ticket);
    /// Calls that would change a membership, so far.
    std::uint64_t writes();
    /// Codes of the audit rows, oldest first.
    std::vector<std::string> audit();

    /// A provider that never answers in time.
    static std::unique_ptr<Provider> hanging_provider(EngineContext& context);

    SimWorld& sim() { return *sim_; }

    sandbox::Sandbox& vendors() { return vendors_; }

    Engine& engine() { return *engine_; }

    bool running() const { return engine_ != nullptr && !outcome_; }

    /// Why the daemon ended by itself, if it did.
    const std::optional<Result<Done>>& outcome() const { return outcome_; }

    sandbox::JsmModel& jsm_model() { return *jsm_model_; }

    sandbox::EntraModel& entra_model(std::string_view name);

    std::filesystem::path database() const;

    /// Time and wrong clock, whether a daemon runs or not.
    TimePoint now() const { return sim_->true_now(); }

    /// Handlers that ran in all lives.
    std::uint64_t steps() const { return earlier_steps_ + sim_->steps(); }

    /// Somebody sets the machine's clock; it stays so over restarts.
    void jump(Duration by);

private:
    void build();
    void add_application(
        const std::string& name,
        const sandbox::EntraOptions& tenant,
        const std::string& api,
        const std::string& auth
    );
    void renew(std::uint64_t seed);
    void take_down();

    std::uint64_t seed_;
    Options options_;
    std::uint64_t lives_ = 0;
    std::filesystem::path directory_;
    std::unique_ptr<Random> vendor_dice_;
    sandbox::Sandbox vendors_;
    sandbox::JsmModel* jsm_model_ = nullptr;
    std::size_t leftovers_ = 0;
    std::uint64_t earlier_steps_ = 0;
    std::unique_ptr<Store> store_;
    std::unique_ptr<SimWorld> sim_;
    std::unique_ptr<sandbox::SandboxTransport> transport_;
    std::unique_ptr<TokenSource> jira_token_;
    std::unique_ptr<RestClient> jira_;
    std::unique_ptr<TicketSource> source_;
    std::unique_ptr<Engine> engine_;
    std::optional<Result<Done>> outcome_;
};

} // namespace accessd::test
