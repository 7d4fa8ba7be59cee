#include "core/engine/teller.hpp"

#include "core/engine/records.hpp"
#include "core/support/log.hpp"

#include <utility>

namespace accessd {

namespace {

// A ticket that refuses its message for about a day is not going to take it.
constexpr std::uint32_t most_attempts = 100;

/// Where a ticket goes with a message, when the portal says so. What is not proven stays where it is: the
/// approval may still come.
const std::string& outcome_of(const Portal& portal, TellKind kind) {
    static const std::string nowhere;
    switch (kind) {
    case TellKind::granted:
        return portal.granted_status;
    case TellKind::removed:
        return portal.removed_status;
    case TellKind::parked:
        return portal.failed_status;
    case TellKind::unproven:
    case TellKind::expiring:
        break;
    }
    return nowhere;
}

} // namespace

Task<> Teller::deliver(Tell tell, bool current) {
    const bool about_what_is_held = tell.kind == TellKind::granted || tell.kind == TellKind::expiring;
    if (!current && about_what_is_held) {
        co_await drop(std::move(tell));
        co_return;
    }
    std::string outcome;
    if (current) {
        outcome = outcome_of(context_.policy.portal, tell.kind);
    }
    TicketMessage message;
    message.issue_id = tell.issue_id;
    message.marker = tell_marker(tell);
    message.move_to = outcome;
    message.visibility = context_.policy.portal.comments;
    message.look_first = tell.may_be_sent;
    if (message.visibility != Comments::none) {
        message.lines = tell.lines;
        message.lines.push_back(closing_line(tell));
    }
    context_.own_moves.begin(tell.issue_id);
    auto told = co_await context_.source.tell(std::move(message), context_.deadline());
    context_.own_moves.end(tell.issue_id, context_.clock.steady());
    if (told) {
        co_await delivered(std::move(tell), std::move(outcome), std::move(*told));
    } else if (told.error().code() != "http.cancelled") {
        co_await failed(std::move(tell), told.error());
    }
}

/// It would say something that is not true any more. It may become true again: a removal takes one of two
/// entitlements, and what is left is granted.
Task<> Teller::drop(Tell tell) {
    Changes changes;
    changes.audit.push_back(AuditEntry("ticket.not_told", told_record(tell, std::string()).body));
    changes.withdrawn.push_back(std::move(tell));
    co_await save(std::move(changes));
}

Task<> Teller::delivered(Tell tell, std::string outcome, Told told) {
    if (!outcome.empty() && !told.moved) {
        log(LogLevel::warning,
            "not_moved",
            {{"ticket", tell.issue_key},
             {"to", outcome},
             {"why", told.not_moved_why},
             {"advice", "let accessd's account make this transition, or correct [portal.outcomes]"}});
    }
    ++context_.counters.told;
    Changes changes;
    changes.told.push_back(tell.id());
    changes.audit.push_back(told_record(tell, told.moved ? outcome : std::string()));
    co_await save(std::move(changes));
}

Task<> Teller::failed(Tell tell, Error error) {
    ++tell.attempts;
    tell.may_be_sent = tell.may_be_sent || error.effect() == Effect::unknown;
    tell.wake_at =
        retry_at(context_.settings.retry, error, tell.attempts, context_.clock.now(), context_.random.next());
    Changes changes;
    const bool given_up = error.fault() == Fault::permanent && tell.attempts >= most_attempts;
    if (tell.attempts == 1 || given_up) {
        log(given_up ? LogLevel::error : LogLevel::warning,
            given_up ? "not_told" : "telling_failed",
            {{"ticket", tell.issue_key},
             {"tell", to_string(tell.kind)},
             {"code", error.code()},
             {"error", error.message()}});
    }
    if (given_up) {
        changes.told.push_back(tell.id());
        changes.audit.push_back(AuditEntry("ticket.not_told", told_record(tell, std::string()).body));
    } else {
        context_.alarm.set(*tell.wake_at);
        changes.tells.push_back(std::move(tell));
    }
    co_await save(std::move(changes));
}

Task<> Teller::save(Changes changes) {
    changes.at = context_.clock.now();
    auto saved = co_await context_.store.save(std::move(changes));
    if (!saved) {
        context_.note(saved.error());
    }
}

} // namespace accessd
