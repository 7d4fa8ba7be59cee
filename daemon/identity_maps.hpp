#pragma once

#include "core/engine/context.hpp"
#include "daemon/config.hpp"

#include <map>
#include <string>

namespace accessd {

/// The map files of a running daemon. A file that changed is taken over whole; one that is wrong, or gone,
/// leaves what is in force and is logged once.
class IdentityMaps {
public:
    /// `config` is what the daemon runs with; it outlives this and is kept up to date.
    explicit IdentityMaps(Config& config) : config_(config) {}

    /// Looks at every file, and reads those that are not what they were. Gives `context` the new accounts
    /// and the configuration's new hash.
    void refresh(EngineContext& context);

private:
    bool refresh(ApplicationSettings& application);

    Config& config_;
    std::map<std::string, FileMark> refused_; ///< by application: the file that the log has told of
};

} // namespace accessd
