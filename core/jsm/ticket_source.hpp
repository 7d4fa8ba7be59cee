#pragma once

#include "core/model/result.hpp"
#include "core/model/rule.hpp"
#include "core/model/ticket.hpp"
#include "core/support/task.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace accessd {

/// A ticket that a search named. A hint: nothing is decided from it.
class Candidate {
public:
    Candidate() = default;

    std::string issue_id;
    std::string issue_key;
    std::string status_id;
    TimePoint updated_at{};
};

/// One walk through the search. `since` empty: no time filter (the sweep).
class SearchWindow {
public:
    SearchWindow() = default;

    std::optional<TimePoint> since;
    std::vector<std::string>
        reconcile; ///< issue ids whose newest state must be merged in; at most 50 are sent
};

class CandidatePage {
public:
    CandidatePage() = default;

    std::vector<Candidate> candidates;
    std::string next_page; ///< opaque; empty: the walk is complete
};

/// What came of reading a set of tickets. An id that is in neither list could not be seen: deleted, moved out
/// of our sight or never there; Jira does not say which.
class ReadTickets {
public:
    ReadTickets() = default;

    std::vector<Ticket> tickets;
    std::vector<std::pair<std::string, Error>> failed; ///< issue id and why it could not be read whole
    std::vector<std::string> unseen;                   ///< asked for and not returned
};

/// A comment and a move, delivered together. Text is plain; the source encodes it.
class TicketMessage {
public:
    TicketMessage() = default;

    std::string issue_id;
    std::string marker;             ///< unique text of ours, part of the last line; found again by look_first
    std::vector<std::string> lines; ///< paragraphs; empty: no comment
    std::string move_to;            ///< status id; empty: no move
    Comments visibility = Comments::public_;
    bool look_first =
        false; ///< an earlier attempt may have arrived: search for the marker and read the status first
};

/// What delivering a message came to.
class Told {
public:
    Told() = default;

    Applied comment = Applied::changed;
    bool moved = false;        ///< the ticket is now in `move_to`
    std::string not_moved_why; ///< when it was asked for and could not be done: the transitions that exist
};

/// The portal that requests come from.
class TicketSource {
public:
    virtual ~TicketSource() = default;

    /// Proves who we are and resolves every configured name to an id. Called at start; nothing else works
    /// before. Permanent errors ("jira.field_not_found", "jira.status_ambiguous", ...) list what exists; all
    /// of them are in one Error, one per line.
    virtual Task<Result<Portal>> connect(TimePoint deadline) = 0;

    /// One page of candidates; `page` is empty for the first. An empty first page is proven to be one of
    /// ours: the identity is confirmed in the same call.
    virtual Task<Result<CandidatePage>> search(SearchWindow window, std::string page, TimePoint deadline) = 0;

    /// Reads up to 100 tickets fresh: issue, whole changelog, and approvals for those in an approved status.
    virtual Task<Result<ReadTickets>> read(std::vector<std::string> issue_ids, TimePoint deadline) = 0;

    /// A person by account id, with the e-mail if we may see it.
    virtual Task<Result<Person>> person(std::string account_id, TimePoint deadline) = 0;

    /// Names of the Jira groups that the account is in.
    virtual Task<Result<std::vector<std::string>>> groups_of(std::string account_id, TimePoint deadline) = 0;

    /// Posts the comment and moves the ticket. Safe to repeat with look_first.
    virtual Task<Result<Told>> tell(TicketMessage message, TimePoint deadline) = 0;
};

} // namespace accessd
