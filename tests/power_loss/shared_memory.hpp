#pragma once

#include "tests/support/vfs_parts.hpp"

#include <cstddef>
#include <memory>
#include <vector>

namespace accessd::power_loss {

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

    test::SlotLocks slots;

private:
    std::vector<std::unique_ptr<std::byte[]>> regions_;
};

} // namespace accessd::power_loss
