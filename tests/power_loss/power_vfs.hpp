#pragma once

#include "tests/power_loss/disk.hpp"

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>

struct sqlite3_vfs;

namespace accessd::power_loss {

/// SQLite's default file system while it lives: databases, logs and journals in memory, on disks that can
/// lose their power. It behaves like SQLite's own for Unix: the same sector size and promises, and the first
/// sync of a new journal or log syncs the directory, too. One thread only.
///
/// A database that is opened for writing and is not there is taken for empty, since accessd creates the file
/// itself.
class PowerVfs {
public:
    PowerVfs();
    PowerVfs(const PowerVfs&) = delete;
    PowerVfs& operator=(const PowerVfs&) = delete;
    ~PowerVfs();

    /// Files directly in `directory` lie on `disk` from now on. The disk outlives its use.
    void mount(const std::filesystem::path& directory, Disk& disk);

    /// SQLite's random numbers (the salts of the log) depend on nothing else from now on.
    void reseed(std::uint64_t seed);

    Disk* disk_of(const std::string& path) const; ///< null: on none

    std::uint64_t random() { return dice_.below(UINT64_MAX); }

private:
    std::map<std::string, Disk*> mounts_;
    Dice dice_{0};
    std::unique_ptr<sqlite3_vfs> vfs_;
};

} // namespace accessd::power_loss
