#include "core/policy/identity.hpp"

#include "core/support/text.hpp"

#include <algorithm>

namespace accessd {

namespace {

Error refuse(std::string code, std::string message) {
    return Error(Fault::permanent, std::move(code), std::move(message));
}

bool in_allowed_domain(const IdentityRule& rule, const std::string& address) {
    const std::string domain = address.substr(address.find('@') + 1);
    return rule.allowed_domains.empty() ||
           std::find(rule.allowed_domains.begin(), rule.allowed_domains.end(), domain) !=
               rule.allowed_domains.end();
}

Result<std::string> address_by_email(const IdentityRule& rule, const Person& person) {
    if (!person.email || person.email->empty()) {
        return refuse(
            "identity.no_email",
            "Jira hides the e-mail address of " + escape_text(person.account_id) +
                "; let accessd's account see it, or add the person to map_file of [application.NAME.identity]"
        );
    }
    if (!is_plain_email(*person.email)) {
        return refuse(
            "identity.bad_email",
            "\"" + escape_text(*person.email) + "\" is not a plain ASCII e-mail address; correct it in Jira"
        );
    }
    std::string address = fold_email(*person.email);
    if (!in_allowed_domain(rule, address)) {
        return refuse(
            "identity.foreign_domain",
            escape_text(address) + " is outside allowed_domains of [application.NAME.identity]"
        );
    }
    return address;
}

} // namespace

Result<std::string> account_address(const IdentityRule& rule, const Person& beneficiary) {
    if (beneficiary.account_id.empty()) {
        return refuse("identity.no_beneficiary", "the ticket names no beneficiary; fill in the field");
    }
    const bool customer = is_portal_customer(beneficiary);
    if (customer && !rule.portal_customers) {
        return refuse(
            "identity.portal_customer",
            escape_text(beneficiary.account_id) +
                " is a portal-only customer of Jira, not a user; ask for an Atlassian account, or set "
                "portal_customers in [application.NAME.identity]"
        );
    }
    if (!customer && beneficiary.type != AccountType::atlassian) {
        return refuse(
            "identity.not_a_user",
            escape_text(beneficiary.account_id) +
                " is an app in Jira, or Jira does not tell what it is; name a person"
        );
    }
    if (!beneficiary.active) {
        return refuse(
            "identity.not_active", "Jira account " + escape_text(beneficiary.account_id) + " is deactivated"
        );
    }
    const auto mapped = rule.account.find(beneficiary.account_id);
    if (mapped != rule.account.end()) {
        return mapped->second;
    }
    if (rule.match == IdentityMatch::email) {
        return address_by_email(rule, beneficiary);
    }
    return refuse(
        "identity.not_mapped",
        "Jira account " + escape_text(beneficiary.account_id) + " is not in map_file; add a line for it"
    );
}

bool is_portal_customer(const Person& person) {
    return person.type == AccountType::customer || person.account_id.starts_with("qm:");
}

Error changed_identity(const KnownIdentity& now, const Account& before) {
    const std::string who = escape_text(now.beneficiary_id);
    const auto shown = [](const Account& account) {
        return "\"" + escape_text(account.name) + "\" (" + escape_text(account.id) + ")";
    };
    return refuse(
        "identity.changed",
        "Jira account " + who + " was " + shown(before) + " in " + escape_text(now.application) + " and is " +
            shown(now.account) + " now; if that is right, add the line \"" + who + "," +
            escape_text(now.account.id) + "\" to map_file of [application.NAME.identity]"
    );
}

} // namespace accessd
