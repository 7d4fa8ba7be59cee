#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <vector>

namespace accessd::power_loss {

inline constexpr std::size_t lock_slots = 8; // SQLITE_SHM_NLOCK

/// What the connections to one database share in memory: the index of the log and its locks. Gone with the
/// last connection, as with the power.
class SharedMemory {
public:
    /// A region of zeros when new; null when it is not there and must not be made.
    std::byte* region(std::size_t index, std::size_t bytes, bool make) {
        while (make && regions_.size() <= index) {
            regions_.push_back(std::make_unique<std::byte[]>(bytes));
        }
        return index < regions_.size() ? regions_[index].get() : nullptr;
    }

    /// Holders of a slot: how many share it, or -1 for one alone.
    std::array<int, lock_slots> holders{};

private:
    std::vector<std::unique_ptr<std::byte[]>> regions_;
};

/// The locks on a database file itself, with the meaning that SQLite gives them.
class FileLocks {
public:
    int readers = 0;
    const void* writer = nullptr; ///< who holds the reserved lock or more
    bool closed = false;          ///< the writer waits for readers to leave, or they have left
};

} // namespace accessd::power_loss
