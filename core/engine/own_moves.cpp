#include "core/engine/own_moves.hpp"

#include <chrono>

namespace accessd {

namespace {

using namespace std::chrono_literals;

// No reading takes so long.
constexpr Duration kept_for = 10min;
constexpr std::size_t most_kept = 1000;

} // namespace

void OwnMoves::begin(const std::string& issue_id) {
    ++moves_[issue_id].under_way;
}

void OwnMoves::end(const std::string& issue_id, SteadyPoint now) {
    Moves& moves = moves_[issue_id];
    --moves.under_way;
    moves.last_end = now;
    if (moves_.size() > most_kept) {
        forget_old(now);
    }
}

bool OwnMoves::any_since(const std::string& issue_id, SteadyPoint then) const {
    const auto found = moves_.find(issue_id);
    return found != moves_.end() && (found->second.under_way > 0 || found->second.last_end >= then);
}

void OwnMoves::forget_old(SteadyPoint now) {
    std::erase_if(moves_, [now](const auto& entry) {
        return entry.second.under_way == 0 && !is_recent(entry.second.last_end, now, kept_for);
    });
}

} // namespace accessd
