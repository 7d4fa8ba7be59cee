#include "core/jsm/ticket_writer.hpp"

#include "core/support/json.hpp"
#include "core/support/mutant.hpp"
#include "core/support/text.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <algorithm>
#include <utility>

namespace accessd {

namespace {

bool is_success(const RestReply& reply) {
    return reply.status >= 200 && reply.status < 300;
}

boost::json::object transition_body(const std::string& transition_id) {
    boost::json::object transition;
    transition["id"] = transition_id;
    boost::json::object body;
    body["transition"] = std::move(transition);
    return body;
}

void add_comment(boost::json::object& body, boost::json::object document) {
    boost::json::object comment;
    comment["body"] = std::move(document);
    boost::json::object operation;
    operation["add"] = std::move(comment);
    boost::json::array operations;
    operations.emplace_back(std::move(operation));
    boost::json::object update;
    update["comment"] = std::move(operations);
    body["update"] = std::move(update);
}

bool has_id(const boost::json::value& entry) {
    return parse_integer(find_string(entry, "id").value_or("")).has_value();
}

// A comment or transition that is not seen because of the way it is written must not pass for one that is not
// there.

/// Who wrote a comment is not said of everybody.
bool are_comments(const boost::json::value& body) {
    const boost::json::array* list = find_array(body, "comments");
    return list != nullptr && std::all_of(list->begin(), list->end(), has_id);
}

bool are_transitions(const boost::json::value& body) {
    const boost::json::array* list = find_array(body, "transitions");
    return list != nullptr && std::all_of(list->begin(), list->end(), [](const boost::json::value& entry) {
               const boost::json::value* to = find(entry, "to");
               return has_id(entry) && to != nullptr && has_id(*to);
           });
}

Error malformed(const std::string& issue_id, std::string_view what) {
    return Error(
        Fault::transient,
        "jira.malformed_answer",
        "Jira's answer is not a list of " + std::string(what) + " of issue " + escape_text(issue_id, 40)
    );
}

std::string vendor_words(const RestClient& rest, const RestReply& reply) {
    const auto read = rest.profile().read_error;
    return read == nullptr ? std::string() : read(reply.body).message;
}

} // namespace

/// A message on its way: what is still to be done and what was.
class TicketWriter::Errand {
public:
    Errand(std::string own_account, TicketMessage the_message, TimePoint until)
        : own_account_id(std::move(own_account)), message(std::move(the_message)), deadline(until),
          comment_due(!message.lines.empty() && message.visibility != Comments::none),
          move_due(!message.move_to.empty()) {
        told.comment = Applied::already_so;
    }

    void commented() {
        comment_due = false;
        told.comment = Applied::changed;
    }

    void moved() {
        move_due = false;
        told.moved = true;
    }

    void cannot_move(std::string why) {
        move_due = false;
        told.not_moved_why = std::move(why);
    }

    RequestTarget issue() const { return RequestTarget("/rest/api/3/issue/").segment(message.issue_id); }

    bool did_something() const { return told.comment == Applied::changed || wrote; }

