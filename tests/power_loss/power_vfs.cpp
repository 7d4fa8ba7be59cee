#include "tests/power_loss/power_vfs.hpp"

#include "tests/power_loss/shared_memory.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <new>

namespace accessd::power_loss {

namespace {

/// What connections to the same file share, by the file.
class Sharing {
public:
    std::weak_ptr<SharedMemory> memory;
    test::FileLocks locks;
    int handles = 0;
};

std::map<const File*, Sharing>& sharings() {
    static std::map<const File*, Sharing> all;
    return all;
}

/// An open file. SQLite gives the room for it.
class Handle {
public:
    sqlite3_file base{}; // first: SQLite's pointer to it is one to the handle
    Disk* disk = nullptr;
    std::string name;
    std::shared_ptr<File> file;
    bool syncs_directory = false; ///< with the next sync
    bool is_database = false;
    int lock = SQLITE_LOCK_NONE;
    std::shared_ptr<SharedMemory> memory;
    test::HeldSlots slots;
};

Handle& handle(sqlite3_file* file) {
    return *reinterpret_cast<Handle*>(file);
}

int unlock(sqlite3_file* base, int level) {
    Handle& h = handle(base);
    return sharings()[h.file.get()].locks.unlock(h.lock, level);
}

int lock(sqlite3_file* base, int level) {
    Handle& h = handle(base);
    return sharings()[h.file.get()].locks.lock(&h, h.lock, level);
}

int check_reserved(sqlite3_file* base, int* result) {
    *result = sharings()[handle(base).file.get()].locks.is_reserved() ? 1 : 0;
    return SQLITE_OK;
}

int unmap(sqlite3_file* base, int) {
    handle(base).memory.reset();
    return SQLITE_OK;
}

int close(sqlite3_file* base) {
    Handle& h = handle(base);
    unlock(base, SQLITE_LOCK_NONE);
    const auto sharing = sharings().find(h.file.get());
    if (--sharing->second.handles == 0) {
        sharings().erase(sharing);
    }
    h.~Handle();
    return SQLITE_OK;
}

int read(sqlite3_file* base, void* to, int size, sqlite3_int64 offset) {
    Handle& h = handle(base);
    if (!h.disk->look()) {
        return SQLITE_IOERR_READ;
    }
    const std::span<char> room(static_cast<char*>(to), static_cast<std::size_t>(size));
    const bool whole = h.file->read(room, static_cast<std::size_t>(offset)) == room.size();
    return whole ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}

int write(sqlite3_file* base, const void* from, int size, sqlite3_int64 offset) {
    Handle& h = handle(base);
    const std::span<const char> bytes(static_cast<const char*>(from), static_cast<std::size_t>(size));
    const bool done = h.disk->write(h.name, *h.file, bytes, static_cast<std::size_t>(offset));
    return done ? SQLITE_OK : SQLITE_IOERR_WRITE;
}

int truncate(sqlite3_file* base, sqlite3_int64 size) {
    Handle& h = handle(base);
    const bool done = h.disk->truncate(h.name, *h.file, static_cast<std::size_t>(size));
    return done ? SQLITE_OK : SQLITE_IOERR_TRUNCATE;
}

int sync(sqlite3_file* base, int) {
    Handle& h = handle(base);
    if (!h.disk->sync(h.name, *h.file)) {
        return SQLITE_IOERR_FSYNC;
    }
    if (h.syncs_directory && !h.disk->sync_directory()) {
        return SQLITE_IOERR_DIR_FSYNC;
    }
    h.syncs_directory = false;
    return SQLITE_OK;
}

int file_size(sqlite3_file* base, sqlite3_int64* size) {
    *size = static_cast<sqlite3_int64>(handle(base).file->size());
    return handle(base).disk->look() ? SQLITE_OK : SQLITE_IOERR_FSTAT;
}

int control(sqlite3_file*, int, void*) {
    return SQLITE_NOTFOUND;
}

int sector(sqlite3_file*) {
    return 4096; // what SQLite assumes on Unix; here smaller ones get lost
}

int characteristics(sqlite3_file*) {
    return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

int map(sqlite3_file* base, int index, int size, int make, void volatile** region) {
    Handle& h = handle(base);
    if (!h.memory) {
        auto& known = sharings()[h.file.get()].memory;
        h.memory = known.lock();
        if (!h.memory) {
            h.memory = std::make_shared<SharedMemory>();
            known = h.memory;
        }
    }
    *region = h.memory->region(static_cast<std::size_t>(index), static_cast<std::size_t>(size), make != 0);
    return SQLITE_OK;
}

int change_slots(sqlite3_file* base, int first, int count, int flags) {
    Handle& h = handle(base);
    return h.memory->slots.change(h.slots, first, count, flags);
}

void barrier(sqlite3_file*) {}

const sqlite3_io_methods methods = {
    2,      close,          read,    write,  truncate,        sync, file_size,    lock,
    unlock, check_reserved, control, sector, characteristics, map,  change_slots, barrier,
    unmap,  nullptr,        nullptr,
};

PowerVfs& self(sqlite3_vfs* vfs) {
    return *static_cast<PowerVfs*>(vfs->pAppData);
}

std::shared_ptr<File> find_or_create(Disk& disk, const std::string& path, int flags) {
    constexpr int new_database = SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_READWRITE;
    const bool may_create = (flags & SQLITE_OPEN_CREATE) != 0 || (flags & new_database) == new_database;
    auto file = disk.find(path);
    return file || !may_create || !disk.create(path) ? file : disk.find(path);
}

int open(sqlite3_vfs* vfs, const char* path, sqlite3_file* base, int flags, int* flags_out) {
    base->pMethods = nullptr;
    Disk* const disk = path != nullptr ? self(vfs).disk_of(path) : nullptr;
    const auto file = disk != nullptr && disk->look() ? find_or_create(*disk, path, flags) : nullptr;
    if (!file) {
        return SQLITE_CANTOPEN;
    }
    constexpr int journal = SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_SUPER_JOURNAL | SQLITE_OPEN_WAL;
    auto* const h = new (base) Handle();
    h->base.pMethods = &methods;
    h->disk = disk;
    h->name = path;
    h->file = file;
    h->syncs_directory = (flags & SQLITE_OPEN_CREATE) != 0 && (flags & journal) != 0;
    ++sharings()[file.get()].handles;
    if (flags_out != nullptr) {
        *flags_out = flags;
    }
    return SQLITE_OK;
}

int remove(sqlite3_vfs* vfs, const char* path, int sync_directory) {
    Disk* const disk = self(vfs).disk_of(path);
    if (!disk->find(path)) {
        return disk->has_power() ? SQLITE_IOERR_DELETE_NOENT : SQLITE_IOERR_DELETE;
    }
    const bool done = disk->remove(path) && (sync_directory == 0 || disk->sync_directory());
    return done ? SQLITE_OK : SQLITE_IOERR_DELETE;
}

int access(sqlite3_vfs* vfs, const char* path, int, int* result) {
    Disk* const disk = self(vfs).disk_of(path);
    *result = disk->find(path) ? 1 : 0;
    return disk->look() ? SQLITE_OK : SQLITE_IOERR_ACCESS;
}

int randomness(sqlite3_vfs* vfs, int size, char* bytes) {
    std::generate_n(bytes, size, [vfs] { return static_cast<char>(self(vfs).random() & 0xff); });
    return size;
}

} // namespace

PowerVfs::PowerVfs() : vfs_(std::make_unique<sqlite3_vfs>(test::plain_vfs("power", sizeof(Handle)))) {
    vfs_->pAppData = this;
    vfs_->xOpen = open;
    vfs_->xDelete = remove;
    vfs_->xAccess = access;
    vfs_->xRandomness = randomness;
    sqlite3_vfs_register(vfs_.get(), 1);
}

PowerVfs::~PowerVfs() {
    sqlite3_vfs_unregister(vfs_.get());
}

void PowerVfs::mount(const std::filesystem::path& directory, Disk& disk) {
    mounts_.insert_or_assign(directory.string(), &disk);
}

void PowerVfs::reseed(std::uint64_t seed) {
    dice_ = Dice(seed);
    sqlite3_randomness(0, nullptr);
}

Disk* PowerVfs::disk_of(const std::string& path) const {
    const auto found = mounts_.find(path.substr(0, path.rfind('/')));
    return found == mounts_.end() ? nullptr : found->second;
}

} // namespace accessd::power_loss
