#include "core/store/reserve.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace accessd {

BallastFile::BallastFile(std::filesystem::path file, std::uint64_t bytes)
    : file_(std::move(file)), bytes_(bytes) {}

bool BallastFile::release() {
    if (bytes_ == 0) {
        return false;
    }
    held_ = false;
    return ::unlink(file_.c_str()) == 0;
}

bool BallastFile::hold() {
    if (held_ || bytes_ == 0) {
        return true;
    }
    const int descriptor = ::open(file_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (descriptor < 0) {
        return false;
    }
    held_ = ::posix_fallocate(descriptor, 0, static_cast<off_t>(bytes_)) == 0;
    ::close(descriptor);
    if (!held_) {
        ::unlink(file_.c_str()); // a part of it would only take what the database needs
    }
    return held_;
}

} // namespace accessd
