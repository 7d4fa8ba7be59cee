#include "core/jsm/ticket_reader.hpp"

#include "core/jsm/desk_pages.hpp"
#include "core/jsm/gather.hpp"
#include "core/jsm/history.hpp"
#include "core/jsm/people.hpp"
#include "core/jsm/ticket_json.hpp"
#include "core/support/json.hpp"
#include "core/support/text.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <algorithm>
#include <chrono>
#include <optional>
#include <unordered_set>
#include <utility>

namespace accessd {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t max_tickets = 100; // of issue/bulkfetch
constexpr int history_page_size = 1000;
constexpr int max_history_pages = 100;

// Jira writes an issue's `updated` and the history entry within one transaction, not in the same instant.
constexpr Duration same_write = 1s;

boost::json::array to_json(const std::vector<std::string>& texts) {
    return boost::json::array(texts.begin(), texts.end());
}

RestCall issues_call(const std::vector<std::string>& ids, const PortalFields& fields) {
    boost::json::object body;
    body["issueIdsOrKeys"] = to_json(ids);
    body["fields"] = to_json(fields_to_read(fields));
    return RestCall("POST", RequestTarget("/rest/api/3/issue/bulkfetch")).json(std::move(body));
}

RestCall history_call(const std::vector<std::string>& ids, const Portal& portal, const std::string& token) {
    boost::json::array wanted = to_json(portal.deciding_fields);
    wanted.emplace_back("status");
    boost::json::object body;
    body["issueIdsOrKeys"] = to_json(ids);
    body["fieldIds"] = std::move(wanted);
    body["maxResults"] = history_page_size;
    if (!token.empty()) {
        body["nextPageToken"] = token;
    }
    return RestCall("POST", RequestTarget("/rest/api/3/changelog/bulkfetch")).json(std::move(body));
}

/// Sorts the issues of one answer into what could be read and what could not.
std::optional<Error> take_issues(
    const boost::json::value& body,
    const PortalFields& fields,
    std::unordered_set<std::string> wanted,
    ReadTickets& out
) {
    const boost::json::array* issues = find_array(body, "issues");
    if (issues == nullptr) {
        return Error(Fault::transient, "jira.malformed_issues", "Jira's answer is not a list of issues");
    }
    for (const boost::json::value& issue : *issues) {
        const std::string id = string_or_empty(issue, "id");
        if (wanted.erase(id) == 0) {
            continue;
        }
        auto ticket = ticket_from_issue(issue, fields);
        if (ticket) {
            out.tickets.push_back(std::move(*ticket));
        } else {
            out.failed.emplace_back(id, std::move(ticket).error());
        }
    }
    const boost::json::array* errors = find_array(body, "issueErrors");
    for (std::size_t i = 0; errors != nullptr && i < errors->size(); ++i) {
        const std::string id = string_or_empty((*errors)[i], "id");
        if (wanted.erase(id) != 0) {
            const std::string why = escape_text(find_string((*errors)[i], "errorMessage").value_or(""));
            const std::string text = "Jira could not read issue " + id + ": " + why;
            out.failed.emplace_back(id, Error(Fault::transient, "jira.issue_error", text));
        }
    }
    out.unseen.assign(wanted.begin(), wanted.end());
    std::sort(out.unseen.begin(), out.unseen.end());
    return std::nullopt;
}

Task<Result<Histories>> read_histories(
    RestClient& rest,
    std::shared_ptr<const ResolvedPortal> resolved,
    std::vector<std::string> ids,
    TimePoint deadline
) {
    Histories histories;
    std::unordered_set<std::string> seen;
    std::string token;
    for (int page = 0; page < max_history_pages; ++page) {
        auto reply = co_await rest.call(history_call(ids, resolved->portal, token), deadline);
        if (!reply) {
            co_return std::move(reply).error();
        }
        if (auto error = histories.add_page(reply->body)) {
            co_return std::move(*error);
        }
        token = string_or_empty(reply->body, "nextPageToken");
        if (token.empty()) {
            co_return histories;
        }
        if (!seen.insert(token).second) {
            break;
        }
    }
    co_return Error(
        Fault::transient, "jira.endless_history", "Jira's list of changes has no end; it will be read again"
    );
}

/// The history belongs to what was read when it leads to the present status and has nothing later.
bool belongs_together(const Ticket& ticket) {
    const FieldChange* entered = last_status_change(ticket);
    const bool same_status = entered == nullptr || entered->to == ticket.status_id;
    return same_status && std::none_of(ticket.changes.begin(), ticket.changes.end(), [&](const auto& change) {
               return change.at > ticket.updated_at + same_write;
           });
}

Error changed_while_reading(const Ticket& ticket) {
    return Error(
        Fault::transient,
        "jira.changed_while_reading",
        "ticket " + escape_text(ticket.issue_key, 40) +
            ": status and history do not fit together; it will be read again"
    );
}

/// Moves the tickets that `problem` objects to into `failed`.
template <class Problem> void weed_out(ReadTickets& read, Problem problem) {
    std::vector<Ticket> kept;
    kept.reserve(read.tickets.size());
    for (Ticket& ticket : read.tickets) {
        std::optional<Error> error = problem(ticket);
        if (error) {
            read.failed.emplace_back(ticket.issue_id, std::move(*error));
        } else {
            kept.push_back(std::move(ticket));
        }
    }
    read.tickets = std::move(kept);
}

void add_histories(ReadTickets& read, Histories histories) {
    weed_out(read, [&](Ticket& ticket) -> std::optional<Error> {
        auto changes = histories.take(ticket.issue_id, ticket.issue_key);
        if (!changes) {
            return std::move(changes).error();
        }
        ticket.changes = std::move(*changes);
        if (!belongs_together(ticket)) {
            return changed_while_reading(ticket);
        }
        return std::nullopt;
    });
}

/// The service desk does not say what kind of account an approver has; the history often does.
void complete_types(const Ticket& ticket, std::vector<Approval>& approvals) {
    for (Approval& approval : approvals) {
        for (ApproverAnswer& answer : approval.answers) {
            Person& approver = answer.approver;
            for (const FieldChange& change : ticket.changes) {
                const bool same = change.author.account_id == approver.account_id;
                if (approver.type == AccountType::unknown && same && !approver.account_id.empty()) {
                    approver.type = change.author.type;
                }
            }
        }
    }
}

Task<Result<std::vector<Approval>>>
read_approvals(RestClient& rest, std::string issue_id, std::string issue_key, TimePoint deadline) {
    RequestTarget target =
        RequestTarget("/rest/servicedeskapi/request/").segment(issue_id).literal("/approval");
    auto values = co_await read_desk_pages(rest, std::move(target), deadline);
    if (!values) {
        co_return std::move(values).error();
    }
    std::vector<Approval> approvals;
    for (const boost::json::value& value : *values) {
        if (auto error = append_approval(value, issue_key, approvals)) {
            co_return std::move(*error);
        }
    }
    sort_approvals(approvals);
    co_return approvals;
}

/// Only where they are the evidence, and decide: a ticket that was moved to another project, or is no request
/// any more, may have none to be read, and must be judged without.
bool needs_approvals(const Ticket& ticket, const Portal& portal) {
    const bool known = portal.request_kind(ticket.request_type_id) != nullptr;
    if (portal.evidence != EvidenceSource::approval || ticket.project_id != portal.project_id || !known) {
        return false;
    }
    const AppStatus* status = portal.status(ticket.status_id);
    return status != nullptr && *status == AppStatus::approved;
}

Task<Done> add_approvals(RestClient& rest, const Portal& portal, ReadTickets& read, TimePoint deadline) {
    std::vector<Task<Result<std::vector<Approval>>>> tasks;
    for (const Ticket& ticket : read.tickets) {
        if (needs_approvals(ticket, portal)) {
            tasks.push_back(read_approvals(rest, ticket.issue_id, ticket.issue_key, deadline));
        }
    }
    if (tasks.empty()) {
        co_return Done();
    }
    auto results = co_await gather(std::move(tasks));
    auto next = results.begin();
    weed_out(read, [&](Ticket& ticket) -> std::optional<Error> {
        if (!needs_approvals(ticket, portal)) {
            return std::nullopt;
        }
        Result<std::vector<Approval>>& approvals = *next++;
        if (!approvals) {
            return std::move(approvals).error();
        }
        complete_types(ticket, *approvals);
        ticket.approvals = std::move(*approvals);
        ticket.has_approvals = true;
        return std::nullopt;
    });
    co_return Done();
}

} // namespace

