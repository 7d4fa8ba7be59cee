#include "core/store/ledger.hpp"

#include <utility>

// What can be asked of the ledger.
namespace accessd {

Result<std::vector<StoredRequest>> Ledger::load(const std::vector<std::string>& issue_ids) {
    std::vector<StoredRequest> found;
    for (const std::string& issue_id : issue_ids) {
        StoredRequest stored;
        bool there = false;
        if (!requests_.load(issue_id, stored.request, there) ||
            (there && !outbox_.load(issue_id, stored.tells))) {
            return fail();
        }
        if (there) {
            found.push_back(std::move(stored));
        }
    }
    return found;
}

Result<std::vector<StoredAccess>> Ledger::load_accesses(const std::vector<AccessKey>& keys) {
    std::vector<StoredAccess> found;
    for (const AccessKey& key : keys) {
        StoredAccess& stored = found.emplace_back();
        stored.access = Access(key);
        if (!accesses_.load(stored.access) || !requests_.holders(key, stored.holders)) {
            return fail();
        }
    }
    return found;
}

Result<std::vector<std::string>> Ledger::open_intents() {
    std::vector<std::string> issue_ids;
    if (!accesses_.open_intents(issue_ids)) {
        return fail();
    }
    return issue_ids;
}

Result<std::vector<PastChange>> Ledger::changes_since(TimePoint since) {
    std::vector<PastChange> found;
    if (!audit_.changes_since(since, found)) {
        return fail();
    }
    return found;
}

Result<std::vector<Lease>> Ledger::leases(const std::string& beneficiary_id) {
    std::vector<Lease> found;
    if (!requests_.leases(beneficiary_id, found)) {
        return fail();
    }
    return found;
}

Result<std::vector<LiveRequest>> Ledger::live(const std::string& after, std::size_t limit) {
    std::vector<LiveRequest> found;
    if (!requests_.live(after, limit, found)) {
        return fail();
    }
    return found;
}

Result<std::optional<Entitlement>> Ledger::pinned(const std::string& application, const std::string& name) {
    std::optional<Entitlement> entitlement;
    if (!pins_.find(application, name, entitlement)) {
        return fail();
    }
    return entitlement;
}

Result<std::optional<Account>>
Ledger::known_account(const std::string& application, const std::string& beneficiary_id) {
    std::optional<Account> account;
    if (!pins_.find_account(application, beneficiary_id, account)) {
        return fail();
    }
    return account;
}

} // namespace accessd
