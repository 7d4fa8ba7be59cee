#pragma once

namespace accessd::store_test {

/// While one lives, databases that are opened lie on a disk that fails at will.
class FaultyDisk {
public:
    FaultyDisk();
    ~FaultyDisk();
    FaultyDisk(const FaultyDisk&) = delete;
    FaultyDisk& operator=(const FaultyDisk&) = delete;

    // What the next calls give, until it is SQLITE_OK (0) again; see https://www.sqlite.org/rescode.html.
    void fail_reads(int code);
    void fail_writes(int code);
    void fail_syncs(int code);
    void fail_shared_memory(int code);
    /// The system's own number of the failures, as in <cerrno>.
    void set_errno(int number);
    /// Somebody else checkpoints all the time.
    void hinder_checkpoints();
    /// Databases that are opened from now on can have no write-ahead log.
    void forbid_log();
};

} // namespace accessd::store_test
