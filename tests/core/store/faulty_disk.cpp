#include "tests/core/store/faulty_disk.hpp"

#include <sqlite3.h>

#include <stdexcept>

// A VFS over the system's own, https://www.sqlite.org/vfs.html. SQLite's files point to tables of functions,
// so that what fails can only be global.
namespace accessd::store_test {

namespace {

class Faults {
public:
    int read = SQLITE_OK;
    int write = SQLITE_OK;
    int sync = SQLITE_OK;
    int shared_memory = SQLITE_OK;
    int system_errno = 0;
    bool hinders_checkpoints = false;
    bool has_no_log = false;
};

constexpr int checkpoint_lock = 1; // its place in the log's index, https://www.sqlite.org/walformat.html

Faults faults;
sqlite3_vfs disk;
sqlite3_vfs* system_vfs = nullptr;

/// The system has other functions for the log than for the database: the log is not locked.
class Methods {
public:
    const sqlite3_io_methods* system = nullptr;
    sqlite3_io_methods faulty;
};

Methods of_database;
Methods of_log;

bool is_log(const sqlite3_file* file) {
    return file->pMethods == &of_log.faulty;
}

const sqlite3_io_methods& system_of(const sqlite3_file* file) {
    return is_log(file) ? *of_log.system : *of_database.system;
}

int read(sqlite3_file* file, void* bytes, int count, sqlite3_int64 offset) {
    return faults.read != SQLITE_OK ? faults.read : system_of(file).xRead(file, bytes, count, offset);
}

int write(sqlite3_file* file, const void* bytes, int count, sqlite3_int64 offset) {
    return faults.write != SQLITE_OK ? faults.write : system_of(file).xWrite(file, bytes, count, offset);
}

int sync(sqlite3_file* file, int flags) {
    return faults.sync != SQLITE_OK ? faults.sync : system_of(file).xSync(file, flags);
}

int map_shared(sqlite3_file* file, int region, int size, int extend, void volatile** place) {
    return faults.shared_memory != SQLITE_OK ? faults.shared_memory
                                             : system_of(file).xShmMap(file, region, size, extend, place);
}

int lock_shared(sqlite3_file* file, int offset, int count, int flags) {
    const bool hindered =
        faults.hinders_checkpoints && offset == checkpoint_lock && (flags & SQLITE_SHM_LOCK) != 0;
    return hindered ? SQLITE_BUSY : system_of(file).xShmLock(file, offset, count, flags);
}

int last_errno(sqlite3_vfs*, int, char*) {
    return faults.system_errno;
}

void take_over(sqlite3_file* file, Methods& methods) {
    if (methods.system == nullptr) {
        methods.system = file->pMethods;
    }
    if (file->pMethods == methods.system) {
        methods.faulty = *methods.system;
        methods.faulty.xRead = read;
        methods.faulty.xWrite = write;
        methods.faulty.xSync = sync;
        methods.faulty.xShmMap = map_shared;
        methods.faulty.xShmLock = lock_shared;
        methods.faulty.iVersion = faults.has_no_log ? 1 : methods.system->iVersion;
        file->pMethods = &methods.faulty;
    }
}

int open(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out_flags) {
    const int code = system_vfs->xOpen(system_vfs, name, file, flags, out_flags);
    if (code == SQLITE_OK && file->pMethods != nullptr) {
        take_over(file, (flags & SQLITE_OPEN_MAIN_DB) != 0 ? of_database : of_log);
    }
    return code;
}

} // namespace

FaultyDisk::FaultyDisk() {
    faults = Faults();
    system_vfs = sqlite3_vfs_find(nullptr);
    disk = *system_vfs;
    disk.zName = "accessd-faulty";
    disk.xOpen = open;
    disk.xGetLastError = last_errno;
    if (sqlite3_vfs_register(&disk, 1) != SQLITE_OK) {
        throw std::runtime_error("no faulty disk");
    }
}

FaultyDisk::~FaultyDisk() {
    sqlite3_vfs_unregister(&disk);
    sqlite3_vfs_register(system_vfs, 1);
    faults = Faults();
}

void FaultyDisk::fail_reads(int code) {
    faults.read = code;
}

void FaultyDisk::fail_writes(int code) {
    faults.write = code;
}

void FaultyDisk::fail_syncs(int code) {
    faults.sync = code;
}

void FaultyDisk::fail_shared_memory(int code) {
    faults.shared_memory = code;
}

void FaultyDisk::set_errno(int number) {
    faults.system_errno = number;
}

void FaultyDisk::hinder_checkpoints() {
    faults.hinders_checkpoints = true;
}

void FaultyDisk::forbid_log() {
    faults.has_no_log = true;
}

} // namespace accessd::store_test
