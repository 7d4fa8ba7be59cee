#include "core/jsm/candidate_walk.hpp"

#include "core/support/json.hpp"
#include "core/support/text.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <algorithm>
#include <charconv>
#include <functional>
#include <optional>
#include <utility>

namespace accessd {

namespace {

constexpr std::size_t max_pages = 2000;
constexpr std::uint64_t max_empty_pages = 10;
constexpr std::size_t max_token = 8192;
constexpr int radix = 16;

std::optional<std::uint64_t> number_from(std::string_view text) {
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, radix);
    if (error != std::errc() || end != text.data() + text.size()) {
        return std::nullopt;
    }
    return number;
}

std::string text_of(std::uint64_t number) {
    char digits[radix + 1];
    const auto written = std::to_chars(digits, digits + sizeof digits, number, radix);
    return std::string(digits, written.ptr);
}

Error incomplete(std::string_view code, std::string_view why) {
    return Error(
        Fault::transient,
        "jira." + std::string(code),
        "the search for tickets is incomplete: " + std::string(why) + "; it will be done again"
    );
}

bool has_warnings(const boost::json::value& body) {
    const boost::json::array* warnings = find_array(body, "warnings");
    return warnings != nullptr && !warnings->empty();
}

std::optional<Candidate> candidate_from(const boost::json::value& issue) {
    Candidate candidate;
    candidate.issue_id = string_or_empty(issue, "id");
    if (!parse_integer(candidate.issue_id)) {
        return std::nullopt;
    }
    candidate.issue_key = string_or_empty(issue, "key");
    if (const boost::json::value* fields = find(issue, "fields")) {
        if (const boost::json::value* status = find(*fields, "status")) {
            candidate.status_id = string_or_empty(*status, "id");
        }
        // Without it the candidate is read all the same and only does not move the watermark.
        candidate.updated_at =
            parse_timestamp(find_string(*fields, "updated").value_or("")).value_or(TimePoint());
    }
    return candidate;
}

} // namespace

// "<empty pages>,<hash>,<hash>,...|<token>", numbers in hex
Result<CandidateWalk> CandidateWalk::resume(std::string_view page) {
    CandidateWalk walk;
    if (page.empty()) {
        return walk;
    }
    const Error bad(Fault::permanent, "jira.bad_page", "not a page of this search");
    const std::size_t bar = page.find('|');
    if (bar == std::string_view::npos) {
        return bad;
    }
    walk.token_ = page.substr(bar + 1);
    bool is_count = true;
    for (const std::string_view part : split(page.substr(0, bar), ',')) {
        const auto number = number_from(part);
        if (!number) {
            return bad;
        }
        if (is_count) {
            walk.empty_pages_ = *number;
            is_count = false;
        } else {
            walk.seen_.push_back(*number);
        }
    }
    if (walk.seen_.empty() || walk.token_.empty()) {
        return bad;
    }
    return walk;
}

Result<std::string> CandidateWalk::advance(std::string_view next_token, bool page_was_empty) {
    if (next_token.empty()) {
        return std::string();
    }
    if (next_token.size() > max_token) {
        return incomplete("bad_token", "Jira's page token is longer than 8 KiB");
    }
    const std::uint64_t hash = std::hash<std::string_view>()(next_token);
    if (std::find(seen_.begin(), seen_.end(), hash) != seen_.end()) {
        return incomplete("token_repeated", "Jira sent a page token a second time");
    }
    empty_pages_ = page_was_empty ? empty_pages_ + 1 : 0;
    if (empty_pages_ > max_empty_pages) {
        return incomplete("empty_pages", "Jira sent more than 10 pages without an issue");
    }
    seen_.push_back(hash);
    if (seen_.size() > max_pages) {
        return incomplete("search_too_long", "it has no end after 2000 pages");
    }
    std::string page = text_of(empty_pages_);
    for (const std::uint64_t seen : seen_) {
        page += ',';
        page += text_of(seen);
    }
    page += '|';
    page += next_token;
    return page;
}

Result<std::vector<Candidate>> candidates_from(const boost::json::value& body) {
    if (has_warnings(body)) {
        return incomplete("search_incomplete", "Jira warns that the result is not whole");
    }
    const boost::json::array* issues = find_array(body, "issues");
    if (issues == nullptr) {
        return incomplete("malformed_search", "Jira's answer is not a list of issues");
    }
    std::vector<Candidate> candidates;
    candidates.reserve(issues->size());
    for (const boost::json::value& issue : *issues) {
        auto candidate = candidate_from(issue);
        if (!candidate) {
            return incomplete("malformed_search", "Jira sent an issue without a numeric id");
        }
        candidates.push_back(std::move(*candidate));
    }
    return candidates;
}

} // namespace accessd
