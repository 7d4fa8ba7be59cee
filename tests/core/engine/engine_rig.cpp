#include "tests/core/engine/engine_rig.hpp"

#include "core/store/audit.hpp"

#include <boost/asio/co_spawn.hpp>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace accessd::engine_test {

using namespace std::chrono_literals;

void Script::fail(const std::string& call, Error error, int times, int after) {
    failures_.insert_or_assign(call, Failure(std::move(error), times, after));
}

Task<std::optional<Error>> Script::ask(std::string call) {
    ++counts_[call];
    if (before) {
        before(call);
    }
    const auto slow = takes.find(call);
    if (slow != takes.end()) {
        const bool in_time = co_await clock->sleep_until(clock->now() + slow->second);
        if (!in_time) {
            co_return Error(Fault::transient, "http.cancelled", "cancelled").with_effect(Effect::unknown);
        }
    }
    co_return failure_of(call);
}

std::optional<Error> Script::failure_of(const std::string& call) {
    const auto found = failures_.find(call);
    if (found == failures_.end()) {
        return std::nullopt;
    }
    Failure& failure = found->second;
    if (failure.after > 0) {
        --failure.after;
        return std::nullopt;
    }
    std::optional<Error> error = failure.error;
    if (--failure.times == 0) {
        failures_.erase(found);
    }
    return error;
}

int Script::count(const std::string& call) const {
    const auto found = counts_.find(call);
    return found != counts_.end() ? found->second : 0;
}

Task<Result<Portal>> ScriptedJira::connect(TimePoint) {
    const auto error = co_await script_.ask("jira.connect");
    if (error) {
        co_return *error;
    }
    co_return portal;
}

Task<Result<CandidatePage>> ScriptedJira::search(SearchWindow window, std::string page, TimePoint) {
    const auto error = co_await script_.ask("jira.search");
    if (error) {
        co_return *error;
    }
    std::vector<Candidate> all;
    for (const auto& [id, ticket] : tickets) {
        const bool mapped = portal.status(ticket.status_id) != nullptr;
        if (window.since ? ticket.updated_at >= *window.since : mapped) {
            Candidate& candidate = all.emplace_back();
            candidate.issue_id = id;
            candidate.issue_key = ticket.issue_key;
            candidate.updated_at = ticket.updated_at;
        }
    }
    const std::size_t from = page.empty() ? 0 : std::stoul(page);
    const std::size_t to = std::min(all.size(), from + page_size);
    CandidatePage found;
    for (std::size_t i = from; i < to; ++i) {
        found.candidates.push_back(all[i]);
    }
    if (to < all.size() || endless) {
        found.next_page = std::to_string(to);
    }
    co_return found;
}

Task<Result<ReadTickets>> ScriptedJira::read(std::vector<std::string> issue_ids, TimePoint) {
    const auto error = co_await script_.ask("jira.read");
    if (error) {
        co_return *error;
    }
    reads.push_back(issue_ids.size());
    if (issue_ids.size() > most_read_in_time) {
        co_return transient("http.timeout");
    }
    ReadTickets read;
    for (const std::string& id : issue_ids) {
        const auto found = tickets.find(id);
        if (found == tickets.end() || unseen.contains(id)) {
            read.unseen.push_back(id);
        } else if (const auto failed = unreadable.find(id); failed != unreadable.end()) {
            read.failed.emplace_back(id, failed->second);
        } else {
            read.tickets.push_back(found->second);
        }
    }
    co_return read;
}

Task<Result<Person>> ScriptedJira::person(std::string account_id, TimePoint) {
    const auto error = co_await script_.ask("jira.person");
    if (error) {
        co_return *error;
    }
    co_return policy_test::person(account_id, account_id.substr(3) + "@acme.example");
}

Task<Result<std::vector<std::string>>> ScriptedJira::groups_of(std::string, TimePoint) {
    const auto error = co_await script_.ask("jira.groups_of");
    if (error) {
        co_return *error;
    }
    co_return std::vector<std::string>(1, "approvers");
}

Task<Result<Told>> ScriptedJira::tell(TicketMessage message, TimePoint) {
    const auto error = co_await script_.ask("jira.tell");
    if (error) {
        co_return *error;
    }
    Told told;
    const bool there =
        message.look_first && std::any_of(messages.begin(), messages.end(), [&](const auto& one) {
            return one.marker == message.marker;
        });
    told.moved = moves && !message.move_to.empty();
    told.not_moved_why = moves ? "" : "there is no such transition";
    told.comment = there ? Applied::already_so : Applied::changed;
    if (!there) {
        messages.push_back(std::move(message));
    }
    co_return told;
}

