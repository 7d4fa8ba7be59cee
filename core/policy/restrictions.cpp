#include "core/policy/restrictions.hpp"

#include "core/support/text.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace accessd {

namespace {

Membership matches(const DenyRule& deny, const Ticket& ticket, const ApproverFacts& facts) {
    return matches(deny, ticket.application, ticket.access_type, ticket.beneficiary, facts);
}

// What people leave in a field that they must fill, beside blanks and line breaks.
constexpr std::array<std::string_view, 6> blanks = {
    "\u00A0", "\u200B", "\u200C", "\u200D", "\u3000", "\uFEFF"};

bool is_blank(std::string_view text) {
    while (!text.empty()) {
        const bool ascii = std::string_view(" \t\r\n\f\v").find(text.front()) != std::string_view::npos;
        const auto wide = std::find_if(blanks.begin(), blanks.end(), [&](std::string_view blank) {
            return text.starts_with(blank);
        });
        if (!ascii && wide == blanks.end()) {
            return false;
        }
        text.remove_prefix(ascii ? 1 : wide->size());
    }
    return true;
}

} // namespace

Membership matches(
    const DenyRule& deny,
    const std::string& application,
    const std::string& access_type,
    const std::optional<Person>& beneficiary,
    const ApproverFacts& facts
) {
    const bool covers = (deny.application.empty() || deny.application == application) &&
                        (deny.access_type.empty() || deny.access_type == access_type);
    if (!covers || deny.people.empty()) {
        return covers ? Membership::yes : Membership::no;
    }
    // Nobody is none of those who are denied: such a ticket is refused for having no beneficiary.
    return beneficiary ? membership(deny.people, *beneficiary, facts) : Membership::no;
}

std::optional<Restriction>
denied(const Ticket& ticket, const std::vector<DenyRule>& denies, const ApproverFacts& facts) {
    for (const DenyRule& deny : denies) {
        const Membership match = matches(deny, ticket, facts);
        if (match == Membership::unknown) {
            return Restriction(
                "rule.denied",
                "this access is denied to some people, and Jira does not tell accessd whether the "
                "beneficiary is one of them; let accessd see e-mail addresses and groups"
            );
        }
        if (match == Membership::yes) {
            const std::string why = deny.reason.empty() ? "a deny rule" : escape_text(deny.reason);
            return Restriction(
                "rule.denied",
                "the beneficiary may not have this access (" + why + "); no approval changes that"
            );
        }
    }
    return std::nullopt;
}

std::optional<Restriction>
not_allowed_to_ask(const Ticket& ticket, const AccessRule& rule, const ApproverFacts& facts) {
    if (!rule.requesters || membership(*rule.requesters, ticket.reporter, facts) == Membership::yes) {
        return std::nullopt;
    }
    return Restriction(
        "request.not_allowed",
        shown(known_person(ticket.reporter, facts)) +
            " may not ask for this access; somebody whom the access rule allows must raise the request"
    );
}

std::optional<Restriction> lacks_reason(const Ticket& ticket, const AccessRule& rule) {
    if (!rule.require_reason || !is_blank(ticket.reason)) {
        return std::nullopt;
    }
    return Restriction(
        "request.reason_missing", "this access needs a reason, and the ticket gives none; fill the field in"
    );
}

std::optional<Inquiry> beneficiary_to_look_up(const Ticket& ticket, const std::vector<DenyRule>& denies) {
    std::optional<Inquiry> inquiry;
    for (const DenyRule& deny : denies) {
        if (matches(deny, ticket, {}) == Membership::unknown) {
            const bool by_group = !deny.people.groups.empty() || (inquiry && inquiry->with_groups);
            inquiry.emplace(ticket.beneficiary->account_id, by_group);
        }
    }
    return inquiry;
}

std::optional<Inquiry> reporter_to_look_up(const Ticket& ticket, const AccessRule& rule) {
    if (!rule.requesters || membership(*rule.requesters, ticket.reporter, {}) != Membership::unknown) {
        return std::nullopt;
    }
    return Inquiry(ticket.reporter.account_id, !rule.requesters->groups.empty());
}

} // namespace accessd
