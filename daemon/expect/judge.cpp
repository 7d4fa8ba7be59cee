#include "daemon/expect/judge.hpp"

#include "core/policy/identity.hpp"
#include "core/support/text.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace accessd {

namespace {

using namespace std::chrono_literals;

constexpr TimePoint raised{};
constexpr TimePoint approved = raised + 1h;

/// The people of one file, as Jira would know them.
class Staff {
public:
    explicit Staff(const ExpectFile& file) : file_(file) {}

    /// Who is named by an address that no account has is known by that address. Who is named by an account id
    /// alone has an address that Jira hides.
    Person person(const std::string& name) const {
        Person found;
        found.account_id = account_of(name);
        found.active = true;
        found.type = AccountType::atlassian;
        const auto address = file_.address_of.find(found.account_id);
        if (address != file_.address_of.end()) {
            found.email = address->second;
        } else if (is_plain_email(found.account_id)) {
            found.email = found.account_id;
        }
        return found;
    }

    void tell(const Person& person, ApproverFacts& facts) const {
        std::vector<std::string> groups;
        for (const auto& [group, members] : file_.members) {
            const bool is_in = std::any_of(members.begin(), members.end(), [&](const std::string& member) {
                return account_of(member) == person.account_id;
            });
            if (is_in) {
                groups.push_back(group);
            }
        }
        facts.people.emplace(person.account_id, person);
        facts.groups.emplace(person.account_id, std::move(groups));
    }

private:
    std::string account_of(const std::string& name) const {
        if (!is_plain_email(name)) {
            return name;
        }
        const std::string folded = fold_email(name);
        for (const auto& [account, address] : file_.address_of) {
            if (address == folded) {
                return account;
            }
        }
        return folded;
    }

    const ExpectFile& file_;
};

const std::string& request_type(RequestKind kind, const PortalNames& names) {
    return kind == RequestKind::grant    ? names.grant_types.front()
           : kind == RequestKind::remove ? names.remove_types.front()
                                         : names.change_types.front();
}

Approval approval_by(const std::vector<std::string>& approvers, const Staff& staff) {
    Approval approval;
    approval.id = "1";
    approval.name = "approval";
    approval.final_decision = ApprovalDecision::approved;
    approval.created_at = raised;
    approval.completed_at = approved;
    for (const std::string& name : approvers) {
        ApproverAnswer& answer = approval.answers.emplace_back();
        answer.approver = staff.person(name);
        answer.decision = ApprovalDecision::approved;
    }
    return approval;
}

/// The ticket reaches its approved status by who approved. Nobody did: it was put there by the requester, and
/// where moving it would be the approval, it was created there.
void approve(Ticket& ticket, const Expectation& expected, const Portal& portal, const Staff& staff) {
    ticket.has_approvals = true;
    const bool by_moving = portal.evidence == EvidenceSource::transition;
    if (!expected.approvers.empty() || !by_moving) {
        FieldChange& change = ticket.changes.emplace_back();
        change.history_id = "1";
        change.at = approved;
        change.author =
            expected.approvers.empty() ? ticket.reporter : staff.person(expected.approvers.front());
        change.field_id = "status";
        change.to = ticket.status_id;
    }
    if (!expected.approvers.empty() && !by_moving) {
        ticket.approvals.push_back(approval_by(expected.approvers, staff));
    }
}

Ticket
ticket_of(const Expectation& expected, const PortalNames& names, const Portal& portal, const Staff& staff) {
    Ticket ticket;
    ticket.issue_id = "1";
    ticket.issue_key = names.project + "-1";
    ticket.project_id = portal.project_id;
    ticket.request_type_id = request_type(expected.kind, names);
    ticket.status_id = names.approved_statuses.front();
    ticket.created_at = raised;
    ticket.updated_at = approved;
    ticket.reporter = staff.person(expected.requester);
    ticket.beneficiary = staff.person(expected.beneficiary);
    ticket.application = expected.application;
    ticket.access_type = expected.access_type;
    ticket.replaced_type = expected.old_access_type;
    ticket.reason = expected.reason;
    ticket.duration = expected.duration;
    approve(ticket, expected, portal, staff);
    return ticket;
}

Judgement refused(std::string code, std::string reason) {
    Judgement judgement;
    judgement.code = std::move(code);
    judgement.reason = std::move(reason);
    return judgement;
}

Judgement take(const Approve& approval, const Person& beneficiary, const Config& config) {
    for (const ApplicationSettings& application : config.applications) {
        const auto address = application.name == approval.rule->application
                                 ? account_address(application.identity, beneficiary)
                                 : Result<std::string>(std::string());
        if (!address) {
            return refused(address.error().code(), address.error().message());
        }
    }
    Judgement judgement;
    judgement.granted = true;
    judgement.entitlements = approval.rule->groups;
    std::sort(judgement.entitlements.begin(), judgement.entitlements.end());
    judgement.duration = approval.duration;
    return judgement;
}

std::string listed(const std::vector<std::string>& names) {
    std::string list;
    for (const std::string& name : names) {
        list += (list.empty() ? "\"" : ", \"") + escape_text(name) + "\"";
    }
    return list;
}

std::string expiry(const std::optional<Duration>& duration) {
    return duration && *duration > Duration() ? "expires after " + format_duration(*duration)
                                              : "never expires";
}

} // namespace

