#pragma once

#include "core/model/result.hpp"
#include "core/support/task.hpp"

#include <string>

namespace accessd {

/// Where the Authorization header comes from.
class TokenSource {
public:
    virtual ~TokenSource() = default;

    /// The whole header value ("Bearer ...", "Basic ..."). May fetch; concurrent callers share one fetch.
    /// Errors: Fault::credential when the vendor refused our credential, else transient or throttled.
    virtual Task<Result<std::string>> authorization(TimePoint deadline) = 0;

    /// The vendor answered 401 to this value. True when the next authorization() will bring another one,
    /// false when the credential is fixed and asking again is useless.
    virtual bool reject(const std::string& authorization) = 0;
};

} // namespace accessd
