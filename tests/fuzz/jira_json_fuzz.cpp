// Whatever JSON Jira sends, what is read from it keeps its bounds: ids are ids, texts are valid and short,
// histories and approvals are in order; what cannot be read is an error that can be printed.
#include "core/jsm/candidate_walk.hpp"
#include "core/jsm/comment.hpp"
#include "core/jsm/history.hpp"
#include "core/jsm/jira_profile.hpp"
#include "core/jsm/people.hpp"
#include "core/jsm/portal_match.hpp"
#include "core/jsm/portal_resolver.hpp"
#include "core/jsm/ticket_json.hpp"
#include "core/jsm/transitions.hpp"
#include "core/support/json.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <optional>
#include <string>
#include <vector>

using namespace accessd;
namespace json = boost::json;

namespace {

void must_be_text(const std::string& text, std::size_t limit) {
    fuzz::must(text.size() <= limit && is_valid_utf8(text), "a text is bounded and valid", text);
}

void check_person(const Person& person) {
    must_be_text(person.account_id, 128);
    must_be_text(person.display_name, 255);
    must_be_text(person.email.value_or(""), 254);
    fuzz::must(!person.email || !person.email->empty(), "an e-mail address is not empty");
}

PortalFields fields() {
    PortalFields made;
    made.application = "customfield_1";
    made.access_type = "customfield_2";
    made.approver = "customfield_3";
    made.beneficiary = "customfield_4";
    made.duration = "customfield_5";
    made.request_type = "customfield_9";
    return made;
}

void check_ticket(const json::value& body) {
    const auto ticket = ticket_from_issue(body, fields());
    if (!ticket) {
        return fuzz::must_be_sound(ticket.error());
    }
    fuzz::must(parse_integer(ticket->issue_id).has_value(), "an issue's id is a number", ticket->issue_id);
    fuzz::must(!ticket->project_id.empty() && !ticket->status_id.empty(), "project and status are known");
    for (const std::string* id : {&ticket->project_id, &ticket->status_id, &ticket->request_type_id}) {
        must_be_text(*id, 40);
    }
    for (const std::string* text : {&ticket->application, &ticket->access_type, &ticket->duration}) {
        must_be_text(*text, 255);
    }
    fuzz::must(fuzz::is_printable(ticket->malformed), "what is malformed can be printed", ticket->malformed);
    fuzz::must(!ticket->has_approvals && ticket->changes.empty(), "nothing that is not in the issue");
    check_person(ticket->reporter);
    check_person(ticket->beneficiary.value_or(Person()));
    check_person(ticket->asked.value_or(Person()));
}

void check_history(const json::value& body) {
    Histories histories;
    if (const auto error = histories.add_page(body)) {
        fuzz::must_be_sound(*error);
    }
    // A page that comes twice changes nothing.
    Histories twice = histories;
    static_cast<void>(twice.add_page(body));
    const auto changes = histories.take("10042", "ACC-42");
    const auto again = twice.take("10042", "ACC-42");
    if (!changes) {
        return fuzz::must_be_sound(changes.error());
    }
    fuzz::must(again && again->size() == changes->size(), "an entry that comes twice counts once");
    std::int64_t last = 0;
    for (const FieldChange& change : *changes) {
        const auto id = parse_integer(change.history_id);
        fuzz::must(id && *id >= last, "changes are in order", change.history_id);
        last = *id;
        fuzz::must(!change.field_id.empty(), "a change is of a field");
        must_be_text(change.field_id, 255);
        must_be_text(change.from, 255);
        must_be_text(change.to, 255);
        check_person(change.author);
    }
}

void check_approvals(const json::value& body) {
    std::vector<Approval> approvals;
    const json::array* values = find_array(body, "values");
    for (std::size_t i = 0; values != nullptr && i < values->size(); ++i) {
        const std::size_t before = approvals.size();
        const auto error = append_approval((*values)[i], "ACC-42", approvals);
        fuzz::must(approvals.size() == before + (error ? 0 : 1), "a record is read whole or not");
        if (error) {
            fuzz::must_be_sound(*error);
        }
    }
    sort_approvals(approvals);
    for (std::size_t i = 0; i < approvals.size(); ++i) {
        fuzz::must(
            i == 0 || approvals[i - 1].created_at <= approvals[i].created_at, "approvals are in order"
        );
        fuzz::must(!approvals[i].id.empty() && approvals[i].answers.size() <= 500, "an approval is bounded");
        must_be_text(approvals[i].name, 255);
        for (const ApproverAnswer& answer : approvals[i].answers) {
            check_person(answer.approver);
        }
    }
}

void check_search(const json::value& body) {
    const auto candidates = candidates_from(body);
    if (!candidates) {
        return fuzz::must_be_sound(candidates.error());
    }
    for (const Candidate& candidate : *candidates) {
        fuzz::must(
            parse_integer(candidate.issue_id).has_value(), "a candidate has an id", candidate.issue_id
        );
    }
    const std::string token = string_or_empty(body, "nextPageToken");
    auto walk = CandidateWalk::resume("");
    const auto page = walk->advance(token, candidates->empty());
    if (!page) {
        return fuzz::must_be_sound(page.error());
    }
    fuzz::must(page->empty() == token.empty(), "a walk ends when Jira says so");
    const auto resumed = CandidateWalk::resume(*page);
    fuzz::must(resumed && resumed->token() == token, "a walk is resumed where it was", token);
    if (!token.empty()) {
        auto same = CandidateWalk::resume(*page);
        fuzz::must(!same->advance(token, false), "a token does not come twice", token);
    }
}

void check_portal(const json::value& body) {
    PortalFacts facts;
    facts.project_id = "10001";
    facts.project_key = "ACC";
    facts.own_account_id = "own";
    const json::value* list = find(body, "fields");
    facts.fields = fields_from(list != nullptr ? *list : body, facts.project_id);
    list = find(body, "types");
    facts.statuses = statuses_from(list != nullptr ? *list : body);
    facts.request_types = {Named("26", "Request Access")};
    PortalNames names;
    names.project = "ACC";
    names.grant_types = {"Request Access"};
    names.application_field = "Application";
    names.access_type_field = "Access Type";
    names.approved_statuses = {"Approved"};
    names.revoked_statuses = {"Revoked"};
    const auto portal = match_portal(names, facts);
    if (!portal) {
        return fuzz::must_be_sound(portal.error());
    }
    fuzz::must(
        !portal->fields.application.empty() && !portal->portal.statuses.empty(), "names were resolved"
    );
    fuzz::must(portal->fields.application != portal->fields.access_type, "two names are two fields");
}

void check_rest(const json::value& body) {
    if (const auto person = person_from(body)) {
        check_person(*person);
    }
    const std::vector<Transition> transitions = transitions_from(body);
    const Transition* chosen = choose_transition(transitions, "10015");
    fuzz::must(
        chosen == nullptr || (chosen->to_id == "10015" && !chosen->id.empty()), "a transition leads there"
    );
    fuzz::must(fuzz::is_printable(describe(transitions)), "transitions can be printed");
    const VendorError error = read_jira_error(body);
    fuzz::must(
        error.message.size() <= 256 && fuzz::is_printable(error.message), "Jira's words can be printed"
    );
    static_cast<void>(find_comment(body, "accessd:1042", "own"));
    static_cast<void>(moment_from(body));
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto body = parse_json(fuzz::as_text(data, size));
    if (!body) {
        fuzz::must_be_sound(body.error());
        return 0;
    }
    check_ticket(*body);
    check_history(*body);
    check_approvals(*body);
    check_search(*body);
    check_portal(*body);
    check_rest(*body);
    return 0;
}
