#pragma once

#include "core/model/rule.hpp"
#include "core/model/time.hpp"
#include "daemon/config.hpp"
#include "daemon/config/problems.hpp"

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace accessd {

/// What a request must come to. One [[expect]]; people are written as the file writes them.
class Expectation {
public:
    Expectation() = default;

    Place place;
    RequestKind kind = RequestKind::grant;
    std::string requester;
    std::string beneficiary; ///< as the requester, unless the file says otherwise
    std::string application;
    std::string access_type;
    std::string old_access_type;        ///< of a change; may be empty
    std::vector<std::string> approvers; ///< empty: nobody approved
    std::string reason;
    std::string duration; ///< as the ticket has it; empty: none
    bool granted = false;
    std::string code;                                     ///< of the refusal
    std::optional<std::vector<std::string>> entitlements; ///< of the grant; sorted; empty: any
    std::optional<Duration> expires_after;                ///< of the grant; zero: never; empty: any
};

/// A file of expectations.
class ExpectFile {
public:
    ExpectFile() = default;

    std::map<std::string, std::string> address_of;           ///< by Jira account id, folded
    std::map<std::string, std::vector<std::string>> members; ///< of Jira groups, as the file writes them
    std::vector<Expectation> expectations;
};

/// Reads a file for a configuration. What is wrong goes to `problems`, and the file must then not be used.
ExpectFile read_expect_file(const std::filesystem::path& path, const Config& config, Problems& problems);

} // namespace accessd
