#include "core/jsm/ticket_search.hpp"

#include "core/jsm/candidate_walk.hpp"
#include "core/jsm/jql.hpp"
#include "core/jsm/people.hpp"
#include "core/support/json.hpp"
#include "core/support/text.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <optional>
#include <utility>
#include <vector>

namespace accessd {

namespace {

constexpr int page_size = 100;
constexpr std::size_t max_reconciled = 50; // Jira refuses more

std::optional<std::string> query_of(const Portal& portal, const SearchWindow& window) {
    std::vector<std::string> statuses;
    for (const auto& [id, meaning] : portal.statuses) {
        statuses.push_back(id);
    }
    return candidates_jql(portal.project_id, statuses, window.since);
}

boost::json::array numeric_ids(const std::vector<std::string>& ids) {
    boost::json::array numbers;
    for (const std::string& id : ids) {
        const auto number = parse_integer(id);
        if (number && numbers.size() < max_reconciled) {
            numbers.emplace_back(*number);
        }
    }
    return numbers;
}

RestCall search_call(std::string jql, const SearchWindow& window, const std::string& token) {
    boost::json::object body;
    body["jql"] = std::move(jql);
    body["fields"] = {"status", "updated"};
    body["maxResults"] = page_size;
    if (!token.empty()) {
        body["nextPageToken"] = token;
    }
    boost::json::array reconcile = numeric_ids(window.reconcile);
    if (!reconcile.empty()) {
        body["reconcileIssues"] = std::move(reconcile);
    }
    return RestCall("POST", RequestTarget("/rest/api/3/search/jql")).json(std::move(body));
}

Error wrong_account(std::string_view seen) {
    return Error(
        Fault::credential,
        "jira.wrong_account",
        "Jira treats us as account \"" + escape_text(seen, 80) +
            "\" and not as the one that accessd started with; check jira.email and jira.token"
    );
}

/// What the answer itself says about who asked.
enum class Identity : std::uint8_t { ours, other, untold };

Identity identity_of(const RestReply& reply, const std::string& own) {
    const auto told = reply.headers.find("X-AACCOUNTID");
    if (!told || told->empty()) {
        return Identity::untold;
    }
    // The colon of an account id comes percent-encoded.
    return *told == own || equals_ignoring_case(*told, percent_encode(own)) ? Identity::ours
                                                                            : Identity::other;
}

} // namespace

Task<Result<CandidatePage>> search_tickets(
    RestClient& rest,
    std::shared_ptr<const ResolvedPortal> resolved,
    SearchWindow window,
    std::string page,
    TimePoint deadline
) {
    auto walk = CandidateWalk::resume(page);
    if (!walk) {
        co_return std::move(walk).error();
    }
    auto jql = query_of(resolved->portal, window);
    if (!jql) {
        co_return Error(
            Fault::permanent, "jira.bad_query", "portal.statuses: no status to search for; name at least one"
        );
    }
    RestCall call = search_call(std::move(*jql), window, walk->token());
    auto reply = co_await rest.call(std::move(call), deadline);
    if (!reply) {
        co_return std::move(reply).error();
    }
    const std::string& own = resolved->portal.own_account_id;
    const Identity identity = identity_of(*reply, own);
    if (identity == Identity::other) {
        co_return wrong_account(reply->headers.find("X-AACCOUNTID").value_or(""));
    }
    auto candidates = candidates_from(reply->body);
    if (!candidates) {
        co_return std::move(candidates).error();
    }
    if (candidates->empty() && walk->first() && identity == Identity::untold) {
        auto myself = co_await fetch_myself(rest, deadline);
        if (!myself) {
            co_return std::move(myself).error();
        }
        if (myself->account_id != own) {
            co_return wrong_account(myself->account_id);
        }
    }
    auto next = walk->advance(find_string(reply->body, "nextPageToken").value_or(""), candidates->empty());
    if (!next) {
        co_return std::move(next).error();
    }
    CandidatePage result;
    result.candidates = std::move(*candidates);
    result.next_page = std::move(*next);
    co_return result;
}

} // namespace accessd
