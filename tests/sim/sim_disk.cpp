#include "tests/sim/sim_disk.hpp"

#include "tests/support/vfs_parts.hpp"

#include <sqlite3.h>

#include <algorithm>
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
    std::vector<std::unique_ptr<char[]>> index; ///< of the log, in regions
    SlotLocks slots;
    FileLocks locks;

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
    HeldSlots slots;
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
    return h.file->locks.unlock(h.lock, level);
}

int lock(sqlite3_file* base, int level) {
    Handle& h = handle(base);
    return h.file->locks.lock(&h, h.lock, level);
}

int check_reserved(sqlite3_file* base, int* result) {
    *result = handle(base).file->locks.is_reserved() ? 1 : 0;
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

int change_slots(sqlite3_file* base, int first, int count, int flags) {
    Handle& h = handle(base);
    return h.file->slots.change(h.slots, first, count, flags);
}

void barrier(sqlite3_file*) {}

int unmap(sqlite3_file* base, int take_away) {
    if (take_away != 0) {
        handle(base).file->index.clear();
    }
    return SQLITE_OK;
}

const sqlite3_io_methods methods = {
    2,      close,          read,    write,  truncate,        sync, file_size,    lock,
    unlock, check_reserved, control, sector, characteristics, map,  change_slots, barrier,
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

/// The salts of the log: any will do, and the same ones in every run are best.
int randomness(sqlite3_vfs*, int size, char* bytes) {
    static std::uint32_t state = 1;
    std::generate_n(bytes, size, [] {
        state = state * 1664525U + 1013904223U;
        return static_cast<char>(state >> 24U);
    });
    return size;
}

} // namespace

void install_sim_disk() {
    static sqlite3_vfs disk = plain_vfs("accessd-sim", sizeof(Handle));
    disk.xOpen = open;
    disk.xDelete = remove;
    disk.xAccess = access;
    disk.xRandomness = randomness;
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
