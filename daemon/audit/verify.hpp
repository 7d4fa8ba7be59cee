#pragma once

#include "daemon/audit/source.hpp"

#include <filesystem>
#include <iosfwd>
#include <map>
#include <string>
#include <vector>

namespace accessd {

class AuditVerifyOptions {
public:
    AuditVerifyOptions() = default;

    DatabaseSource source;
    std::filesystem::path jsonl;    ///< an export, in place of a database
    std::filesystem::path pubkey;   ///< default: audit.pub beside the database
    std::vector<std::string> heads; ///< as KnownHead::parse reads them; others are not compared
};

/// `accessd audit verify`: offline, reads only. Writes what is wrong in one sentence, or the rows, the head
/// and the last checkpoint. Gives the exit status: 0 good, 1 tampered with, 2 when it cannot be read.
int verify_audit(
    const AuditVerifyOptions& options,
    const std::map<std::string, std::string>& environment,
    std::ostream& out
);

} // namespace accessd
