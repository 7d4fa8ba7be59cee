#include "daemon/explain/checks.hpp"

#include "core/support/json.hpp"

#include <boost/json/array.hpp>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace accessd {

namespace {

using Codes = std::span<const std::string_view>;

constexpr std::array<std::string_view, 1> malformed = {"jira.malformed_ticket"};
constexpr std::array<std::string_view, 1> denied = {"rule.denied"};
constexpr std::array<std::string_view, 2> no_rule = {"rule.none", "request.no_change"};
constexpr std::array<std::string_view, 1> not_allowed = {"request.not_allowed"};
constexpr std::array<std::string_view, 1> no_reason = {"request.reason_missing"};
constexpr std::array<std::string_view, 1> bad_duration = {"request.bad_duration"};
constexpr std::array<std::string_view, 3> no_approval = {
    "proof.no_approval", "proof.not_approved", "proof.no_approver"};
constexpr std::array<std::string_view, 1> unknown_approver = {"proof.unknown_approver"};
constexpr std::array<std::string_view, 1> self_approval = {"proof.self_approval"};
constexpr std::array<std::string_view, 1> inactive = {"proof.approver_inactive"};
constexpr std::array<std::string_view, 1> not_approver = {"proof.approver_not_allowed"};
constexpr std::array<std::string_view, 1> too_few = {"proof.too_few_approvers"};
constexpr std::array<std::string_view, 3> bad_times = {
    "proof.no_transition", "proof.status_before_approval", "proof.ended_since"};
constexpr std::array<std::string_view, 1> changed = {"proof.changed_after_approval"};
constexpr std::array<std::string_view, 1> spent = {"proof.spent"};
constexpr std::array<std::string_view, 8> no_account = {
    "identity.no_beneficiary",
    "identity.portal_customer",
    "identity.not_a_user",
    "identity.not_active",
    "identity.no_email",
    "identity.bad_email",
    "identity.foreign_domain",
    "identity.not_mapped"};

constexpr std::array<Check, 16> checks = {{
    {"ticket", "the ticket's fields can be read", Codes(malformed)},
    {"not_denied", "no [[deny]] rule matches", Codes(denied)},
    {"rule", "there is a [[rule]] for it", Codes(no_rule)},
    {"requester", "the requester may ask", Codes(not_allowed)},
    {"reason", "a reason is given where one is needed", Codes(no_reason)},
    {"duration", "the duration is understood", Codes(bad_duration)},
    {"approval", "an approval stands behind the status", Codes(no_approval)},
    {"approver_known", "who approved exists in Jira", Codes(unknown_approver)},
    {"approver_apart", "nobody approved for themselves", Codes(self_approval)},
    {"approver_active", "who approved is an active user", Codes(inactive)},
    {"approver_allowed", "the rule names who approved", Codes(not_approver)},
    {"approvers_enough", "as many approved as the rule asks for", Codes(too_few)},
    {"moved_by_it", "the approval brought the ticket here", Codes(bad_times)},
    {"unchanged", "nothing that decides changed since", Codes(changed)},
    {"unspent", "the approval was not used up", Codes(spent)},
    {"beneficiary", "the beneficiary may have an account", Codes(no_account)},
}};

bool is_one_of(std::string_view name, std::initializer_list<std::string_view> names) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

/// Removals are not held to these.
bool for_access_only(std::string_view name) {
    return is_one_of(name, {"not_denied", "requester", "reason", "duration", "unspent"});
}

/// Judged together for one person or record before the next one: which of them others passed is not stored.
bool in_one_loop(std::string_view left, std::string_view right) {
    const auto both = [&](std::initializer_list<std::string_view> loop) {
        return is_one_of(left, loop) && is_one_of(right, loop);
    };
    return both({"approver_known", "approver_apart", "approver_active", "approver_allowed"}) ||
           both({"moved_by_it", "unchanged"});
}

/// A ticket that nobody moved fails first of all with one kind of evidence, and late with the other; which
/// one was asked for is not stored.
bool comes_at_once(std::string_view check, std::string_view code) {
    return code == "proof.no_transition" && (check.starts_with("approv"));
}

std::string listed(const boost::json::array* names) {
    std::string list;
    for (const boost::json::value& name : names != nullptr ? *names : boost::json::array()) {
        if (const auto* text = name.if_string()) {
            list += (list.empty() ? "" : ", ") + std::string(std::string_view(*text));
        }
    }
    return list;
}

/// What the stored evidence says, in words.
class Evidence {
public:
    explicit Evidence(const Request& request) : request_(request) {
        auto parsed = parse_json(request.evidence);
        if (parsed) {
            document_ = std::move(*parsed);
        }
    }

