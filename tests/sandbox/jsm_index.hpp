#pragma once

#include "core/model/time.hpp"

#include <cstdint>
#include <deque>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace accessd::sandbox::jsm {

class Option;
class Project;
class RequestType;
class Status;
class User;

/// The value of a select or of a user field.
class CustomValue {
public:
    CustomValue() = default;

    const Option* option = nullptr;
    const User* user = nullptr;
};

/// The fields of an issue at one moment.
class Facts {
public:
    Facts() = default;

    std::string key;
    std::string summary;
    const Project* project = nullptr;
    const Status* status = nullptr;
    const RequestType* request_type = nullptr; ///< none: not raised on the portal
    const User* reporter = nullptr;
    const User* creator = nullptr;
    const User* assignee = nullptr;
    TimePoint created_at{};
    TimePoint updated_at{};
    TimePoint status_at{};
    std::vector<CustomValue> custom;
};

/// What search sees: a copy of the issues' fields that may lag behind them. Walks do not scan: per status it
/// keeps the issues in order of update and of id.
class SearchIndex {
public:
    /// First an order value (milliseconds of the update, or 0), then the id.
    using Place = std::pair<std::int64_t, std::int64_t>;
    using Order = std::set<Place>;

    class Shelf {
    public:
        Shelf() = default;

        Order by_update;
        Order by_id;
    };

    /// From now on changes are seen this much later. Changes that already are seen stay so.
    void set_lag(Duration lag) { lag_ = lag; }

    Duration lag() const { return lag_; }

    void put(std::int64_t id, const Facts& facts, TimePoint now);
    void erase(std::int64_t id, TimePoint now);
    /// Lets in what happened until `now` less the lag.
    void settle(TimePoint now);

    const Facts* find(std::int64_t id) const;

    const std::unordered_map<const Status*, Shelf>& shelves() const { return shelves_; }

private:
    class Pending {
    public:
        Pending() = default;

        std::int64_t id = 0;
        TimePoint at{};
        std::optional<Facts> facts; ///< none: deleted
    };

    void apply(std::int64_t id, std::optional<Facts> facts);

    Duration lag_{0};
    std::deque<Pending> pending_;
    std::unordered_map<std::int64_t, Facts> facts_;
    std::unordered_map<const Status*, Shelf> shelves_;
};

} // namespace accessd::sandbox::jsm