Task<Result<Account>> ScriptedVendor::find_account(std::string address, TimePoint) {
    const auto error = co_await script_.ask("vendor.find_account");
    if (error) {
        co_return *error;
    }
    const auto given = account_ids.find(address);
    co_return Account(given != account_ids.end() ? given->second : "a-" + address, address);
}

Task<Result<Entitlement>> ScriptedVendor::find_entitlement(std::string name, TimePoint) {
    const auto error = co_await script_.ask("vendor.find_entitlement");
    if (error) {
        co_return *error;
    }
    co_return Entitlement("g-" + name, name);
}

Task<Result<Holding>> ScriptedVendor::look(AccessKey key, Depth, TimePoint) {
    const auto error = co_await script_.ask("vendor.look");
    if (error) {
        co_return *error;
    }
    co_return members.contains(key) ? Holding::present : Holding::absent;
}

Task<Result<Written>> ScriptedVendor::grant(AccessKey key, TimePoint) {
    const auto error = co_await script_.ask("vendor.grant");
    if (error) {
        co_return *error;
    }
    const bool news = members.insert(std::move(key)).second;
    co_return Written(news ? Applied::changed : Applied::already_so);
}

Task<Result<Written>> ScriptedVendor::revoke(AccessKey key, TimePoint) {
    const auto error = co_await script_.ask("vendor.revoke");
    if (error) {
        co_return *error;
    }
    const bool news = members.erase(key) != 0;
    co_return Written(news ? Applied::changed : Applied::already_so);
}

Task<Result<Saved>> ScriptedStore::save(Changes changes) {
    const auto error = co_await script_.ask("store.save");
    if (error) {
        co_return *error;
    }
    auto saved = co_await real_.save(std::move(changes));
    co_return saved;
}

Task<Result<std::vector<StoredRequest>>> ScriptedStore::load(std::vector<std::string> issue_ids) {
    const auto error = co_await script_.ask("store.load");
    if (error) {
        co_return *error;
    }
    auto loaded = co_await real_.load(std::move(issue_ids));
    co_return loaded;
}

Task<Result<std::vector<StoredAccess>>> ScriptedStore::load_accesses(std::vector<AccessKey> keys) {
    const auto error = co_await script_.ask("store.load_accesses");
    if (error) {
        co_return *error;
    }
    auto loaded = co_await real_.load_accesses(std::move(keys));
    co_return loaded;
}

Task<Result<DueWork>>
ScriptedStore::claim_due(std::string owner, TimePoint now, TimePoint lease_until, std::size_t limit) {
    const auto error = co_await script_.ask("store.claim_due");
    if (error) {
        co_return *error;
    }
    auto due = co_await real_.claim_due(std::move(owner), now, lease_until, limit);
    co_return due;
}

Task<Result<std::vector<std::string>>> ScriptedStore::open_intents() {
    const auto error = co_await script_.ask("store.open_intents");
    if (error) {
        co_return *error;
    }
    auto open = co_await real_.open_intents();
    co_return open;
}

Task<Result<std::vector<PastChange>>> ScriptedStore::changes_since(TimePoint since) {
    const auto error = co_await script_.ask("store.changes_since");
    if (error) {
        co_return *error;
    }
    auto changes = co_await real_.changes_since(since);
    co_return changes;
}

Task<Result<std::vector<Lease>>> ScriptedStore::leases(std::string beneficiary_id) {
    const auto error = co_await script_.ask("store.leases");
    if (error) {
        co_return *error;
    }
    auto leases = co_await real_.leases(std::move(beneficiary_id));
    co_return leases;
}

Task<Result<std::vector<LiveRequest>>> ScriptedStore::live(std::string after, std::size_t limit) {
    const auto error = co_await script_.ask("store.live");
    if (error) {
        co_return *error;
    }
    auto live = co_await real_.live(std::move(after), limit);
    co_return live;
}

Task<Result<std::optional<TimePoint>>> ScriptedStore::position() {
    const auto error = co_await script_.ask("store.position");
    if (error) {
        co_return *error;
    }
    auto position = co_await real_.position();
    co_return position;
}

Task<Result<std::optional<Entitlement>>> ScriptedStore::pinned(std::string application, std::string name) {
    const auto error = co_await script_.ask("store.pinned");
    if (error) {
        co_return *error;
    }
    auto pinned = co_await real_.pinned(std::move(application), std::move(name));
    co_return pinned;
}

Task<Result<Done>> ScriptedStore::pin(std::string application, Entitlement entitlement, TimePoint at) {
    const auto error = co_await script_.ask("store.pin");
    if (error) {
        co_return *error;
    }
    auto pinned = co_await real_.pin(std::move(application), std::move(entitlement), at);
    co_return pinned;
}

Task<Result<std::optional<Account>>>
ScriptedStore::known_account(std::string application, std::string beneficiary_id) {
    const auto error = co_await script_.ask("store.known_account");
    if (error) {
        co_return *error;
    }
    auto known = co_await real_.known_account(std::move(application), std::move(beneficiary_id));
    co_return known;
}

