#include "core/store/state_dir.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <string>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace accessd {

namespace {

Error directory_error(const std::filesystem::path& path, const std::string& what) {
    return Error(Fault::permanent, "store.directory", path.string() + ": " + what);
}

// Only digits, so that whatever is in the file cannot end in a log.
std::string holder(int descriptor) {
    std::array<char, 20> bytes{};
    const ssize_t size = ::pread(descriptor, bytes.data(), bytes.size(), 0);
    std::string pid;
    for (ssize_t i = 0; i < size; ++i) {
        const char byte = bytes[static_cast<std::size_t>(i)];
        if (byte < '0' || byte > '9') {
            break;
        }
        pid.push_back(byte);
    }
    return pid.empty() ? "unknown" : pid;
}

/// A directory that was just made outlives a power loss only once the one that it lies in is on disk.
bool sync_parent(const std::filesystem::path& directory) {
    const std::filesystem::path parent = std::filesystem::absolute(directory).parent_path();
    const int descriptor = ::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) {
        return errno == EACCES; // whoever may not read it cannot sync it either
    }
    const bool synced = ::fsync(descriptor) == 0;
    ::close(descriptor);
    return synced;
}

} // namespace

Result<Done> prepare_state_dir(const std::filesystem::path& directory) {
    const bool made = ::mkdir(directory.c_str(), S_IRWXU) == 0;
    if ((!made && errno != EEXIST) || (made && !sync_parent(directory))) {
        return directory_error(
            directory, std::string("cannot be created: ") + std::strerror(errno) + "; set daemon.state_dir"
        );
    }
    struct stat status = {};
    if (::stat(directory.c_str(), &status) != 0 || !S_ISDIR(status.st_mode)) {
        return directory_error(directory, "is not a directory; set daemon.state_dir");
    }
    if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
        return directory_error(directory, "others may look into it; run: chmod 0700 " + directory.string());
    }
    if (status.st_uid != ::geteuid()) {
        return directory_error(directory, "belongs to another user; chown it to the one that runs accessd");
    }
    return Done();
}

Result<StateLock> StateLock::take(const std::filesystem::path& directory) {
    const std::filesystem::path file = directory / "lock";
    StateLock lock(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR));
    if (lock.descriptor_ < 0) {
        return directory_error(file, std::string("cannot be opened: ") + std::strerror(errno));
    }
    if (::flock(lock.descriptor_, LOCK_EX | LOCK_NB) != 0) {
        return Error(
            Fault::permanent,
            "store.locked",
            "another accessd (pid " + holder(lock.descriptor_) + ") uses " + directory.string() +
                "; stop it or set another daemon.state_dir"
        );
    }
    const std::string pid = std::to_string(::getpid()) + "\n";
    // The pid only serves the message above: on a full disk the lock is as good without.
    const bool written =
        ::ftruncate(lock.descriptor_, 0) == 0 && ::pwrite(lock.descriptor_, pid.data(), pid.size(), 0) > 0;
    static_cast<void>(written);
    return Result<StateLock>(std::move(lock));
}

StateLock::StateLock(StateLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

StateLock::~StateLock() {
    if (descriptor_ >= 0) {
        ::close(descriptor_);
    }
}

} // namespace accessd
