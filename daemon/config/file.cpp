#include "daemon/config/file.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace accessd {

namespace {

constexpr std::size_t chunk_size = 16384;

class Descriptor {
public:
    explicit Descriptor(int number) : number_(number) {}

    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;

    ~Descriptor() {
        if (number_ >= 0)
            ::close(number_);
    }

    int get() const { return number_; }

private:
    int number_;
};

Error refused(std::string why) {
    return Error(Fault::permanent, "config.file", std::move(why));
}

Error failed(int number) {
    if (number == ELOOP)
        return refused("is a symbolic link where none is allowed");
    return refused("cannot be read: " + std::generic_category().message(number));
}

std::string size_text(std::size_t bytes) {
    return bytes >= 1024 * 1024 ? std::to_string(bytes / 1024 / 1024) + " MiB"
                                : std::to_string(bytes / 1024) + " KiB";
}

/// What the mode says against believing the file; empty when nothing.
std::string distrust(mode_t mode, FileTrust trust) {
    if (trust == FileTrust::config)
        return (mode & S_IWOTH) != 0 ? "is writable by everyone: chmod o-w" : "";
    if ((mode & (S_IWGRP | S_IWOTH)) != 0)
        return "holds a secret and is writable by group or others: chmod go-w";
    if ((mode & S_IROTH) != 0)
        return "holds a secret and is readable by everyone: chmod o-r";
    return "";
}

std::int64_t nanoseconds(const timespec& at) {
    return std::int64_t{at.tv_sec} * 1'000'000'000 + at.tv_nsec;
}

FileMark mark_of(const struct stat& status) {
    FileMark mark;
    mark.device = status.st_dev;
    mark.inode = status.st_ino;
    mark.size = status.st_size;
    mark.written_at = nanoseconds(status.st_mtim);
    mark.changed_at = nanoseconds(status.st_ctim);
    return mark;
}

} // namespace

FileMark mark_of_file(const std::string& path) {
    struct stat status = {};
    return ::stat(path.c_str(), &status) == 0 ? mark_of(status) : FileMark();
}

Result<std::string> read_trusted_file(const std::string& path, FileTrust trust, std::size_t limit) {
    FileMark mark;
    return read_trusted_file(path, trust, limit, mark);
}

Result<std::string>
read_trusted_file(const std::string& path, FileTrust trust, std::size_t limit, FileMark& mark) {
    // O_NONBLOCK: opening a pipe must not wait for its writer.
    const int link = trust == FileTrust::credential ? O_NOFOLLOW : 0;
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | link));
    if (file.get() < 0)
        return failed(errno);
    struct stat status = {};
    if (::fstat(file.get(), &status) != 0)
        return failed(errno);
    if (!S_ISREG(status.st_mode))
        return refused("is not a regular file");
    if (std::string why = distrust(status.st_mode, trust); !why.empty())
        return refused(std::move(why));
    mark = mark_of(status);

    // A secret is not left behind in a buffer that grew away, nor in the chunk.
    std::string content;
    content.reserve(std::min(limit, static_cast<std::size_t>(status.st_size)) + chunk_size);
    std::array<char, chunk_size> chunk = {};
    for (;;) {
        const ssize_t got = ::read(file.get(), chunk.data(), chunk.size());
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return failed(errno);
        if (got == 0)
            break;
        content.append(chunk.data(), static_cast<std::size_t>(got));
        ::explicit_bzero(chunk.data(), chunk.size());
        if (content.size() > limit)
            return refused("is larger than " + size_text(limit));
    }
    if (::fstat(file.get(), &status) != 0)
        return failed(errno);
    if (mark_of(status) != mark)
        return refused("was written to while it was read; write a new file and move it into place");
    return content;
}

} // namespace accessd
