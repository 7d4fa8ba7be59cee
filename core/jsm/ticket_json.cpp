#include "core/jsm/ticket_json.hpp"

#include "core/jsm/adf.hpp"
#include "core/jsm/people.hpp"
#include "core/support/json.hpp"
#include "core/support/text.hpp"

#include <boost/json/array.hpp>
#include <boost/json/kind.hpp>
#include <boost/json/object.hpp>

#include <algorithm>
#include <utility>

namespace accessd {

namespace {

constexpr std::size_t max_id = 40;
constexpr std::size_t max_key = 255;
constexpr std::size_t max_text = 255;
constexpr std::size_t max_answers = 500;

std::string kind_of(const boost::json::value* value) {
    if (value == nullptr) {
        return "nothing";
    }
    const boost::json::string_view name = boost::json::to_string(value->kind());
    return "a JSON " + std::string(name.data(), name.size());
}

bool is_null(const boost::json::value* value) {
    return value == nullptr || value->is_null();
}

/// Reads the members of one issue; the first that is wrong is remembered and wins.
class IssueFields {
public:
    IssueFields(const boost::json::value& issue, std::string_view ticket)
        : fields_(accessd::find(issue, "fields")), ticket_(ticket) {}

    const boost::json::value* find(std::string_view field) const {
        return fields_ == nullptr ? nullptr : accessd::find(*fields_, field);
    }

    /// The id inside an object: {"id":"10012"}.
    std::string id_of(std::string_view field) {
        const boost::json::value* value = find(field);
        return is_null(value) ? refuse(field, value) : id_in(field, *value);
    }

    TimePoint time(std::string_view field) {
        const boost::json::value* value = find(field);
        const auto* text = value == nullptr ? nullptr : value->if_string();
        const auto when = text == nullptr ? std::optional<TimePoint>()
                                          : parse_timestamp(std::string_view(text->data(), text->size()));
        if (!when) {
            refuse(field, value);
        }
        return when.value_or(TimePoint());
    }

    /// The text of a single select or of a text field.
    std::string text(std::string_view field) {
        const boost::json::value* value = field.empty() ? nullptr : find(field);
        if (is_null(value)) {
            return std::string();
        }
        if (const auto* plain = value->if_string()) {
            return bounded_text(field, std::string_view(plain->data(), plain->size()));
        }
        const auto option = find_string(*value, "value");
        // A cascading select means two things at once; which of them is the access is not ours to guess.
        if (!option || !is_null(accessd::find(*value, "child"))) {
            return refuse(field, value);
        }
        return bounded_text(field, *option);
    }

    /// What is readable of a field that only people read: its beginning, on one line or several. Empty for
    /// anything else.
    std::string prose(std::string_view field) const {
        const boost::json::value* value = field.empty() ? nullptr : find(field);
        if (is_null(value)) {
            return std::string();
        }
        if (const auto* plain = value->if_string()) {
            return bounded(std::string_view(plain->data(), plain->size()), max_text);
        }
        if (const auto option = find_string(*value, "value")) {
            return bounded(*option, max_text);
        }
        return bounded(adf_text(*value), max_text);
    }

    /// A user, or the only user of a list.
    std::optional<Person> person(std::string_view field) {
        const boost::json::value* value = field.empty() ? nullptr : find(field);
        if (const auto* list = value == nullptr ? nullptr : value->if_array()) {
            if (list->size() > 1) {
                refuse(field, value);
                return std::nullopt;
            }
            value = list->empty() ? nullptr : &list->front();
        }
        if (is_null(value)) {
            return std::nullopt;
        }
        auto person = person_from(*value);
        if (!person) {
            refuse(field, value);
        }
        return person;
    }

    /// The first user of a picker that may hold several.
    std::optional<Person> first_person(std::string_view field) {
        const boost::json::value* value = field.empty() ? nullptr : find(field);
        const auto* list = value == nullptr ? nullptr : value->if_array();
        if (list == nullptr || list->size() < 2) {
            return person(field);
        }
        auto first = person_from(list->front());
        if (!first) {
            refuse(field, value);
        }
        return first;
    }

    std::string request_type(std::string_view field) {
        const boost::json::value* value = find(field);
        if (is_null(value)) {
            return std::string();
        }
        const boost::json::value* type = accessd::find(*value, "requestType");
        return is_null(type) ? refuse(field, value) : id_in(field, *type);
    }

    std::optional<Error> error() && { return std::move(error_); }

private:
    std::string id_in(std::string_view field, const boost::json::value& object) {
        const auto id = find_string(object, "id");
        if (!id || id->empty() || id->size() > max_id) {
            return refuse(field, &object);
        }
        return std::string(*id);
    }

    // Never cut: a shortened name could be the name of something else.
    std::string bounded_text(std::string_view field, std::string_view text) {
        if (text.size() > max_text) {
            if (!error_) {
                error_ = malformed_ticket(ticket_, field, "a text of more than 255 bytes");
            }
            return std::string();
        }
        return std::string(text);
    }

    std::string refuse(std::string_view field, const boost::json::value* value) {
        if (!error_) {
            error_ = malformed_ticket(ticket_, field, kind_of(value) + " of a shape that is not known");
        }
        return std::string();
    }

