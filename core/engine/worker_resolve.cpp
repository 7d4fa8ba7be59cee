#include "core/engine/worker_desk.hpp"
#include "core/policy/identity.hpp"
#include "core/support/text.hpp"

#include <algorithm>
#include <set>
#include <utility>

// How a worker finds the account and the entitlements of a request.
namespace accessd {

Task<Result<Entitlement>> Worker::entitlement(Application& application, std::string name) {
    const std::pair<std::string, std::string> label(application.name, name);
    const auto known = pinned_.find(label);
    if (known != pinned_.end()) {
        co_return known->second;
    }
    // One asks the vendor, however many need it.
    std::vector<AccessKey> label_key(1, AccessKey(application.name, name, std::string()));
    auto hold = co_await pinning_.lock(std::move(label_key));
    const auto meanwhile = pinned_.find(label);
    if (meanwhile != pinned_.end()) {
        co_return meanwhile->second;
    }
    auto stored = co_await context_.store.pinned(application.name, name);
    if (!stored) {
        context_.note(stored.error());
        co_return stored.error();
    }
    if (*stored) {
        pinned_.emplace(label, **stored);
        co_return **stored;
    }
    auto found = co_await application.provider->find_entitlement(name, context_.deadline());
    if (!found) {
        co_return found.error();
    }
    Entitlement entitlement(found->id, name);
    auto kept = co_await context_.store.pin(application.name, entitlement, context_.clock.now());
    if (!kept) {
        context_.note(kept.error());
        co_return kept.error();
    }
    // Somebody may have pinned it first: what is stored decides.
    auto pinned = co_await context_.store.pinned(application.name, name);
    if (pinned && *pinned) {
        entitlement = **pinned;
    }
    pinned_.emplace(label, entitlement);
    co_return entitlement;
}

/// The beneficiary's account. One that is not the one that was found before is believed only when the map
/// file names it by its id: whoever can change an address in Jira or in the application must not thereby
/// choose who gets access.
Task<Result<Account>> Worker::account(Desk& desk, Application& application) {
    const Request& request = desk.request();
    const std::string address = request.account.name;
    auto found = co_await application.provider->find_account(address, context_.deadline());
    if (!found) {
        co_return found.error();
    }
    auto known = co_await context_.store.known_account(application.name, request.beneficiary_id);
    if (!known) {
        context_.note(known.error());
        co_return known.error();
    }
    if (*known && (*known)->id == found->id) {
        co_return *found;
    }
    KnownIdentity identity(application.name, request.beneficiary_id, *found);
    if (*known) {
        if (!equals_ignoring_case(address, found->id)) {
            co_return changed_identity(identity, **known);
        }
        identity.replaces = (*known)->id;
    }
    desk.found.push_back(std::move(identity));
    co_return *found;
}

Task<Result<std::vector<Entitlement>>>
Worker::entitlements(Application& application, std::vector<std::string> names) {
    std::vector<Entitlement> all;
    for (std::string& name : names) {
        auto found = co_await entitlement(application, std::move(name));
        if (!found) {
            co_return found.error();
        }
        all.push_back(std::move(*found));
    }
    co_return all;
}

/// What a change takes away: what it names, or else every other lease that the account has in the
/// application.
Task<Result<std::vector<Entitlement>>>
Worker::replaced(Desk& desk, Application& application, std::string account_id) {
    const Request& request = desk.request();
    std::vector<Entitlement> all;
    if (request.kind != RequestKind::change) {
        co_return all;
    }
    if (!request.replaced_type.empty()) {
        auto named = co_await entitlements(application, request.replaced_names);
        co_return named;
    }
    auto leases = co_await context_.store.leases(request.beneficiary_id);
    if (!leases) {
        context_.note(leases.error());
        co_return leases.error();
    }
    for (const Lease& lease : *leases) {
        const bool same = lease.key.application == application.name && lease.key.account == account_id;
        if (same && lease.issue_id != request.issue_id) {
            all.emplace_back(lease.key.entitlement, lease.entitlement_name);
        }
    }
    co_return all;
}

Task<Result<Resolved>> Worker::look_up(Desk& desk, Application& application) {
    desk.found.clear();
    auto found_account = co_await account(desk, application);
    if (!found_account) {
        co_return found_account.error();
    }
    auto wanted = co_await entitlements(application, desk.request().entitlement_names);
    if (!wanted) {
        co_return wanted.error();
    }
    auto leaving = co_await replaced(desk, application, found_account->id);
    if (!leaving) {
        co_return leaving.error();
    }
    Resolved found(std::move(*found_account), std::move(*wanted));
    found.replaced = std::move(*leaving);
    co_return found;
}

/// True: there is something to tell.
Task<bool> Worker::unresolved(Desk& desk, Application& application, Error error) {
    desk.found.clear();
    if (context_.fatal) {
        co_return false; // our trouble, not the request's
    }
    if (!is_cancelled(error)) {
        context_.note_trouble(application, error);
        std::vector<Event> events(1, Event(Unresolved(std::move(error))));
        co_await commit(desk, std::move(events));
    }
    co_return !desk.tells.empty();
}

Task<bool> Worker::resolve(Desk& desk) {
    Application* application = context_.application(desk.request().application);
    if (application == nullptr) {
        std::vector<Event> events(1, Event(Unresolved(unknown_application(desk.request().application))));
        co_await commit(desk, std::move(events));
        co_return false;
    }
    auto found = co_await look_up(desk, *application);
    if (!found) {
        const bool more = co_await unresolved(desk, *application, found.error());
        co_return more;
    }
    context_.note_success(*application);
    Wanted wanted;
    for (const Entitlement& one : found->entitlements) {
        wanted.emplace_back(application->name, one.name);
    }
    const bool removal = desk.request().kind == RequestKind::remove;
    if (removal) {
        wanted.clear();
    }
    std::vector<AccessKey> keys = desk.keys();
    for (const std::vector<Entitlement>* some : {&found->entitlements, &found->replaced}) {
        for (const Entitlement& one : *some) {
            add_key(keys, AccessKey(application->name, one.id, found->account.id));
        }
    }
    desk.extra_keys = keys;
    std::vector<AccessKey> locked = with_person(keys, desk.request(), wanted);
    desk.hold = co_await context_.locks.lock(std::move(locked));
    auto free = co_await expect_no_conflict(desk, *application, found->account, std::move(wanted));
    if (!free) {
        const bool more = co_await unresolved(desk, *application, free.error());
        co_return more;
    }
    auto accesses = co_await context_.store.load_accesses(std::move(keys));
    if (!accesses) {
        context_.note(accesses.error());
        co_return false;
    }
    desk.situation.accesses = std::move(*accesses);
    // A removal ends others' claims before its call; the brake has more to say to what it does not let pass.
    const bool at_once = !removal && may_grant_now(desk.request(), found->entitlements.size());
    std::vector<Event> events(1, Event(std::move(*found)));
    if (!at_once) {
        const bool saved = co_await commit(desk, std::move(events));
        co_return saved;
    }
    events.emplace_back(Started());
    const bool called = co_await start_and_call(desk, std::move(events));
    co_return called;
}

/// Ends the claims that other tickets have on what a removal takes, as far as they are older. False: not all
/// of them could be stored; the removal comes again.
Task<bool> Worker::supersede(Desk& desk) {
    const bool loaded = co_await load(desk);
    if (!loaded) {
        co_return false;
    }
    std::set<std::string> holders;
    for (const StoredAccess& stored : desk.situation.accesses) {
        for (const auto& [issue_id, issue_key] : stored.holders) {
            holders.insert(issue_id);
        }
    }
    holders.erase(desk.request().issue_id);
    if (holders.empty()) {
        co_return true;
    }
    for (const std::string& issue_id : holders) {
        Desk other;
        other.situation.request.issue_id = issue_id;
        const bool found = co_await load(other);
        if (!found) {
            co_return false;
        }
        std::vector<Event> events(1, Event(Superseded(desk.keys(), desk.request().issue_key)));
        const bool ended = co_await commit(other, std::move(events));
        if (!ended) {
            co_return false;
        }
    }
    context_.alarm.ring(); // they have something to tell
    const bool again = co_await load(desk);
    co_return again;
}

} // namespace accessd
