#pragma once

#include "core/engine/engine.hpp"
#include "tests/core/policy/sample.hpp"
#include "tests/core/store/fixture.hpp"
#include "tests/support/sim_world.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace accessd::engine_test {

/// What goes wrong around an engine, by the name of the call: "store.save", "jira.read", "vendor.grant", ...
class Script {
public:
    static constexpr int always = 1'000'000;

    /// The next `times` calls of this name give this error, once `after` more have gone well.
    void fail(const std::string& call, Error error, int times = always, int after = 0);

    void heal() { failures_.clear(); }

    /// Calls of this name take so long.
    std::map<std::string, Duration> takes;
    Clock* clock = nullptr;

    /// To be awaited at the begin of every call: what it gives is the call's outcome.
    Task<std::optional<Error>> ask(std::string call);

    int count(const std::string& call) const;

    /// Runs before every call, with its name; may throw.
    std::function<void(const std::string& call)> before;

private:
    std::optional<Error> failure_of(const std::string& call);

    class Failure {
    public:
        Failure(Error what, int how_often, int later)
            : error(std::move(what)), times(how_often), after(later) {}

        Error error;
        int times;
        int after;
    };

    std::map<std::string, Failure> failures_;
    std::map<std::string, int> counts_;
};

/// Jira as the tests say that it is.
class ScriptedJira final : public TicketSource {
public:
    explicit ScriptedJira(Script& script) : script_(script) {}

    Task<Result<Portal>> connect(TimePoint deadline) override;
    Task<Result<CandidatePage>> search(SearchWindow window, std::string page, TimePoint deadline) override;
    Task<Result<ReadTickets>> read(std::vector<std::string> issue_ids, TimePoint deadline) override;
    Task<Result<Person>> person(std::string account_id, TimePoint deadline) override;
    Task<Result<std::vector<std::string>>> groups_of(std::string account_id, TimePoint deadline) override;
    Task<Result<Told>> tell(TicketMessage message, TimePoint deadline) override;

    Portal portal = policy_test::portal();
    std::map<std::string, Ticket> tickets; ///< by issue id
    std::map<std::string, Error> unreadable;
    std::set<std::string> unseen; ///< a search finds them, a read does not
    std::size_t page_size = 100;
    bool endless = false;                ///< every page of a search names another
    std::size_t most_read_in_time = 100; ///< reads of more time out
    bool moves = true;                   ///< tickets can be moved
    std::vector<std::size_t> reads;      ///< sizes
    std::vector<TicketMessage> messages;

private:
    Script& script_;
};

/// A system that has every account and entitlement, and knows who is in what.
class ScriptedVendor final : public Provider {
public:
    explicit ScriptedVendor(Script& script) : script_(script) {}

    std::string_view system() const override { return "scripted"; }

    Task<Result<Account>> find_account(std::string address, TimePoint deadline) override;
    Task<Result<Entitlement>> find_entitlement(std::string name, TimePoint deadline) override;
    Task<Result<Holding>> look(AccessKey key, Depth depth, TimePoint deadline) override;
    Task<Result<Written>> grant(AccessKey key, TimePoint deadline) override;
    Task<Result<Written>> revoke(AccessKey key, TimePoint deadline) override;

    std::set<AccessKey> members;
    std::map<std::string, std::string> account_ids; ///< by address; of others "a-" and the address

private:
    Script& script_;
};

/// The real store, behind a script. A save that fails has written nothing.
class ScriptedStore final : public Store {
public:
    ScriptedStore(Store& real, Script& script) : real_(real), script_(script) {}

    Task<Result<Saved>> save(Changes changes) override;
    Task<Result<std::vector<StoredRequest>>> load(std::vector<std::string> issue_ids) override;
    Task<Result<std::vector<StoredAccess>>> load_accesses(std::vector<AccessKey> keys) override;
    Task<Result<DueWork>>
    claim_due(std::string owner, TimePoint now, TimePoint lease_until, std::size_t limit) override;
    Task<Result<std::vector<std::string>>> open_intents() override;
    Task<Result<std::vector<PastChange>>> changes_since(TimePoint since) override;
    Task<Result<std::vector<Lease>>> leases(std::string beneficiary_id) override;
    Task<Result<std::vector<LiveRequest>>> live(std::string after, std::size_t limit) override;
    Task<Result<std::optional<TimePoint>>> position() override;
    Task<Result<std::optional<Entitlement>>> pinned(std::string application, std::string name) override;
    Task<Result<Done>> pin(std::string application, Entitlement entitlement, TimePoint at) override;
    Task<Result<std::optional<Account>>>
    known_account(std::string application, std::string beneficiary_id) override;

private:
    Store& real_;
    Script& script_;
};

/// An engine with nothing real around it but the store. Its Jira holds the sample ticket, approved.
class EngineRig {
public:
    EngineRig();
    EngineRig(const EngineRig&) = delete;
    EngineRig& operator=(const EngineRig&) = delete;
    ~EngineRig();

    void start();
    /// Ends the engine in good order.
    void stop();
    /// Stops the engine without a word and makes another, to be started, on the same store.
    void restart();

    void run_for(Duration how_long) { world->run_until(world->true_now() + how_long); }

    bool ended() const { return outcome.has_value(); }

    /// Code of the error that the engine ended with; empty when it ended well.
    std::string ended_with() const;

    EngineContext& context() { return engine->context(); }

    Ticket& ticket() { return jira.tickets.at("1042"); }

    /// The same as the sample ticket, under another id.
    Ticket& add_ticket(const std::string& issue_id);
    /// Moves a ticket now.
    void move(Ticket& ticket, const std::string& to, Person author = policy_test::carol());

    bool is_member() const { return vendor->members.contains(key()); }

    /// Of the sample request.
    static AccessKey key();
    /// What is stored of a request; empty when nothing is.
    std::optional<Request> stored(const std::string& issue_id = "1042");
    Access stored_access();
    /// Stores a row as an earlier life may have left it.
    void save(const Access& access);
    /// Codes of the audit rows, oldest first.
    std::vector<std::string> audit();
    std::size_t audited(std::string_view code);
    /// Another system, in which everybody may ask for "User".
    void connect(const std::string& application);

    store_test::TempDir dir;
    Script script;
    ScriptedJira jira;
    std::unique_ptr<Store> disk;
    std::unique_ptr<ScriptedStore> store;
    std::unique_ptr<test::SimWorld> world;
    std::unique_ptr<Engine> engine;
    ScriptedVendor* vendor = nullptr;
    std::optional<Result<Done>> outcome;

private:
    void build();
    void take_down();
};

inline Error transient(const std::string& code = "test.transient") {
    return Error(Fault::transient, code, "trouble that passes");
}

inline Error permanent(const std::string& code = "test.permanent") {
    return Error(Fault::permanent, code, "trouble that stays");
}

} // namespace accessd::engine_test