    std::string own_account_id;
    TicketMessage message;
    TimePoint deadline;
    bool comment_due;
    bool move_due;
    bool wrote = false;  ///< Jira took a write of ours
    std::string offered; ///< the transitions that were listed last, for people
    Told told;
};

void TicketWriter::note(const ReadTickets& read) {
    for (const Ticket& ticket : read.tickets) {
        memory_.note_type(ticket.issue_id, ticket.issue_type_id);
    }
}

Task<Result<Told>> TicketWriter::tell(std::string own_account_id, TicketMessage message, TimePoint deadline) {
    Errand errand(std::move(own_account_id), std::move(message), deadline);
    auto delivered = co_await deliver(errand);
    if (delivered) {
        co_return std::move(errand.told);
    }
    if (errand.did_something()) {
        co_return std::move(delivered).error().with_effect(Effect::unknown);
    }
    co_return std::move(delivered).error();
}

Task<Result<Done>> TicketWriter::deliver(Errand& errand) {
    if (errand.message.look_first && !is_planted(Mutant::marker_ignored)) {
        auto looked = co_await look(errand);
        if (!looked) {
            co_return std::move(looked).error();
        }
    }
    // A comment that comes with a transition cannot be made internal.
    if (errand.comment_due && errand.move_due && errand.message.visibility == Comments::public_) {
        auto both = co_await move(errand, true);
        if (!both) {
            co_return std::move(both).error();
        }
    }
    if (errand.comment_due) {
        auto commented = co_await comment(errand);
        if (!commented) {
            co_return std::move(commented).error();
        }
    }
    if (errand.move_due) {
        auto moved = co_await move(errand, false);
        if (!moved) {
            co_return std::move(moved).error();
        }
    }
    co_return Done();
}

/// Takes from the errand what an earlier attempt has done.
Task<Result<Done>> TicketWriter::look(Errand& errand) {
    if (errand.comment_due) {
        auto found = co_await look_for_comment(errand);
        if (!found) {
            co_return std::move(found).error();
        }
        if (!found->id.empty() && errand.message.visibility == Comments::internal && !found->internal) {
            auto deleted = co_await delete_leaked(errand, std::move(found->id));
            co_return std::move(deleted).error();
        }
        errand.comment_due = found->id.empty();
    }
    if (errand.move_due) {
        auto there = co_await is_there_already(errand);
        if (!there) {
            co_return std::move(there).error();
        }
        if (*there) {
            errand.moved();
        }
    }
    co_return Done();
}

Task<Result<FoundComment>> TicketWriter::look_for_comment(Errand& errand) {
    RequestTarget target = errand.issue()
                               .literal("/comment")
                               .query("orderBy", "-created")
                               .query("maxResults", "50")
                               .query("expand", "properties");
    auto reply = co_await rest_.call(RestCall("GET", std::move(target)), errand.deadline);
    if (!reply) {
        co_return std::move(reply).error();
    }
    if (!are_comments(reply->body)) {
        co_return malformed(errand.message.issue_id, "comments");
    }
    co_return find_comment(reply->body, errand.message.marker, errand.own_account_id);
}

Task<Result<bool>> TicketWriter::is_there_already(Errand& errand) {
    RequestTarget target = errand.issue().query("fields", "status");
    auto reply = co_await rest_.call(RestCall("GET", std::move(target)), errand.deadline);
    if (!reply) {
        co_return std::move(reply).error();
    }
    const boost::json::value* fields = find(reply->body, "fields");
    const boost::json::value* status = fields == nullptr ? nullptr : find(*fields, "status");
    if (status == nullptr || !has_id(*status)) {
        co_return malformed(errand.message.issue_id, "fields");
    }
    co_return find_string(*status, "id") == errand.message.move_to;
}

Task<Result<Done>> TicketWriter::comment(Errand& errand) {
    RequestTarget target = errand.issue().literal("/comment");
    RestCall call = RestCall("POST", std::move(target)).json(comment_body(errand.message));
    auto reply = co_await rest_.call(std::move(call), errand.deadline);
    if (!reply) {
        co_return std::move(reply).error();
    }
    errand.commented();
    if (errand.message.visibility == Comments::internal && !is_internal(reply->body)) {
        auto deleted = co_await delete_leaked(errand, string_or_empty(reply->body, "id"));
        co_return std::move(deleted).error();
    }
    co_return Done();
}

/// Always an Error: the note cannot be posted the way it was asked for.
Task<Result<Done>> TicketWriter::delete_leaked(Errand& errand, std::string comment_id) {
    RequestTarget target = errand.issue().literal("/comment/").segment(comment_id);
    errand.wrote = true;
    auto reply = co_await rest_.call(RestCall("DELETE", std::move(target)), errand.deadline);
    if (!reply) {
        co_return Error(
            Fault::permanent,
            "jira.comment_leaked",
            "Jira made an internal note public and accessd could not delete it (" + reply.error().code() +
                "); delete comment " + escape_text(comment_id, 40) +
                " by hand and make accessd's account an agent, or set portal.comments to \"none\""
        );
    }
    co_return Error(
        Fault::permanent,
        "jira.comment_leaked",
        "Jira made an internal note public and accessd deleted it; make accessd's account an agent of the "
        "service project, or set portal.comments to \"public\" or \"none\""
    );
}

/// The transition to use; one without an id when the errand needs none any more.
Task<Result<KnownTransition>> TicketWriter::choose(Errand& errand) {
    const std::string& issue_id = errand.message.issue_id;
    const std::string& status = errand.message.move_to;
    if (auto known = memory_.find(issue_id, status, clock_.now())) {
        co_return std::move(*known);
    }
    RequestTarget target = errand.issue().literal("/transitions");
    auto reply = co_await rest_.call(RestCall("GET", std::move(target)), errand.deadline);
    if (!reply) {
        co_return std::move(reply).error();
    }
    if (!are_transitions(reply->body)) {
        co_return malformed(issue_id, "transitions");
    }
    const std::vector<Transition> offered = transitions_from(reply->body);
    errand.offered = describe(offered);
    if (const Transition* chosen = choose_transition(offered, status)) {
        KnownTransition fresh;
        fresh.id = chosen->id;
        memory_.keep(issue_id, status, fresh, clock_.now());
        co_return fresh;
    }
    // From the target itself no transition leads there.
    auto there = co_await is_there_already(errand);
    if (!there) {
        co_return std::move(there).error();
    }
    if (*there) {
        errand.moved();
    } else {
        errand.cannot_move(
            "no transition that accessd's account may use leads to status " + escape_text(status, 40) +
            "; there are: " + errand.offered
        );
    }
    co_return KnownTransition();
}

/// Moves the ticket. Where that is impossible it notes why and succeeds; where only the comment stands in
/// the way it leaves both due.
Task<Result<Done>> TicketWriter::move(Errand& errand, bool with_comment) {
    while (true) {
        auto chosen = co_await choose(errand);
        if (!chosen) {
            co_return std::move(chosen).error();
        }
        KnownTransition transition = std::move(*chosen);
        if (transition.id.empty() || (with_comment && transition.carries == Carries::nothing)) {
            co_return Done();
        }
        boost::json::object body = transition_body(transition.id);
        if (with_comment) {
            add_comment(body, comment_document(errand.message));
        }
        RequestTarget target = errand.issue().literal("/transitions");
        RestCall call = RestCall("POST", std::move(target)).json(std::move(body)).accept({400, 422});
        auto reply = co_await rest_.call(std::move(call), errand.deadline);
        if (!reply) {
            co_return std::move(reply).error();
        }
        if (is_success(*reply)) {
            co_return co_await settle(errand, std::move(transition), with_comment);
        }
        memory_.forget(errand.message.issue_id, errand.message.move_to);
        if (transition.from_memory) {
            continue; // the workflow may have changed: list once more
        }
        if (with_comment) {
            transition.carries = Carries::nothing;
            memory_.keep(errand.message.issue_id, errand.message.move_to, transition, clock_.now());
            co_return Done();
        }
        errand.cannot_move(
            "Jira refused the transition: " + vendor_words(rest_, *reply) + "; there are: " + errand.offered
        );
        co_return Done();
    }
}

/// After a transition that Jira took: the first time, looks whether the comment came with it.
Task<Result<Done>> TicketWriter::settle(Errand& errand, KnownTransition transition, bool with_comment) {
    errand.moved();
    errand.wrote = true;
    if (!with_comment) {
        co_return Done();
    }
    if (transition.carries == Carries::untried) {
        auto found = co_await look_for_comment(errand);
        if (!found) {
            co_return std::move(found).error();
        }
        transition.carries = found->id.empty() ? Carries::nothing : Carries::comment;
        memory_.keep(errand.message.issue_id, errand.message.move_to, transition, clock_.now());
    }
    if (transition.carries == Carries::comment) {
        errand.commented();
    }
    co_return Done();
}

} // namespace accessd
