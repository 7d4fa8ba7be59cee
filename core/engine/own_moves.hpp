#pragma once

#include "core/model/time.hpp"

#include <map>
#include <string>

namespace accessd {

/// The tickets that accessd itself is moving, or has moved a short while ago. A reading of such a ticket may
/// be half from before the move, and take for approved what the move took out of its approved status.
class OwnMoves {
public:
    /// A call is about to be made that may move the ticket; for each there is one end().
    void begin(const std::string& issue_id);
    void end(const std::string& issue_id, SteadyPoint now);

    /// Whether a move was under way at any time from `then` on, which lies a few minutes back at most.
    bool any_since(const std::string& issue_id, SteadyPoint then) const;

private:
    class Moves {
    public:
        int under_way = 0;
        SteadyPoint last_end = SteadyPoint::min();
    };

    void forget_old(SteadyPoint now);

    std::map<std::string, Moves> moves_;
};

} // namespace accessd
