#include "core/model/access.hpp"

#include <utility>

namespace accessd {

Account::Account(std::string account_id, std::string account_name)
    : id(std::move(account_id)), name(std::move(account_name)) {}

Entitlement::Entitlement(std::string entitlement_id, std::string entitlement_name)
    : id(std::move(entitlement_id)), name(std::move(entitlement_name)) {}

AccessKey::AccessKey(std::string application_name, std::string entitlement_id, std::string account_id)
    : application(std::move(application_name)), entitlement(std::move(entitlement_id)),
      account(std::move(account_id)) {}

Intent::Intent(Operation wanted, std::string issue, TimePoint when)
    : operation(wanted), issue_id(std::move(issue)), at(when) {}

Access::Access(AccessKey access_key) : key(std::move(access_key)) {}

std::string_view to_string(Operation operation) {
    return operation == Operation::grant ? "grant" : "revoke";
}

} // namespace accessd
