#include "tests/sandbox/jsm_index.hpp"

namespace accessd::sandbox::jsm {

void SearchIndex::put(std::int64_t id, const Facts& facts, TimePoint now) {
    if (lag_ == Duration(0) && pending_.empty()) {
        apply(id, facts);
        return;
    }
    Pending& late = pending_.emplace_back();
    late.id = id;
    late.at = now;
    late.facts = facts;
}

void SearchIndex::erase(std::int64_t id, TimePoint now) {
    if (lag_ == Duration(0) && pending_.empty()) {
        apply(id, std::nullopt);
        return;
    }
    Pending& late = pending_.emplace_back();
    late.id = id;
    late.at = now;
}

void SearchIndex::settle(TimePoint now) {
    while (!pending_.empty() && pending_.front().at + lag_ <= now) {
        apply(pending_.front().id, std::move(pending_.front().facts));
        pending_.pop_front();
    }
}

const Facts* SearchIndex::find(std::int64_t id) const {
    const auto found = facts_.find(id);
    return found == facts_.end() ? nullptr : &found->second;
}

void SearchIndex::apply(std::int64_t id, std::optional<Facts> facts) {
    const auto old = facts_.find(id);
    if (old != facts_.end()) {
        Shelf& shelf = shelves_[old->second.status];
        shelf.by_update.erase({old->second.updated_at.time_since_epoch().count(), id});
        shelf.by_id.erase({0, id});
    }
    if (!facts) {
        facts_.erase(id);
        return;
    }
    Shelf& shelf = shelves_[facts->status];
    shelf.by_update.insert({facts->updated_at.time_since_epoch().count(), id});
    shelf.by_id.insert({0, id});
    facts_[id] = std::move(*facts);
}

} // namespace accessd::sandbox::jsm
