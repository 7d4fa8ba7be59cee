#pragma once

#include <cstdint>

namespace accessd {

/// The only source of randomness for decisions (jitter, ids). Not for keys: those come from OpenSSL.
class Random {
public:
    virtual ~Random() = default;
    virtual std::uint64_t next() = 0;
};

} // namespace accessd