namespace {

Task<> run_engine(Engine& engine, std::optional<Result<Done>>& outcome) {
    auto result = co_await engine.run();
    outcome = std::move(result);
}

} // namespace

EngineRig::EngineRig()
    : jira(script), disk(store_test::open_store(dir.path())),
      store(std::make_unique<ScriptedStore>(*disk, script)),
      world(std::make_unique<test::SimWorld>(1, policy_test::at(11min))) {
    jira.tickets.emplace("1042", policy_test::ticket());
    build();
}

EngineRig::~EngineRig() {
    take_down();
}

void EngineRig::build() {
    script.clock = world.get();
    engine = std::make_unique<Engine>(world->get_executor(), *store, jira, *world, *world);
    auto made = std::make_unique<ScriptedVendor>(script);
    if (vendor != nullptr) {
        made->members = vendor->members;
    }
    vendor = made.get();
    Application application;
    application.name = "Entra ID";
    application.identity.allowed_domains = {"acme.example"};
    application.provider = std::move(made);
    context().applications.emplace(application.name, std::move(application));
    context().policy.rules = {policy_test::rule()};
    context().policy.config_hash = "config";
}

/// The frames first: they refer to everything else. What the engine holds of them goes back to the world.
void EngineRig::take_down() {
    world->drop();
    engine.reset();
    world->drop();
}

void EngineRig::start() {
    outcome.reset();
    boost::asio::co_spawn(
        world->get_executor(),
        run_engine(*engine, outcome),
        [this](std::exception_ptr failure) {
            if (failure) {
                outcome = permanent("test.threw");
            }
        }
    );
}

void EngineRig::stop() {
    engine->stop();
    run_for(5min);
}

void EngineRig::restart() {
    const std::set<AccessKey> members = vendor->members;
    const TimePoint now = world->true_now();
    take_down();
    store.reset();
    disk.reset();
    world = std::make_unique<test::SimWorld>(2, now);
    disk = store_test::open_store(dir.path());
    store = std::make_unique<ScriptedStore>(*disk, script);
    vendor = nullptr;
    build();
    vendor->members = members;
}

std::string EngineRig::ended_with() const {
    if (!outcome) {
        return "runs";
    }
    return outcome->has_value() ? "" : outcome->error().code();
}

Ticket& EngineRig::add_ticket(const std::string& issue_id) {
    Ticket other = policy_test::ticket();
    other.issue_id = issue_id;
    other.issue_key = "ACC-" + issue_id;
    return jira.tickets.insert_or_assign(issue_id, std::move(other)).first->second;
}

void EngineRig::move(Ticket& ticket, const std::string& to, Person author) {
    const std::string history = std::to_string(600 + ticket.changes.size());
    policy_test::move(ticket, history, world->now(), to, std::move(author));
}

AccessKey EngineRig::key() {
    return AccessKey("Entra ID", "g-users", "a-jane@acme.example");
}

std::optional<Request> EngineRig::stored(const std::string& issue_id) {
    test::SimWorld own;
    auto found = store_test::run(own, disk->load(std::vector<std::string>(1, issue_id)));
    std::optional<Request> request;
    if (found && !found->empty()) {
        request = std::move(found->front().request);
    }
    return request;
}

Access EngineRig::stored_access() {
    test::SimWorld own;
    auto found = store_test::run(own, disk->load_accesses(std::vector<AccessKey>(1, key())));
    return found && !found->empty() ? found->front().access : Access();
}

void EngineRig::save(const Access& access) {
    test::SimWorld own;
    Changes changes;
    changes.accesses.push_back(access);
    changes.at = world->now();
    if (!store_test::run(own, disk->save(std::move(changes)))) {
        throw std::runtime_error("the rig cannot save");
    }
}

std::vector<std::string> EngineRig::audit() {
    std::vector<std::string> codes;
    const auto read = read_audit(database_file(dir.path()), [&](const AuditRow& row) {
        codes.push_back(row.code);
        return true;
    });
    REQUIRE(read.has_value());
    return codes;
}

std::size_t EngineRig::audited(std::string_view code) {
    const auto codes = audit();
    return static_cast<std::size_t>(std::count(codes.begin(), codes.end(), code));
}

void EngineRig::connect(const std::string& name) {
    Application application;
    application.name = name;
    application.identity.allowed_domains = {"acme.example"};
    application.provider = std::make_unique<ScriptedVendor>(script);
    context().applications.emplace(name, std::move(application));
    AccessRule rule = policy_test::rule();
    rule.application = name;
    context().policy.rules.push_back(std::move(rule));
}

} // namespace accessd::engine_test
