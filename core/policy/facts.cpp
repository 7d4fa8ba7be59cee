#include "core/policy/facts.hpp"

#include "core/support/text.hpp"

#include <algorithm>
#include <optional>

namespace accessd {

namespace {

/// What addresses are compared by; nothing when there is none to compare.
std::optional<std::string> comparable(const std::optional<std::string>& email) {
    return email && is_plain_email(*email) ? std::optional(fold_email(*email)) : std::nullopt;
}

bool is_address(const std::string& user) {
    return user.find('@') != std::string::npos;
}

bool shares_group(const std::vector<std::string>& wanted, const std::vector<std::string>& groups) {
    return std::any_of(wanted.begin(), wanted.end(), [&](const std::string& group) {
        return std::find(groups.begin(), groups.end(), group) != groups.end();
    });
}

} // namespace

Person known_person(const Person& recorded, const ApproverFacts& facts) {
    const auto found = facts.people.find(recorded.account_id);
    if (found == facts.people.end()) {
        return recorded;
    }
    Person person = found->second;
    person.active = person.active && recorded.active;
    if (!person.email) {
        person.email = recorded.email;
    }
    return person;
}

bool same_human(const Person& left, const Person& right) {
    const auto address = comparable(left.email);
    return left.account_id == right.account_id || (address && address == comparable(right.email));
}

Membership membership(const PersonSet& set, const Person& recorded, const ApproverFacts& facts) {
    // known_person() without its copies: this is asked of every deny rule.
    const auto found = facts.people.find(recorded.account_id);
    const Person& person = found != facts.people.end() ? found->second : recorded;
    const std::optional<std::string>& email = person.email ? person.email : recorded.email;
    const auto address = comparable(email);
    bool by_address = false;
    for (const std::string& user : set.users) {
        const bool same_address = address && is_plain_email(user) && fold_email(user) == *address;
        if (same_address || (user == person.account_id && !user.empty())) {
            return Membership::yes;
        }
        by_address = by_address || is_address(user);
    }
    const auto groups = facts.groups.find(person.account_id);
    const bool groups_known = groups != facts.groups.end();
    if (groups_known && shares_group(set.groups, groups->second)) {
        return Membership::yes;
    }
    const bool open = (by_address && (!email || email->empty())) || (!set.groups.empty() && !groups_known);
    return open ? Membership::unknown : Membership::no;
}

std::string name_of(const Person& person) {
    return person.email && !person.email->empty() ? *person.email : person.account_id;
}

std::string shown(const Person& person) {
    return escape_text(name_of(person));
}

} // namespace accessd