    const boost::json::value* fields_;
    std::string_view ticket_;
    std::optional<Error> error_;
};

ApprovalDecision decision_from(std::string_view name) {
    if (name == "approved") {
        return ApprovalDecision::approved;
    }
    return name == "declined" ? ApprovalDecision::declined : ApprovalDecision::pending;
}

/// The service desk writes a moment in four ways; the number is the only one without a zone.
std::optional<TimePoint> desk_time(const boost::json::value& approval, std::string_view name) {
    const boost::json::value* date = find(approval, name);
    if (is_null(date)) {
        return std::nullopt;
    }
    if (const auto ms = find_integer(*date, "epochMillis")) {
        return *ms > 0 ? std::optional<TimePoint>(TimePoint(Duration(*ms))) : std::nullopt;
    }
    return parse_timestamp(find_string(*date, "iso8601").value_or(""));
}

} // namespace

Error malformed_ticket(std::string_view ticket, std::string_view field, std::string_view found) {
    return Error(
        Fault::permanent,
        "jira.malformed_ticket",
        "ticket " + escape_text(ticket, 40) + ": field " + escape_text(field, 80) + " holds " +
            std::string(found) +
            "; accessd reads single selects, one-line texts and user pickers: correct the field or the "
            "[portal.fields] that name it"
    );
}

std::vector<std::string> fields_to_read(const PortalFields& fields) {
    std::vector<std::string> names = {
        "status",
        "created",
        "updated",
        "project",
        "issuetype",
        "reporter",
        "creator",
        fields.application,
        fields.access_type,
        fields.old_access_type,
        fields.approver,
        fields.beneficiary,
        fields.duration,
        fields.reason,
        fields.request_type};
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    std::erase(names, std::string());
    return names;
}

Result<Ticket> ticket_from_issue(const boost::json::value& issue, const PortalFields& fields) {
    Ticket ticket;
    ticket.issue_id = string_or_empty(issue, "id");
    ticket.issue_key = string_or_empty(issue, "key");
    const std::string& shown = ticket.issue_key.empty() ? ticket.issue_id : ticket.issue_key;
    if (!parse_integer(ticket.issue_id) || ticket.issue_id.size() > max_id) {
        return malformed_ticket(shown, "id", kind_of(find(issue, "id")));
    }
    if (ticket.issue_key.empty() || ticket.issue_key.size() > max_key) {
        return malformed_ticket(shown, "key", kind_of(find(issue, "key")));
    }
    IssueFields read(issue, shown);
    ticket.project_id = read.id_of("project");
    ticket.issue_type_id = read.id_of("issuetype");
    ticket.status_id = read.id_of("status");
    ticket.created_at = read.time("created");
    ticket.updated_at = read.time("updated");
    ticket.request_type_id = read.request_type(fields.request_type);
    if (const boost::json::value* status = read.find("status")) {
        ticket.status_name = bounded(find_string(*status, "name").value_or(""), max_text);
    }
    if (auto error = std::move(read).error()) {
        return std::move(*error);
    }
    // What people write into the fields of their wish must not keep a revoke from being read.
    IssueFields wish(issue, shown);
    ticket.reporter = wish.person("reporter").value_or(Person());
    ticket.creator = wish.person("creator");
    ticket.beneficiary = wish.person(fields.beneficiary);
    ticket.asked = wish.first_person(fields.approver);
    ticket.application = wish.text(fields.application);
    ticket.access_type = wish.text(fields.access_type);
    ticket.replaced_type = wish.text(fields.old_access_type);
    ticket.reason = wish.prose(fields.reason);
    ticket.duration = wish.text(fields.duration);
    if (const auto error = std::move(wish).error()) {
        ticket.malformed = error->message();
    }
    return ticket;
}

std::optional<Error>
append_approval(const boost::json::value& approval, std::string_view ticket, std::vector<Approval>& out) {
    Approval made;
    made.id = string_or_empty(approval, "id");
    const auto created = desk_time(approval, "createdDate");
    const boost::json::array* approvers = find_array(approval, "approvers");
    if (made.id.empty() || made.id.size() > max_id || !created || approvers == nullptr ||
        approvers->size() > max_answers) {
        return malformed_ticket(ticket, "approval", "a record without id, date or approvers");
    }
    made.name = bounded(find_string(approval, "name").value_or(""), max_text);
    made.created_at = *created;
    made.completed_at = desk_time(approval, "completedDate");
    made.final_decision = decision_from(find_string(approval, "finalDecision").value_or(""));
    made.answers.reserve(approvers->size());
    for (const boost::json::value& entry : *approvers) {
        ApproverAnswer answer;
        const boost::json::value* user = find(entry, "approver");
        auto person = is_null(user) ? std::optional<Person>(Person()) : person_from(*user);
        if (!entry.is_object() || !person) {
            return malformed_ticket(ticket, "approval", "an approver who is not a user");
        }
        answer.approver = std::move(*person);
        answer.decision = decision_from(find_string(entry, "approverDecision").value_or(""));
        made.answers.push_back(std::move(answer));
    }
    out.push_back(std::move(made));
    return std::nullopt;
}

void sort_approvals(std::vector<Approval>& approvals) {
    std::stable_sort(approvals.begin(), approvals.end(), [](const Approval& left, const Approval& right) {
        return left.created_at < right.created_at;
    });
}

} // namespace accessd
