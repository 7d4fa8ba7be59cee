#include "tests/sim/sim_disk.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

// A VFS, https://www.sqlite.org/vfs.html, without system calls: they were a third of a seed's time. Locks are
// kept as SQLite's own for Unix keeps them, since the last connection to close takes the log away.
namespace accessd::test {

namespace {

constexpr std::size_t part_size = 32768;

/// A file, and what its connections share.
class File {
public:
    void read(char* to, std::size_t count, std::size_t offset) const {
        visit(count, offset, [&](std::size_t part, std::size_t at, std::size_t bytes) {
            std::memcpy(to, parts_[part].get() + at, bytes);
            to += bytes;
        });
    }

    void write(const char* from, std::size_t count, std::size_t offset) {
        size = std::max(size, offset + count);
        while (parts_.size() * part_size < size) {
            parts_.push_back(std::make_unique<char[]>(part_size));
        }
        visit(count, offset, [&](std::size_t part, std::size_t at, std::size_t bytes) {
            std::memcpy(parts_[part].get() + at, from, bytes);
            from += bytes;
        });
    }

    std::size_t size = 0;
    std::vector<std::unique_ptr<char[]>> index;  ///< of the log, in regions
    std::array<int, SQLITE_SHM_NLOCK> holders{}; ///< by slot; below zero: one alone
    int readers = 0;
    const void* writer = nullptr;
    bool closed = false; ///< to new readers

private:
    template <class Visitor>
    static void visit(std::size_t count, std::size_t offset, const Visitor& visitor) {
        while (count > 0) {
            const std::size_t at = offset % part_size;
            const std::size_t bytes = std::min(count, part_size - at);
            visitor(offset / part_size, at, bytes);
            offset += bytes;
            count -= bytes;
        }
    }

