#pragma once

#include "core/model/result.hpp"

#include <filesystem>
#include <memory>

namespace accessd {

/// Makes sure that the directory exists and that nobody else can look into it. Created with mode 0700 when
/// its parent exists. Error "store.directory" (permanent).
Result<Done> prepare_state_dir(const std::filesystem::path& directory);

/// The right to be the one daemon of a state directory: an flock on DIRECTORY/lock, which the kernel drops
/// with the process.
class StateLock {
public:
    /// Error "store.locked" (permanent) names the process that has it, "store.directory" when the file cannot
    /// be made.
    static Result<StateLock> take(const std::filesystem::path& directory);

    StateLock(StateLock&& other) noexcept;
    StateLock& operator=(StateLock&&) = delete;
    ~StateLock();

private:
    explicit StateLock(int descriptor) : descriptor_(descriptor) {}

    int descriptor_;
};

} // namespace accessd
