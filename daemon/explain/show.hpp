#pragma once

#include "daemon/database_source.hpp"

#include <iosfwd>
#include <map>
#include <string>

namespace accessd {

class ShowOptions {
public:
    ShowOptions() = default;

    DatabaseSource source;
    std::string key; ///< of a ticket, or its issue id
    bool json = false;
};

/// `accessd show`: all that the database tells about a ticket, as text or as one line of JSON. Reads only,
/// also beside a running daemon. Gives the exit status: 0; 1 when accessd does not know the ticket, or 2 when
/// the database cannot be read; then one sentence goes to `errors`.
int show_request(
    const ShowOptions& options,
    const std::map<std::string, std::string>& environment,
    std::ostream& out,
    std::ostream& errors
);

} // namespace accessd