    std::vector<std::unique_ptr<char[]>> parts_; ///< so that growing moves nothing
};

/// An open file. SQLite gives the room for it.
class Handle {
public:
    sqlite3_file base{}; // first: SQLite's pointer to it is one to the handle
    File* file = nullptr;
    int lock = SQLITE_LOCK_NONE;
    unsigned shared = 0; ///< slots, as bits
    unsigned alone = 0;
};

bool full = false;

std::map<std::string, File, std::less<>>& files() {
    static std::map<std::string, File, std::less<>> all;
    return all;
}

Handle& handle(sqlite3_file* file) {
    return *reinterpret_cast<Handle*>(file);
}

int read(sqlite3_file* base, void* to, int size, sqlite3_int64 offset) {
    const File& file = *handle(base).file;
    const auto begin = std::min(static_cast<std::size_t>(offset), file.size);
    const auto wanted = static_cast<std::size_t>(size);
    const auto there = std::min(wanted, file.size - begin);
    auto* const room = static_cast<char*>(to);
    file.read(room, there, begin);
    std::fill(room + there, room + wanted, '\0');
    return there == wanted ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}

int write(sqlite3_file* base, const void* from, int size, sqlite3_int64 offset) {
    if (full) {
        return SQLITE_FULL;
    }
    handle(base).file->write(
        static_cast<const char*>(from), static_cast<std::size_t>(size), static_cast<std::size_t>(offset)
    );
    return SQLITE_OK;
}

int truncate(sqlite3_file* base, sqlite3_int64 size) {
    File& file = *handle(base).file;
    file.size = std::min(file.size, static_cast<std::size_t>(size));
    return SQLITE_OK;
}

// Nobody loses power here.
int sync(sqlite3_file*, int) {
    return SQLITE_OK;
}

int file_size(sqlite3_file* base, sqlite3_int64* size) {
    *size = static_cast<sqlite3_int64>(handle(base).file->size);
    return SQLITE_OK;
}

int unlock(sqlite3_file* base, int level) {
    Handle& h = handle(base);
    if (h.lock >= SQLITE_LOCK_RESERVED && level < SQLITE_LOCK_RESERVED) {
        h.file->writer = nullptr;
        h.file->closed = false;
    }
    if (h.lock >= SQLITE_LOCK_SHARED && level == SQLITE_LOCK_NONE) {
        --h.file->readers;
    }
    h.lock = std::min(h.lock, level);
    return SQLITE_OK;
}

int lock(sqlite3_file* base, int level) {
    Handle& h = handle(base);
    File& file = *h.file;
    if (level <= h.lock) {
        return SQLITE_OK;
    }
    if (level == SQLITE_LOCK_SHARED) {
        if (file.closed) {
            return SQLITE_BUSY;
        }
        ++file.readers;
    } else {
        if (file.writer != nullptr && file.writer != &h) {
            return SQLITE_BUSY;
        }
        file.writer = &h;
        file.closed = level == SQLITE_LOCK_EXCLUSIVE;
        if (file.closed && file.readers > 1) {
            h.lock = SQLITE_LOCK_PENDING;
            return SQLITE_BUSY;
        }
    }
    h.lock = level;
    return SQLITE_OK;
}

int check_reserved(sqlite3_file* base, int* result) {
    *result = handle(base).file->writer != nullptr ? 1 : 0;
    return SQLITE_OK;
}

int close(sqlite3_file* base) {
    unlock(base, SQLITE_LOCK_NONE);
    handle(base).~Handle();
    return SQLITE_OK;
}

int control(sqlite3_file*, int, void*) {
    return SQLITE_NOTFOUND;
}

int sector(sqlite3_file*) {
    return 4096; // what SQLite assumes on Unix
}

int characteristics(sqlite3_file*) {
    return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

int map(sqlite3_file* base, int number, int size, int make, void volatile** region) {
    auto& index = handle(base).file->index;
    const auto at = static_cast<std::size_t>(number);
    while (make != 0 && index.size() <= at) {
        index.push_back(std::make_unique<char[]>(static_cast<std::size_t>(size)));
    }
    *region = at < index.size() ? index[at].get() : nullptr;
    return SQLITE_OK;
}

int lock_slots(sqlite3_file* base, int first, int count, int flags) {
    Handle& h = handle(base);
    const bool alone = (flags & SQLITE_SHM_EXCLUSIVE) != 0;
    const bool wants = (flags & SQLITE_SHM_LOCK) != 0;
    auto* const slots = h.file->holders.data() + first;
    for (int i = 0; wants && i < count; ++i) {
        if (slots[i] < 0 || (alone && slots[i] > 0)) {
            return SQLITE_BUSY;
        }
    }
    unsigned& mine = alone ? h.alone : h.shared;
    for (int i = 0; i < count; ++i) {
        const unsigned bit = 1U << static_cast<unsigned>(first + i);
        if (((mine & bit) != 0) != wants) {
            mine ^= bit;
            slots[i] += wants != alone ? 1 : -1;
        }
    }
    return SQLITE_OK;
}

void barrier(sqlite3_file*) {}

int unmap(sqlite3_file* base, int take_away) {
    if (take_away != 0) {
        handle(base).file->index.clear();
    }
    return SQLITE_OK;
}

const sqlite3_io_methods methods = {
    2,      close,          read,    write,  truncate,        sync, file_size,  lock,
    unlock, check_reserved, control, sector, characteristics, map,  lock_slots, barrier,
    unmap,  nullptr,        nullptr,
};

int open(sqlite3_vfs*, const char* path, sqlite3_file* base, int flags, int* flags_out) {
    base->pMethods = nullptr;
    if (path == nullptr) {
        return SQLITE_CANTOPEN; // a temporary file, which accessd keeps in memory anyway
    }
    // accessd itself makes an empty database, on the system's disk.
    const bool may_create = (flags & (SQLITE_OPEN_CREATE | SQLITE_OPEN_READWRITE)) != 0;
    auto found = files().find(std::string_view(path));
    if (found == files().end()) {
        if (!may_create) {
            return SQLITE_CANTOPEN;
        }
        found = files().try_emplace(path).first;
    }
    auto* const h = new (base) Handle();
    h->base.pMethods = &methods;
    h->file = &found->second;
    if (flags_out != nullptr) {
        *flags_out = flags;
    }
    return SQLITE_OK;
}

int remove(sqlite3_vfs*, const char* path, int) {
    const auto found = files().find(std::string_view(path));
    if (found == files().end()) {
        return SQLITE_IOERR_DELETE_NOENT;
    }
    files().erase(found);
    return SQLITE_OK;
}

int access(sqlite3_vfs*, const char* path, int, int* result) {
    *result = files().contains(std::string_view(path)) ? 1 : 0;
    return SQLITE_OK;
}

int full_path(sqlite3_vfs*, const char* path, int room, char* whole) {
    const std::size_t size = std::strlen(path) + 1;
    if (size > static_cast<std::size_t>(room)) {
        return SQLITE_CANTOPEN;
    }
    std::memcpy(whole, path, size);
    return SQLITE_OK;
}

/// The salts of the log: any will do, and the same ones in every run are best.
int randomness(sqlite3_vfs*, int size, char* bytes) {
    static std::uint32_t state = 1;
    std::generate_n(bytes, size, [] {
        state = state * 1664525U + 1013904223U;
        return static_cast<char>(state >> 24U);
    });
    return size;
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

void install_sim_disk() {
    static sqlite3_vfs disk;
    disk.iVersion = 1;
    disk.szOsFile = sizeof(Handle);
    disk.mxPathname = 512;
    disk.zName = "accessd-sim";
    disk.xOpen = open;
    disk.xDelete = remove;
    disk.xAccess = access;
    disk.xFullPathname = full_path;
    disk.xRandomness = randomness;
    disk.xSleep = sleep;
    disk.xCurrentTime = current_time;
    disk.xGetLastError = last_error;
    // One thread needs no mutexes, and nobody asks how much memory there is.
    const bool done = sqlite3_config(SQLITE_CONFIG_SINGLETHREAD) == SQLITE_OK &&
                      sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0) == SQLITE_OK &&
                      sqlite3_vfs_register(&disk, 1) == SQLITE_OK;
    if (!done) {
        throw std::runtime_error("no disk for the simulation");
    }
}

void clear_sim_disk(const std::filesystem::path& directory) {
    const std::string below = directory.string() + "/";
    std::erase_if(files(), [&](const auto& file) { return file.first.starts_with(below); });
}

void set_sim_disk_full(bool is_full) {
    full = is_full;
}

} // namespace accessd::test
