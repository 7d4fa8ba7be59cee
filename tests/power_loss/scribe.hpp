#pragma once

#include "core/store/store.hpp"
#include "tests/power_loss/dice.hpp"

#include <cstddef>
#include <map>
#include <string>
#include <vector>

namespace accessd::power_loss {

/// Makes up what a daemon would save: new requests and later states of known ones with fewer or more targets,
/// accesses with and without intents, messages written, rewritten and delivered, audit rows, positions, whose
/// account is whose. Knows only what the store acknowledged.
class Scribe {
public:
    /// A wordy one writes enough for the store to copy its log into the database by itself.
    Scribe(Dice& dice, bool wordy) : dice_(dice), wordy_(wordy) {}

    Changes next();

    /// A save of a known request with an old revision, which the store must refuse; an audit row alone when
    /// no request is known.
    Changes outdated();

    /// The store has these now.
    void learn(const Changes& changes, const Saved& saved);

    std::string word(std::size_t at_least = 0); ///< of letters

private:
    Request some_request();
    Access some_access(const AccessKey& key);
    void add_accesses(Changes& changes);
    void add_tells(Changes& changes);
    void add_identity(Changes& changes);
    AccessKey some_key();
    TimePoint moment();
    std::optional<TimePoint> perhaps_moment();

    Dice& dice_;
    bool wordy_;
    std::int64_t ticks_ = 0;
    std::map<std::string, Request> requests_;
    std::map<AccessKey, Access> accesses_;
    std::vector<Tell> tells_;
    std::map<std::string, std::string> identities_; ///< account id by Jira account id
};

} // namespace accessd::power_loss
