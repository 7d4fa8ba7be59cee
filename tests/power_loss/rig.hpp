#pragma once

#include "tests/power_loss/power_vfs.hpp"

#include <cstdint>
#include <filesystem>

namespace accessd::power_loss {

/// What the suite runs against. All but `full` must do harm, or the suite would see none.
enum class Mode : std::uint8_t {
    full,   ///< accessd as it is, on an honest disk
    normal, ///< accessd with synchronous=NORMAL
    liar,   ///< accessd on a disk whose syncs do nothing
};

/// What all stories of a run share: SQLite's file system, and two state directories for what does not go
/// through SQLite (the lock), gone with the object.
class Rig {
public:
    explicit Rig(Mode mode);
    Rig(const Rig&) = delete;
    Rig& operator=(const Rig&) = delete;
    ~Rig();

    Mode mode() const { return mode_; }

    const std::filesystem::path& victim() const { return victim_; } ///< the directory whose disk loses power

    const std::filesystem::path& twin() const { return twin_; } ///< the one whose disk never does

    PowerVfs vfs;

private:
    Mode mode_;
    std::filesystem::path root_;
    std::filesystem::path victim_;
    std::filesystem::path twin_;
};

} // namespace accessd::power_loss
