#pragma once

#include "core/model/time.hpp"

#include <cstddef>
#include <deque>
#include <map>
#include <set>
#include <string>

namespace accessd {

/// How many changes within an hour are still believed.
class BrakeSettings {
public:
    BrakeSettings() = default;

    std::size_t grants_per_hour = 200;  ///< by rule; more are parked
    std::size_t revokes_per_hour = 500; ///< by application; more are delayed
};

/// What the brake says to changes that are about to begin.
class BrakeAnswer {
public:
    BrakeAnswer() = default;

    bool passes = true;
    bool is_news = false; ///< it said the opposite under this name before
    Duration wait{};      ///< with a refusal: until the oldest of the last hour's counts no more
};

/// Counts what was begun within the last hour, and says when that is enough.
class Brake {
public:
    /// `limit` changes an hour for each name, at least one.
    explicit Brake(std::size_t limit) : limit_(limit) {}

    /// Counts `how_many` changes under a name and lets them pass, or counts none of them. More than the limit
    /// at once pass when nothing else was begun: else they would wait for ever.
    BrakeAnswer ask(const std::string& name, std::size_t how_many, SteadyPoint now);

    /// Counts one that an earlier process began. To be called in the order of their beginnings.
    void remember(const std::string& name, SteadyPoint begun) { begun_[name].push_back(begun); }

    std::size_t limit() const { return limit_; }

private:
    std::size_t limit_;
    std::map<std::string, std::deque<SteadyPoint>> begun_; ///< of the last hour, oldest first
    std::set<std::string> closed_;
};

} // namespace accessd
