#include "tests/support/vfs_parts.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <cstring>

namespace accessd::test {

namespace {

static_assert(lock_slots == SQLITE_SHM_NLOCK);

int full_path(sqlite3_vfs*, const char* path, int room, char* whole) {
    const std::size_t size = std::strlen(path) + 1;
    if (size > static_cast<std::size_t>(room)) {
        return SQLITE_CANTOPEN;
    }
    std::memcpy(whole, path, size);
    return SQLITE_OK;
}

int sleep(sqlite3_vfs*, int) {
    return 0;
}

int current_time(sqlite3_vfs*, double* julian_day) {
    *julian_day = 2461041.5; // 2026-01-01
    return SQLITE_OK;
}

int last_error(sqlite3_vfs*, int, char*) {
    return 0;
}

} // namespace

int FileLocks::unlock(int& held, int level) {
    if (held >= SQLITE_LOCK_RESERVED && level < SQLITE_LOCK_RESERVED) {
        writer_ = nullptr;
        closed_ = false;
    }
    if (held >= SQLITE_LOCK_SHARED && level == SQLITE_LOCK_NONE) {
        --readers_;
    }
    held = std::min(held, level);
    return SQLITE_OK;
}

int FileLocks::lock(const void* who, int& held, int level) {
    if (level <= held) {
        return SQLITE_OK;
    }
    if (level == SQLITE_LOCK_SHARED) {
        if (closed_) {
            return SQLITE_BUSY;
        }
        ++readers_;
    } else {
        if (writer_ != nullptr && writer_ != who) {
            return SQLITE_BUSY;
        }
        writer_ = who;
        closed_ = level == SQLITE_LOCK_EXCLUSIVE;
        if (closed_ && readers_ > 1) {
            held = SQLITE_LOCK_PENDING;
            return SQLITE_BUSY;
        }
    }
    held = level;
    return SQLITE_OK;
}

int SlotLocks::change(HeldSlots& mine, int first, int count, int flags) {
    const bool alone = (flags & SQLITE_SHM_EXCLUSIVE) != 0;
    const bool wants = (flags & SQLITE_SHM_LOCK) != 0;
    int* const slots = holders_.data() + first;
    for (int i = 0; wants && i < count; ++i) {
        if (slots[i] < 0 || (alone && slots[i] > 0)) {
            return SQLITE_BUSY;
        }
    }
    unsigned& held = alone ? mine.alone : mine.shared;
    for (int i = 0; i < count; ++i) {
        const unsigned bit = 1U << static_cast<unsigned>(first + i);
        if (((held & bit) != 0) != wants) {
            held ^= bit;
            slots[i] += wants != alone ? 1 : -1;
        }
    }
    return SQLITE_OK;
}

sqlite3_vfs plain_vfs(const char* name, int handle_size) {
    sqlite3_vfs vfs{};
    vfs.iVersion = 1;
    vfs.szOsFile = handle_size;
    vfs.mxPathname = 512;
    vfs.zName = name;
    vfs.xFullPathname = full_path;
    vfs.xSleep = sleep;
    vfs.xCurrentTime = current_time;
    vfs.xGetLastError = last_error;
    return vfs;
}

} // namespace accessd::test
