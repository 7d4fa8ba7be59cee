#pragma once

#include "core/http/rest_client.hpp"
#include "core/jsm/comment.hpp"
#include "core/jsm/ticket_source.hpp"
#include "core/jsm/transitions.hpp"
#include "core/model/result.hpp"
#include "core/support/clock.hpp"
#include "core/support/task.hpp"

#include <memory>
#include <string>

namespace accessd {

/// Delivers comments and moves; the contract is TicketSource::tell. A public comment with a move is one call
/// once the transition is known. Whatever fails after a part was done has effect() unknown, so that the next
/// attempt looks first. "jira.comment_leaked" (permanent): an internal note came out public and was deleted.
class TicketWriter {
public:
    TicketWriter(RestClient& rest, Clock& clock) : rest_(rest), clock_(clock) {}

    /// Remembers the types of tickets that were read, to know their workflows by.
    void note(const ReadTickets& read);

    Task<Result<Told>> tell(std::string own_account_id, TicketMessage message, TimePoint deadline);

private:
    class Errand;

    Task<Result<Done>> deliver(Errand& errand);
    Task<Result<Done>> look(Errand& errand);
    Task<Result<FoundComment>> look_for_comment(Errand& errand);
    Task<Result<bool>> is_there_already(Errand& errand);
    Task<Result<Done>> comment(Errand& errand);
    Task<Result<Done>> delete_leaked(Errand& errand, std::string comment_id);
    Task<Result<Done>> move(Errand& errand, bool with_comment);
    Task<Result<KnownTransition>> choose(Errand& errand);
    Task<Result<Done>> settle(Errand& errand, KnownTransition transition, bool with_comment);

    RestClient& rest_;
    Clock& clock_;
    TransitionMemory memory_;
};

} // namespace accessd