Task<Result<ReadTickets>> read_tickets(
    RestClient& rest,
    std::shared_ptr<const ResolvedPortal> resolved,
    std::vector<std::string> issue_ids,
    TimePoint deadline
) {
    ReadTickets read;
    std::sort(issue_ids.begin(), issue_ids.end());
    issue_ids.erase(std::unique(issue_ids.begin(), issue_ids.end()), issue_ids.end());
    if (issue_ids.empty()) {
        co_return read;
    }
    if (issue_ids.size() > max_tickets) {
        co_return Error(Fault::permanent, "jira.too_many_tickets", "at most 100 tickets can be read at once");
    }
    auto issues = co_await rest.call(issues_call(issue_ids, resolved->fields), deadline);
    if (!issues) {
        co_return std::move(issues).error();
    }
    std::unordered_set<std::string> wanted(issue_ids.begin(), issue_ids.end());
    if (auto error = take_issues(issues->body, resolved->fields, std::move(wanted), read)) {
        co_return std::move(*error);
    }
    if (read.tickets.empty()) {
        co_return read;
    }
    std::vector<std::string> readable;
    for (const Ticket& ticket : read.tickets) {
        readable.push_back(ticket.issue_id);
    }
    auto histories = co_await read_histories(rest, resolved, std::move(readable), deadline);
    if (!histories) {
        co_return std::move(histories).error();
    }
    add_histories(read, std::move(*histories));
    co_await add_approvals(rest, resolved->portal, read, deadline);
    co_return read;
}

} // namespace accessd
