#pragma once

#include "core/model/time.hpp"

#include <map>
#include <optional>

namespace accessd {

/// What has been handed out and not come back yet. In memory: one process owns the database, so that with the
/// process its claims are gone, as they must be, and a claim costs no write.
template <class Key> class Claims {
public:
    void claim(const Key& key, TimePoint until) { until_.insert_or_assign(key, until); }

    void release(const Key& key) { until_.erase(key); }

    bool holds(const Key& key) const { return until_.contains(key); }

    /// Forgets what has run out.
    void expire(TimePoint now) {
        std::erase_if(until_, [now](const auto& claim) { return claim.second <= now; });
    }

    /// When the first claim runs out.
    std::optional<TimePoint> first_end() const {
        std::optional<TimePoint> first;
        for (const auto& [key, until] : until_) {
            if (!first || until < *first) {
                first = until;
            }
        }
        return first;
    }

private:
    std::map<Key, TimePoint> until_;
};

} // namespace accessd
