#pragma once

#include "core/jsm/ticket_source.hpp"
#include "core/model/result.hpp"

#include <boost/json/value.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace accessd {

/// Remembers where a walk through the search has been, inside the opaque page text, so that it ends whatever
/// Jira answers: a token that comes again, pages without issues or without end are errors.
class CandidateWalk {
public:
    /// From CandidatePage::next_page; "" begins a walk. "jira.bad_page" (permanent) for anything else.
    static Result<CandidateWalk> resume(std::string_view page);

    bool first() const { return seen_.empty(); }

    /// Jira's token for the page to ask for; empty for the first.
    const std::string& token() const { return token_; }

    /// Takes the answer's token ("" at the end) and returns the text for the next page, "" when the walk is
    /// complete. Errors (transient, the walk is incomplete): "jira.token_repeated", "jira.empty_pages",
    /// "jira.search_too_long", "jira.bad_token".
    Result<std::string> advance(std::string_view next_token, bool page_was_empty);

private:
    CandidateWalk() = default;

    std::vector<std::uint64_t> seen_; ///< hashes of the tokens so far, the present one included
    std::uint64_t empty_pages_ = 0;
    std::string token_;
};

/// The issues of one answer of POST /rest/api/3/search/jql. "jira.search_incomplete" (transient) when Jira
/// warns that the result is not whole, "jira.malformed_search" when it cannot be read.
Result<std::vector<Candidate>> candidates_from(const boost::json::value& body);

} // namespace accessd
