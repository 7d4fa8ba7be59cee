#pragma once

#include "core/model/result.hpp"
#include "core/model/rule.hpp"
#include "core/model/ticket.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace accessd {

/// What Jira says about people, beyond the ticket: approvers, and those whom a rule names by address or
/// group.
class ApproverFacts {
public:
    ApproverFacts() = default;

    std::map<std::string, Person> people;                   ///< by account id
    std::map<std::string, std::vector<std::string>> groups; ///< names of Jira groups, by account id
    std::map<std::string, Error>
        unanswered; ///< by account id, why Jira could not be asked; nothing to judge by
};

/// Somebody to ask Jira about.
class Inquiry {
public:
    Inquiry(std::string whom, bool and_groups) : account_id(std::move(whom)), with_groups(and_groups) {}

    std::string account_id;
    bool with_groups; ///< a rule names groups that they may be in
};

/// The ticket knows who it was; the user resource knows what they are today. Missing facts never help: who is
/// inactive by either is inactive.
Person known_person(const Person& recorded, const ApproverFacts& facts);

/// One account, or two that share an address: one human may have a portal-only and a full account.
bool same_human(const Person& left, const Person& right);

enum class Membership : std::uint8_t {
    no,
    yes,
    unknown, ///< it depends on an address or on groups that Jira did not tell
};

/// Whether somebody is one of `set`: by account id (exactly), by e-mail address (plain ones, ASCII case
/// ignored) or by group (exactly).
Membership membership(const PersonSet& set, const Person& recorded, const ApproverFacts& facts);

/// The e-mail address, or the account id where Jira tells none.
std::string name_of(const Person& person);

/// The same, escaped for a sentence.
std::string shown(const Person& person);

} // namespace accessd
