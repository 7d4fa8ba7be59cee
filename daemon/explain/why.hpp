#pragma once

#include "core/store/ledger_file.hpp"
#include "daemon/database_source.hpp"

#include <iosfwd>
#include <map>
#include <string>

namespace accessd {

class WhyOptions {
public:
    WhyOptions() = default;

    DatabaseSource source;
    HoldingQuestion question;
};

/// `accessd why`: through which leases somebody holds something, or when and why that ended, as the database
/// tells it. Reads only, also beside a running daemon. Gives the exit status: 0 when a lease holds it, 1 when
/// none does, or 2 when the database cannot be read; then one sentence goes to `errors`.
int explain_holding(
    const WhyOptions& options,
    const std::map<std::string, std::string>& environment,
    std::ostream& out,
    std::ostream& errors
);

} // namespace accessd
