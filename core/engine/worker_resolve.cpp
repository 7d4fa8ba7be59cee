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

Task<bool> Worker::resolve(Desk& desk) {
    Application* application = context_.application(desk.request().application);
    if (application == nullptr) {
        std::vector<Event> events(1, Event(Unresolved(unknown_application(desk.request().application))));
        co_await commit(desk, std::move(events));
        co_return false;
    }
    desk.found.clear();
    auto account = co_await this->account(desk, *application);
    std::optional<Error> trouble;
    std::vector<Entitlement> entitlements;
    if (!account) {
        trouble = account.error();
    }
    for (std::size_t i = 0; !trouble && i < desk.request().entitlement_names.size(); ++i) {
        auto found = co_await entitlement(*application, desk.request().entitlement_names[i]);
        if (found) {
            entitlements.push_back(std::move(*found));
        } else {
            trouble = found.error();
        }
    }
    if (trouble) {
        desk.found.clear();
        if (context_.fatal) {
            co_return false; // our trouble, not the request's
        }
        if (!is_cancelled(*trouble)) {
            context_.note_trouble(*application, *trouble);
            std::vector<Event> events(1, Event(Unresolved(std::move(*trouble))));
            co_await commit(desk, std::move(events));
        }
        co_return !desk.tells.empty();
    }
    context_.note_success(*application);
    std::vector<AccessKey> keys = desk.keys();
    for (const Entitlement& found : entitlements) {
        AccessKey key(application->name, found.id, account->id);
        if (std::find(keys.begin(), keys.end(), key) == keys.end()) {
            keys.push_back(std::move(key));
        }
    }
    desk.extra_keys = keys;
    desk.hold = co_await context_.locks.lock(keys);
    auto accesses = co_await context_.store.load_accesses(std::move(keys));
    if (!accesses) {
        context_.note(accesses.error());
        co_return false;
    }
    desk.situation.accesses = std::move(*accesses);
    std::vector<Event> events;
    events.emplace_back(Resolved(std::move(*account), std::move(entitlements)));
    if (desk.request().kind == RequestKind::remove) {
        const bool resolved = co_await commit(desk, std::move(events)); // others' claims end before its call
        co_return resolved;
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