Policy offline_policy(const Config& config) {
    const PortalNames& names = config.portal;
    Policy policy;
    policy.rules = config.rules;
    policy.denies = config.denies;
    policy.conflicts = config.conflicts;
    policy.config_hash = config.hash;
    Portal& portal = policy.portal;
    portal.project_id = names.project;
    portal.project_key = names.project;
    portal.evidence = names.evidence;
    const auto map_types = [&](const std::vector<std::string>& types, RequestKind kind) {
        for (const std::string& type : types) {
            portal.request_types.emplace(type, kind);
        }
    };
    map_types(names.grant_types, RequestKind::grant);
    map_types(names.remove_types, RequestKind::remove);
    map_types(names.change_types, RequestKind::change);
    const auto map_statuses = [&](const std::vector<std::string>& statuses, AppStatus meaning) {
        for (const std::string& status : statuses) {
            portal.statuses.emplace(status, meaning);
        }
    };
    map_statuses(names.approved_statuses, AppStatus::approved);
    map_statuses(names.denied_statuses, AppStatus::denied);
    map_statuses(names.revoked_statuses, AppStatus::revoked);
    map_statuses(names.declined_statuses, AppStatus::declined);
    return policy;
}

Judgement
judge(const Expectation& expected, const ExpectFile& file, const Config& config, const Policy& policy) {
    const Staff staff(file);
    const Ticket ticket = ticket_of(expected, config.portal, policy.portal, staff);
    ApproverFacts facts;
    staff.tell(ticket.reporter, facts);
    staff.tell(*ticket.beneficiary, facts);
    for (const std::string& approver : expected.approvers) {
        staff.tell(staff.person(approver), facts);
    }
    const Decision decision = decide(ticket, policy, facts, nullptr);
    if (const auto* approval = std::get_if<Approve>(&decision)) {
        return take(*approval, *ticket.beneficiary, config);
    }
    if (const auto* distrust = std::get_if<Distrust>(&decision)) {
        return refused(distrust->why.code, distrust->why.reason);
    }
    if (const auto* park = std::get_if<Park>(&decision)) {
        return refused(park->code, park->reason);
    }
    return refused("", "nothing is made of the ticket");
}

std::string difference(const Expectation& expected, const Judgement& judgement) {
    const std::string got = judgement.granted
                                ? "it is granted"
                                : "it is refused: " + judgement.reason + " [" + judgement.code + "]";
    if (expected.granted != judgement.granted) {
        return "expected to be " +
               (expected.granted ? std::string("granted") : "refused [" + escape_text(expected.code) + "]") +
               ", but " + got;
    }
    if (!judgement.granted && expected.code != judgement.code) {
        return "expected [" + escape_text(expected.code) + "], but " + got;
    }
    if (expected.entitlements && *expected.entitlements != judgement.entitlements) {
        return "expected the entitlements " + listed(*expected.entitlements) + ", but they are " +
               listed(judgement.entitlements);
    }
    if (expected.expires_after && *expected.expires_after != judgement.duration.value_or(Duration())) {
        return "expected that it " + expiry(expected.expires_after) + ", but it " +
               expiry(judgement.duration);
    }
    return "";
}

} // namespace accessd
