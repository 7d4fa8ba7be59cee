#pragma once

namespace accessd::test {

/// Puts a disk that can be full under every database that this process opens from now on. To be called once.
void install_sim_disk();

/// From now on every write fails with SQLITE_FULL, or none does.
void set_sim_disk_full(bool full);

} // namespace accessd::test
