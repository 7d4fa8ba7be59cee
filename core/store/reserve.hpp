#pragma once

#include <cstdint>
#include <filesystem>

namespace accessd {

/// Space that is given up when nothing else is left, so that the outcome of a revoke can still be recorded.
class Reserve {
public:
    virtual ~Reserve() = default;

    /// Gives the space up. False when there is none to give.
    virtual bool release() = 0;

    /// Takes it (again), if there is room. True: it is there.
    virtual bool hold() = 0;
};

/// A file of allocated blocks.
class BallastFile final : public Reserve {
public:
    BallastFile(std::filesystem::path file, std::uint64_t bytes);

    bool release() override;
    bool hold() override;

private:
    std::filesystem::path file_;
    std::uint64_t bytes_;
    bool held_ = false;
};

} // namespace accessd
