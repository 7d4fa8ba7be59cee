#include "core/store/pin_table.hpp"

namespace accessd {

PinTable::PinTable(Database& database)
    : find_(database, "SELECT entitlement FROM pin WHERE application = ?1 AND name = ?2"),
      add_(
          database, "INSERT OR IGNORE INTO pin (application, name, entitlement, at) VALUES (?1, ?2, ?3, ?4)"
      ),
      find_account_(
          database,
          "SELECT account_id, account_name FROM identity WHERE application = ?1 AND beneficiary_id = ?2"
      ),
      write_(
          database,
          "INSERT OR REPLACE INTO identity (application, beneficiary_id, account_id, account_name, at)"
          " VALUES (?1, ?2, ?3, ?4, ?5)"
      ) {}

bool PinTable::find(
    const std::string& application, const std::string& name, std::optional<Entitlement>& found
) {
    Rows rows(find_, application, name);
    if (rows.next()) {
        found.emplace(rows.text(0), name);
    }
    return !rows.failed();
}

bool PinTable::add(const std::string& application, const Entitlement& entitlement, TimePoint at) {
    return add_.run(application, entitlement.name, entitlement.id, at);
}

bool PinTable::find_account(
    const std::string& application, const std::string& beneficiary_id, std::optional<Account>& found
) {
    Rows rows(find_account_, application, beneficiary_id);
    if (rows.next()) {
        found.emplace(rows.text(0), rows.text(1));
    }
    return !rows.failed();
}

bool PinTable::write(const KnownIdentity& identity, TimePoint at) {
    return write_.run(
        identity.application, identity.beneficiary_id, identity.account.id, identity.account.name, at
    );
}

} // namespace accessd
