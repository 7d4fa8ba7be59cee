#pragma once

#include "core/model/access.hpp"
#include "core/model/identity.hpp"
#include "core/store/sqlite.hpp"

#include <optional>
#include <string>

namespace accessd {

/// What names were resolved to: entitlements of rules, and accounts of people. Functions return false on a
/// failure of the database, see Database::failure().
class PinTable {
public:
    explicit PinTable(Database& database);

    /// The immutable id pinned for an entitlement's name, if any.
    bool find(const std::string& application, const std::string& name, std::optional<Entitlement>& found);

    /// Pins an entitlement unless its name has one already.
    bool add(const std::string& application, const Entitlement& entitlement, TimePoint at);

    /// The account that a Jira account was last resolved to, if any.
    bool find_account(
        const std::string& application, const std::string& beneficiary_id, std::optional<Account>& found
    );

    /// Writes over what is stored.
    bool write(const KnownIdentity& identity, TimePoint at);

private:
    Statement find_;
    Statement add_;
    Statement find_account_;
    Statement write_;
};

} // namespace accessd
