#pragma once

#include "core/store/store.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace accessd::power_loss {

/// A state directory opened by accessd, as the stories use it.
class Subject {
public:
    enum class Kind : std::uint8_t {
        store,  ///< the Store that the daemon has; saves one after the other
        ledger, ///< what lies behind its thread; saves that come together share one commit
    };

    /// Errors as open_sqlite_store().
    static Result<std::unique_ptr<Subject>> open(const std::filesystem::path& directory, Kind kind);

    virtual ~Subject() = default;

    /// Saves these as if they had come at the same moment, and gives the answer to each.
    virtual std::vector<Result<Saved>> save(std::vector<Changes> group) = 0;

    virtual Result<Done> pin(const Entitlement& entitlement, TimePoint at) = 0;
    virtual Result<DueWork> claim(TimePoint now) = 0;
};

} // namespace accessd::power_loss
