#include "daemon/audit/source.hpp"

#include <utility>

namespace accessd {

Result<AuditFile> open_audit(const std::filesystem::path& database) {
    auto mode = reading_mode(database);
    if (!mode) {
        return std::move(mode).error();
    }
    return AuditFile::open(database, *mode);
}

} // namespace accessd
