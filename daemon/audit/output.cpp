#include "daemon/audit/output.hpp"

#include "core/support/text.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <ostream>
#include <string>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace accessd {

namespace {

Error unwritable(const std::string& what) {
    return Error(Fault::permanent, "audit.unwritable", what);
}

} // namespace

Result<AuditOutput> AuditOutput::open(const std::filesystem::path& file, std::ostream& out) {
    if (file.empty() || file == "-") {
        return Result<AuditOutput>(AuditOutput(out));
    }
    // A typing error must not cost a database.
    const int descriptor = ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (descriptor < 0) {
        const std::string why = errno == EEXIST ? "exists already; name a new file" : std::strerror(errno);
        return unwritable(escape_text(file.string(), 4096) + ": " + why);
    }
    ::close(descriptor);
    auto stream = std::make_unique<std::ofstream>(file, std::ios::binary);
    AuditOutput output(*stream);
    output.file_ = std::move(stream);
    output.path_ = file;
    return Result<AuditOutput>(std::move(output));
}

AuditOutput::~AuditOutput() {
    if (file_) {
        std::error_code ignored;
        std::filesystem::remove(path_, ignored);
    }
}

bool AuditOutput::write(std::string_view text) {
    out_->write(text.data(), static_cast<std::streamsize>(text.size()));
    return out_->good();
}

Result<Done> AuditOutput::close() {
    out_->flush();
    if (!out_->good()) {
        const std::string where = path_.empty() ? "the standard output" : escape_text(path_.string(), 4096);
        return unwritable(where + " takes no more; the export is incomplete");
    }
    file_.reset();
    return Done();
}

} // namespace accessd
