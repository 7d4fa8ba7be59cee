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
                "; let accessd's account see it, or use match = \"map\" in [application.NAME.identity]"
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
    if (beneficiary.type != AccountType::atlassian) {
        return refuse(
            "identity.not_a_user",
            escape_text(beneficiary.account_id) +
                " is a portal-only customer or an app in Jira, not a user; ask for an Atlassian account"
        );
    }
    if (!beneficiary.active) {
        return refuse(
            "identity.not_active", "Jira account " + escape_text(beneficiary.account_id) + " is deactivated"
        );
    }
    if (rule.match == IdentityMatch::email) {
        return address_by_email(rule, beneficiary);
    }
    const auto mapped = rule.account.find(beneficiary.account_id);
    if (mapped == rule.account.end()) {
        return refuse(
            "identity.not_mapped",
            "Jira account " + escape_text(beneficiary.account_id) + " is not in map_file; add a line for it"
        );
    }
    return mapped->second;
}

} // namespace accessd
