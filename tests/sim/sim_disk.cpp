#include "tests/sim/sim_disk.hpp"

#include <sqlite3.h>

#include <stdexcept>

// A VFS over the system's own, https://www.sqlite.org/vfs.html: files are the system's, and so are their
// methods but for the write.
namespace accessd::test {

namespace {

bool full = false;
sqlite3_vfs* system_vfs = nullptr;
const sqlite3_io_methods* system_methods = nullptr;

int write(sqlite3_file* file, const void* bytes, int count, sqlite3_int64 offset) {
    return full ? SQLITE_FULL : system_methods->xWrite(file, bytes, count, offset);
}

// Tests do not lose power here, and tmpfs has nothing to sync to.
int sync(sqlite3_file*, int) {
    return SQLITE_OK;
}

int open(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out_flags) {
    static sqlite3_io_methods methods;
    const int code = system_vfs->xOpen(system_vfs, name, file, flags, out_flags);
    if (code == SQLITE_OK && file->pMethods != nullptr) {
        if (system_methods == nullptr) {
            system_methods = file->pMethods;
            methods = *system_methods;
            methods.xWrite = write;
            methods.xSync = sync;
        }
        if (file->pMethods == system_methods) {
            file->pMethods = &methods;
        }
    }
    return code;
}

} // namespace

void install_sim_disk() {
    static sqlite3_vfs disk;
    system_vfs = sqlite3_vfs_find(nullptr);
    disk = *system_vfs;
    disk.zName = "accessd-sim";
    disk.xOpen = open;
    if (sqlite3_vfs_register(&disk, 1) != SQLITE_OK) {
        throw std::runtime_error("no disk for the simulation");
    }
}

void set_sim_disk_full(bool is_full) {
    full = is_full;
}

} // namespace accessd::test