    std::string about(std::string_view check) const {
        if (check == "rule") {
            return "rule " + request_.rule_hash + " of configuration " + request_.config_hash;
        }
        if (check == "duration") {
            return request_.duration ? format_duration(*request_.duration) : "no end";
        }
        if (check == "approval") {
            return records();
        }
        if (check == "approver_allowed") {
            return request_.approver;
        }
        if (check == "moved_by_it") {
            return "status change " + text("status_change") + " at " + text("status_changed") +
                   ", into status " + text("status");
        }
        return check == "unspent" && request_.approved_at ? "approved " + format_utc(*request_.approved_at)
                                                          : "";
    }

private:
    std::string text(std::string_view name) const { return string_or_empty(document_, name); }

    std::string records() const {
        const boost::json::array* approvals = find_array(document_, "approvals");
        if (approvals == nullptr) {
            return text("source") + " by " + listed(find_array(document_, "approvers"));
        }
        std::string list;
        for (const boost::json::value& approval : *approvals) {
            list += (list.empty() ? "" : "; ") + ("record " + string_or_empty(approval, "id")) + " by " +
                    listed(find_array(approval, "approvers")) + " at " +
                    string_or_empty(approval, "completed");
        }
        return list;
    }

    const Request& request_;
    boost::json::value document_;
};

std::vector<JudgedCheck> passed(const Request& request) {
    const Evidence evidence(request);
    std::vector<JudgedCheck> judged;
    for (const Check& check : checks) {
        if (request.kind == RequestKind::remove && for_access_only(check.name)) {
            continue;
        }
        JudgedCheck& one = judged.emplace_back(check.name, check.title);
        one.verdict = Verdict::pass;
        one.evidence = evidence.about(check.name);
    }
    return judged;
}

bool may_pass(const Check& check, const Check& failed, std::string_view code) {
    // What a removal passes over looks like what was passed, unless it must have been access.
    const bool known = !for_access_only(check.name) || for_access_only(failed.name);
    return known && !in_one_loop(check.name, failed.name) && !comes_at_once(check.name, code);
}

} // namespace

std::string_view to_string(Verdict verdict) {
    return verdict == Verdict::pass ? "pass" : verdict == Verdict::fail ? "FAIL" : "-";
}

std::span<const Check> all_checks() {
    return checks;
}

std::vector<JudgedCheck> judge_checks(const Request& request) {
    if (!request.evidence.empty()) {
        return passed(request);
    }
    const auto refuses = [&](const Check& check) {
        return std::find(check.refusals.begin(), check.refusals.end(), request.reason_code) !=
               check.refusals.end();
    };
    const auto failed = std::find_if(checks.begin(), checks.end(), refuses);
    std::vector<JudgedCheck> judged;
    for (auto check = checks.begin(); check != checks.end(); ++check) {
        JudgedCheck& one = judged.emplace_back(check->name, check->title);
        if (check == failed) {
            one.verdict = Verdict::fail;
            one.evidence = request.reason + " [" + request.reason_code + "]";
        } else if (failed != checks.end() && check < failed && may_pass(*check, *failed, request.reason_code)) {
            one.verdict = Verdict::pass;
        }
    }
    return judged;
}

} // namespace accessd
