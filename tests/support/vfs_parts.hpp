#pragma once

#include <array>
#include <cstddef>

struct sqlite3_vfs;

// What every VFS in memory needs, https://www.sqlite.org/vfs.html: locks with the meaning that SQLite gives
// them, and the methods that touch no file.
namespace accessd::test {

inline constexpr std::size_t lock_slots = 8; // SQLITE_SHM_NLOCK

/// The locks on one database file, shared by its connections. Levels and answers are SQLite's.
class FileLocks {
public:
    /// `held` is the caller's present level and is brought up to date; `who` tells callers apart.
    int lock(const void* who, int& held, int level);
    int unlock(int& held, int level);

    bool is_reserved() const { return writer_ != nullptr; }

private:
    int readers_ = 0;
    const void* writer_ = nullptr; ///< who holds the reserved lock or more
    bool closed_ = false;          ///< the writer waits for readers to leave, or they have left
};

/// The slots of the log's shared memory that one connection holds, as bits.
class HeldSlots {
public:
    unsigned shared = 0;
    unsigned alone = 0;
};

/// Who holds the slots of a log's shared memory: how many share each, or -1 for one alone.
class SlotLocks {
public:
    /// xShmLock: `flags` are SQLite's.
    int change(HeldSlots& mine, int first, int count, int flags);

private:
    std::array<int, lock_slots> holders_{};
};

/// A VFS of that name in which names are full paths, time stands still and nobody sleeps. Files, their
/// handles and randomness are the caller's to fill in.
sqlite3_vfs plain_vfs(const char* name, int handle_size);

} // namespace accessd::test
