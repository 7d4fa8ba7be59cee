#include "daemon/explain/open.hpp"

#include <utility>

namespace accessd {

Result<std::unique_ptr<LedgerFile>>
open_ledger(const DatabaseSource& source, const std::map<std::string, std::string>& environment) {
    auto database = find_database(source, environment);
    if (!database) {
        return std::move(database).error();
    }
    auto mode = reading_mode(*database);
    if (!mode) {
        return std::move(mode).error();
    }
    return LedgerFile::open(*database, *mode);
}

} // namespace accessd
