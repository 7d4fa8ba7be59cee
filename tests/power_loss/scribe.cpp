#include "tests/power_loss/scribe.hpp"

#include <algorithm>
#include <array>
#include <iterator>

namespace accessd::power_loss {

namespace {

constexpr std::size_t most_requests = 30;

template <class Map> const typename Map::mapped_type& any_of(const Map& map, Dice& dice) {
    return std::next(map.begin(), static_cast<std::ptrdiff_t>(dice.below(map.size())))->second;
}

} // namespace

std::string Scribe::word(std::size_t at_least) {
    std::string text(at_least + dice_.below(24), ' ');
    for (char& letter : text) {
        letter = static_cast<char>('a' + dice_.below(26));
    }
    return text;
}

TimePoint Scribe::moment() {
    return TimePoint(std::chrono::seconds(1767225600 + ++ticks_));
}

std::optional<TimePoint> Scribe::perhaps_moment() {
    return dice_.chance(1, 2) ? std::optional<TimePoint>(moment()) : std::nullopt;
}

AccessKey Scribe::some_key() {
    const std::string group = "group-" + std::to_string(dice_.below(3));
    return AccessKey("Entra ID", group, "account-" + std::to_string(dice_.below(8)));
}

Request Scribe::some_request() {
    constexpr std::array<TargetState, 6> states = {
        TargetState::wanted,
        TargetState::held,
        TargetState::ending,
        TargetState::gone,
        TargetState::kept,
        TargetState::refused,
    };
    Request request;
    if (requests_.size() >= most_requests || (!requests_.empty() && dice_.chance(2, 3))) {
        request = any_of(requests_, dice_);
    } else {
        request.issue_id = std::to_string(10000 + requests_.size());
        request.issue_key = "ACC-" + request.issue_id;
    }
    request.status_entry = std::to_string(dice_.below(4));
    request.phase = static_cast<Phase>(dice_.below(phase_count));
    request.application = "Entra ID";
    request.reason = word();
    request.evidence = wordy_ || dice_.chance(1, 3) ? word(wordy_ ? 300'000 : 200) : request.evidence;
    request.approved_at = perhaps_moment();
    request.wake_at = perhaps_moment();
    request.vanished_at = perhaps_moment();
    request.targets.resize(dice_.below(4));
    for (Target& target : request.targets) {
        target.key = some_key();
        target.entitlement_name = word();
        target.state = states[dice_.below(states.size())];
        target.wake_at = perhaps_moment();
        target.error_message = word();
    }
    return request;
}

Access Scribe::some_access(const AccessKey& key) {
    const auto known = accesses_.find(key);
    Access access = known == accesses_.end() ? Access(key) : known->second;
    access.desired = !access.desired;
    ++access.generation;
    access.intent.reset();
    if (dice_.chance(1, 2)) {
        const Operation operation = dice_.chance(1, 2) ? Operation::grant : Operation::revoke;
        access.intent = Intent(operation, std::to_string(10000 + dice_.below(most_requests)), moment());
    }
    access.watch_at = perhaps_moment();
    return access;
}

void Scribe::add_accesses(Changes& changes) {
    for (std::uint64_t n = dice_.below(3); n > 0; --n) {
        const AccessKey key = some_key();
        const bool there =
            std::any_of(changes.accesses.begin(), changes.accesses.end(), [&](const Access& access) {
                return access.key == key;
            });
        if (!there) {
            changes.accesses.push_back(some_access(key));
        }
    }
}

void Scribe::add_tells(Changes& changes) {
    for (std::uint64_t n = dice_.below(3); n > 0; --n) {
        Tell tell;
        tell.issue_id = std::to_string(10000 + dice_.below(most_requests));
        tell.issue_key = "ACC-" + tell.issue_id;
        tell.status_entry = std::to_string(dice_.below(4));
        tell.kind = static_cast<TellKind>(dice_.below(4));
        tell.lines = {word(), word(wordy_ ? 4000 : 40)};
        tell.may_be_sent = dice_.chance(1, 4);
        tell.wake_at = perhaps_moment();
        changes.tells.push_back(std::move(tell));
    }
    if (!tells_.empty() && dice_.chance(1, 3)) {
        changes.told.push_back(tells_[dice_.below(tells_.size())].id());
    }
}

/// Somebody's first account, or another one in its place.
void Scribe::add_identity(Changes& changes) {
    const std::string person = "person-" + std::to_string(dice_.below(20));
    KnownIdentity identity("Entra ID", person, Account(word(), word()));
    identity.replaces = identities_[person];
    changes.identities.push_back(std::move(identity));
}

Changes Scribe::next() {
    Changes changes;
    changes.at = moment();
    if (dice_.chance(4, 5)) {
        changes.request = some_request();
    }
    add_accesses(changes);
    add_tells(changes);
    for (std::uint64_t n = 1 + dice_.below(3); n > 0; --n) {
        changes.audit.emplace_back("grant.intent", "{\"note\":\"" + word(wordy_ ? 9000 : 60) + "\"}");
    }
    if (dice_.chance(1, 5)) {
        changes.position = moment();
    }
    if (dice_.chance(1, 4)) {
        add_identity(changes);
    }
    return changes;
}

Changes Scribe::outdated() {
    Changes changes = next();
    if (!requests_.empty()) {
        changes.request = any_of(requests_, dice_);
        ++changes.request->revision;
    }
    return changes;
}

void Scribe::learn(const Changes& changes, const Saved& saved) {
    if (changes.request) {
        Request& known = requests_[changes.request->issue_id];
        known = *changes.request;
        known.revision = saved.request_revision;
    }
    for (std::size_t i = 0; i < changes.accesses.size(); ++i) {
        Access& known = accesses_[changes.accesses[i].key];
        known = changes.accesses[i];
        known.revision = saved.access_revisions[i];
    }
    for (const KnownIdentity& identity : changes.identities) {
        identities_[identity.beneficiary_id] = identity.account.id;
    }
    tells_.insert(tells_.end(), changes.tells.begin(), changes.tells.end());
}

} // namespace accessd::power_loss
