#pragma once

#include "core/engine/context.hpp"

namespace accessd {

/// A key after one look at it: the next look, or none when it stayed gone for long enough. Looks come one
/// minute, ten minutes and one hour after the revoke.
Access watched(Access access, TimePoint at);

/// Looks again at revoked keys: a grant that lands late must not bring the access back (I3). Closes the
/// intents of calls whose outcome was never recorded (I5).
class Watcher {
public:
    explicit Watcher(EngineContext& context) : context_(context) {}

    Task<> watch(AccessKey key);

private:
    Task<> look(Access access, Provider& provider);
    Task<> revoke_again(Access access, Provider& provider);
    /// The revision that the access has now; nothing when it was not saved (which is taken note of).
    Task<std::optional<std::int64_t>> save(Access access, std::vector<AuditEntry> audit);

    EngineContext& context_;
};

} // namespace accessd
