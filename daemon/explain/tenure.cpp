#include "daemon/explain/tenure.hpp"

#include "core/support/json.hpp"
#include "core/support/text.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace accessd {

namespace {

/// Whom the question names, by everything that stored requests and the audit call them.
class People {
public:
    People(const std::string& user, const std::vector<std::string>& beneficiaries)
        : folded_(fold_email(user)), ids_(beneficiaries.begin(), beneficiaries.end()) {
        ids_.insert(user);
    }

    bool has(const boost::json::value& body) const {
        return ids_.contains(string_or_empty(body, "beneficiary")) ||
               ids_.contains(string_or_empty(body, "account")) ||
               fold_email(string_or_empty(body, "account_name")) == folded_;
    }

private:
    std::string folded_;
    std::set<std::string> ids_;
};

bool is_about(const HoldingQuestion& question, const AccessKey& key, const std::string& entitlement_name) {
    const bool named = key.entitlement == question.entitlement || entitlement_name == question.entitlement;
    return named && (question.application.empty() || key.application == question.application);
}

/// Claims by ticket and access, in the order in which they came up.
class Tenures {
public:
    Tenure& at(const std::string& issue_id, const AccessKey& key) {
        const auto [place, is_new] = places_.emplace(std::pair(issue_id, key), found_.size());
        if (is_new) {
            Tenure& tenure = found_.emplace_back();
            tenure.issue_id = issue_id;
            tenure.key = key;
        }
        return found_[place->second];
    }

    std::vector<Tenure>& all() { return found_; }

private:
    std::vector<Tenure> found_;
    std::map<std::pair<std::string, AccessKey>, std::size_t> places_;
};

Result<Done> read_requests(LedgerFile& file, const HoldingQuestion& question, Tenures& tenures) {
    auto issues = file.concerned(question);
    if (!issues) {
        return std::move(issues).error();
    }
    for (const std::string& issue_id : *issues) {
        auto request = file.request(issue_id);
        if (!request) {
            return std::move(request).error();
        }
        for (const Target& target : (*request)->targets) {
            if (!is_about(question, target.key, target.entitlement_name)) {
                continue;
            }
            Tenure& tenure = tenures.at(issue_id, target.key);
            tenure.issue_key = (*request)->issue_key;
            tenure.access_type = (*request)->access_type;
            tenure.approver = (*request)->approver;
            tenure.entitlement_name = target.entitlement_name;
            tenure.target = target;
        }
    }
    return Done();
}

bool ends_claim(std::string_view code) {
    return code == "revoke.done" || code == "lease.kept" || code == "lease.dropped";
}

void take_row(Tenure& tenure, const AuditRow& row, const boost::json::value& body) {
    if (row.code == "grant.done") {
        tenure.since = row.at;
        tenure.ended.reset();
    } else if (ends_claim(row.code)) {
        tenure.ended = row.at;
        tenure.stayed = row.code == "lease.kept";
    }
    if (!tenure.target) {
        tenure.issue_key = string_or_empty(body, "ticket");
        tenure.access_type = string_or_empty(body, "access_type");
        tenure.entitlement_name = string_or_empty(body, "entitlement_name");
    }
}

Result<Done>
read_calls(LedgerFile& file, const HoldingQuestion& question, const People& people, Tenures& tenures) {
    const std::string part = canonical_json(boost::json::value(question.entitlement));
    return file.audit(part, [&](const AuditRow& row) {
        const bool counts = row.code == "grant.done" || ends_claim(row.code);
        const auto body = counts ? parse_json(row.body) : Result<boost::json::value>(boost::json::value());
        if (!counts || !body) {
            return;
        }
        const AccessKey key(
            string_or_empty(*body, "application"),
            string_or_empty(*body, "entitlement"),
            string_or_empty(*body, "account")
        );
        const std::string issue = string_or_empty(*body, "issue");
        if (!issue.empty() && people.has(*body) &&
            is_about(question, key, string_or_empty(*body, "entitlement_name"))) {
            take_row(tenures.at(issue, key), row, *body);
        }
    });
}

/// The newest reason of the ticket that is not younger than the end of its claim: reasons are written first.
Result<Done> read_reasons(LedgerFile& file, std::vector<Tenure>& tenures) {
    std::multimap<std::string, Tenure*> ended;
    for (Tenure& tenure : tenures) {
        if (tenure.ended) {
            ended.emplace(tenure.issue_id, &tenure);
        }
    }
    if (ended.empty()) {
        return Done();
    }
    return file.audit("\"reason_code\":", [&](const AuditRow& row) {
        const auto body = parse_json(row.body);
        const std::string issue = body ? string_or_empty(*body, "issue") : std::string();
        const auto [first, last] = ended.equal_range(issue);
        for (auto one = first; one != last; ++one) {
            if (row.at <= *one->second->ended) {
                const std::string reason = string_or_empty(*body, "reason");
                one->second->why =
                    string_or_empty(*body, "reason_code") + (reason.empty() ? "" : ", ") + reason;
            }
        }
    });
}

} // namespace

bool holds(const Tenure& tenure) {
    return tenure.target &&
           (tenure.target->state == TargetState::held || tenure.target->state == TargetState::leaving);
}

Result<std::vector<Tenure>> find_tenures(LedgerFile& file, const HoldingQuestion& question) {
    Tenures tenures;
    if (question.user.empty() || question.entitlement.empty()) {
        return std::move(tenures.all()); // an account that is not known is not the one that is asked for
    }
    const auto beneficiaries = file.beneficiaries(question.user);
    if (!beneficiaries) {
        return beneficiaries.error();
    }
    const People people(question.user, *beneficiaries);
    auto read = read_requests(file, question, tenures);
    read = read ? read_calls(file, question, people, tenures) : read;
    read = read ? read_reasons(file, tenures.all()) : read;
    if (!read) {
        return std::move(read).error();
    }
    return std::move(tenures.all());
}

} // namespace accessd
