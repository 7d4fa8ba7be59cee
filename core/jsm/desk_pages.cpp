#include "core/jsm/desk_pages.hpp"

#include "core/support/json.hpp"

#include <boost/json/array.hpp>

#include <iterator>
#include <string>
#include <utility>

namespace accessd {

namespace {

constexpr int max_pages = 100;

RestCall page_call(const RequestTarget& base, std::size_t start) {
    RequestTarget target = RequestTarget(base).query("start", std::to_string(start)).query("limit", "50");
    // Data Center refuses approvals without the header; on Cloud it means nothing.
    return RestCall("GET", std::move(target)).header("X-ExperimentalApi", "opt-in");
}

} // namespace

Task<Result<std::vector<boost::json::value>>>
read_desk_pages(RestClient& rest, RequestTarget target, TimePoint deadline) {
    std::vector<boost::json::value> values;
    for (int page = 0; page < max_pages; ++page) {
        auto reply = co_await rest.call(page_call(target, values.size()), deadline);
        if (!reply) {
            co_return std::move(reply).error();
        }
        boost::json::value* found =
            reply->body.is_object() ? reply->body.get_object().if_contains("values") : nullptr;
        boost::json::array* more = found == nullptr ? nullptr : found->if_array();
        if (more == nullptr) {
            co_return Error(
                Fault::transient, "jira.malformed_page", "the service desk's answer is not a page of values"
            );
        }
        const bool last = more->empty() || find_bool(reply->body, "isLastPage").value_or(false);
        std::move(more->begin(), more->end(), std::back_inserter(values));
        if (last) {
            co_return values;
        }
    }
    co_return Error(
        Fault::transient, "jira.too_many_pages", "the service desk's list has no end after 100 pages"
    );
}

} // namespace accessd
