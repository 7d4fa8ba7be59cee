#pragma once

#include "core/model/result.hpp"
#include "core/store/store.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>

namespace accessd {

class StoreOptions {
public:
    StoreOptions() = default;

    std::filesystem::path directory;          ///< mode 0700; created when its parent exists
    bool threaded = true;                     ///< false: everything on the caller's executor, for simulations
    std::uint64_t reserve_bytes = 16U << 20U; ///< given up when the disk is full; 0: none
    bool sign_audit = false; ///< checkpoints, with the key that load_audit_key() finds or makes
};

/// DIRECTORY/accessd.db: for reading beside a running daemon.
std::filesystem::path database_file(const std::filesystem::path& directory);

/// Locks the directory, opens, checks and migrates the database in it. Blocks; to be called at start.
///
/// Destroying the store first does what it was asked for, then closes the database; coroutines that wait for
/// it are resumed by their own executor, which must outlive the store. Not threaded, that executor must not
/// run any more what waits for a store that is gone.
///
/// Errors, beside those of Store: "store.locked" (another daemon has it, names its pid), "store.directory",
/// "store.newer" (written by a newer accessd), "store.key" (the key of the audit); all permanent.
Result<std::unique_ptr<Store>> open_sqlite_store(const StoreOptions& options);

} // namespace accessd
