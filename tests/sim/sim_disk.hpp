#pragma once

#include <filesystem>

namespace accessd::test {

/// Puts a disk in memory under every database that this process opens from now on. What lies on it outlives
/// its connections. To be called once, before the process uses SQLite; one thread only.
void install_sim_disk();

/// Takes away what lies below the directory. No connection to it is open.
void clear_sim_disk(const std::filesystem::path& directory);

/// From now on every write fails with SQLITE_FULL, or none does.
void set_sim_disk_full(bool full);

} // namespace accessd::test
