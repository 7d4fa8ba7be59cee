#pragma once

#include "core/model/access.hpp"
#include "core/model/request.hpp"
#include "core/model/result.hpp"
#include "core/store/ledger_file.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace accessd {

/// A claim of one ticket on one access: what it is now, or how it ended.
class Tenure {
public:
    Tenure() = default;

    std::string issue_id;
    std::string issue_key;
    std::string access_type; ///< with the application of `key`: the rule
    std::string approver;    ///< may be empty
    AccessKey key;
    std::string entitlement_name;
    /// As stored; empty: the ticket has been approved for something else since, and the audit alone knows.
    std::optional<Target> target;
    std::optional<TimePoint> since; ///< when it was seen to be granted, the last time
    std::optional<TimePoint> ended; ///< when the claim ended, after `since`
    bool stayed = false;            ///< with `ended`: the membership was left as it is
    std::string why;                ///< with `ended`: "revoked, by carol@acme.example"; may be empty
};

/// The claim keeps the access where it is.
bool holds(const Tenure& tenure);

/// All claims that the question is about, in order of the tickets' first decisions, those that only the audit
/// knows behind them. Errors as LedgerFile's.
Result<std::vector<Tenure>> find_tenures(LedgerFile& file, const HoldingQuestion& question);

} // namespace accessd
