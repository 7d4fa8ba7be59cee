#include "core/jsm/portal_match.hpp"

#include "core/support/text.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace accessd {

namespace {

constexpr std::size_t listed_names = 40;
constexpr std::string_view request_type_kind = "com.atlassian.servicedesk:vp-origin";

std::string quoted(std::string_view name) {
    return '"' + escape_text(name, 80) + '"';
}

/// Collects what is wrong, one line each; the first gives the code.
class Problems {
public:
    Problems() = default;

    void add(std::string code, const std::string& line) {
        if (code_.empty()) {
            code_ = std::move(code);
        }
        text_ += text_.empty() ? "" : "\n";
        text_ += line;
    }

    bool empty() const { return code_.empty(); }

    Error error() && { return Error(Fault::permanent, std::move(code_), std::move(text_)); }

private:
    std::string code_;
    std::string text_;
};

/// Finds what the config means among things of one kind ("field", "status", "request type").
class Matcher {
public:
    Matcher(std::string_view kind, std::vector<Named> existing, Problems& problems)
        : kind_(kind), code_("jira."), existing_(std::move(existing)), problems_(problems) {
        std::replace_copy(kind.begin(), kind.end(), std::back_inserter(code_), ' ', '_');
    }

    /// The id; empty when a problem was noted. An id wins over a name, an exact name over one that differs
    /// in case.
    std::string find(std::string_view key, const std::string& wanted) {
        auto found = matches([&](const Named& it) { return it.id == wanted; });
        if (found.empty()) {
            found = matches([&](const Named& it) { return it.name == wanted; });
        }
        if (found.empty()) {
            found = matches([&](const Named& it) { return equals_ignoring_case(it.name, wanted); });
        }
        if (found.size() == 1) {
            return found.front().id;
        }
        const std::string at = std::string(key) + ": ";
        if (found.empty()) {
            problems_.add(
                code_ + "_not_found",
                at + "there is no " + kind_ + " " + quoted(wanted) + did_you_mean(wanted, existing_) +
                    "; Jira has " + list_names(existing_)
            );
        } else {
            problems_.add(
                code_ + "_ambiguous",
                at + "Jira has several of the name " + quoted(wanted) +
                    "; write the id of one: " + list_names(found)
            );
        }
        return std::string();
    }

    const std::string& code() const { return code_; }

private:
    template <class Test> std::vector<Named> matches(Test test) const {
        std::vector<Named> found;
        std::copy_if(existing_.begin(), existing_.end(), std::back_inserter(found), test);
        return found;
    }

    std::string kind_;
    std::string code_;
    std::vector<Named> existing_;
    Problems& problems_;
};

enum class Shape : std::uint8_t {
    text,
    prose, ///< of any length: read by people only
    user,
    users
};

bool has_shape(const FieldFact& field, Shape shape) {
    if (field.type.empty()) {
        return true;
    }
    if (shape == Shape::text || shape == Shape::prose) {
        // A text area holds a document, not a name.
        const bool area = field.custom.ends_with(":textarea");
        return field.type == "option" || (field.type == "string" && (!area || shape == Shape::prose));
    }
    const bool list = field.type == "array" && field.items == "user";
    return field.type == "user" || (list && shape == Shape::users);
}

std::string_view wanted_shape(Shape shape) {
    switch (shape) {
    case Shape::text:
        return "a single select or a one-line text";
    case Shape::prose:
        return "a text or a single select";
    case Shape::user:
    case Shape::users:
        break;
    }
    return "a user picker";
}

class FieldMatcher {
public:
    FieldMatcher(const PortalFacts& facts, Problems& problems)
        : facts_(facts),
          matcher_("field", std::vector<Named>(facts.fields.begin(), facts.fields.end()), problems),
          problems_(problems) {}

    std::string find(std::string_view key, const std::string& wanted, Shape shape) {
        if (wanted.empty()) {
            return std::string();
        }
        std::string id = matcher_.find(key, wanted);
        for (const FieldFact& field : facts_.fields) {
            if (field.id == id && !has_shape(field, shape)) {
                problems_.add(
                    "jira.field_type",
                    std::string(key) + ": field " + quoted(field.name) + " (" + escape_text(id, 80) +
                        ") is of type " + quoted(field.type) + "; it must be " +
                        std::string(wanted_shape(shape))
                );
            }
        }
        return id;
    }

    std::string find_request_type() {
        std::vector<Named> found;
        for (const FieldFact& field : facts_.fields) {
            if (field.custom == request_type_kind) {
                found.push_back(field);
            }
        }
        if (found.size() == 1) {
            return found.front().id;
        }
        problems_.add(
            found.empty() ? "jira.request_type_field_not_found" : "jira.request_type_field_ambiguous",
            "portal.project: Jira shows " + std::to_string(found.size()) +
                " fields that hold the request type and there must be one" +
                (found.empty() ? "; is the project a service project, and may accessd's account see it?"
                               : ": " + list_names(found))
        );
        return std::string();
    }

private:
    const PortalFacts& facts_;
    Matcher matcher_;
    Problems& problems_;
};

PortalFields match_fields(const PortalNames& names, const PortalFacts& facts, Problems& problems) {
    FieldMatcher matcher(facts, problems);
    PortalFields fields;
    fields.application = matcher.find("portal.fields.application", names.application_field, Shape::text);
    fields.access_type = matcher.find("portal.fields.access_type", names.access_type_field, Shape::text);
    fields.old_access_type =
        matcher.find("portal.fields.old_access_type", names.old_access_type_field, Shape::text);
    fields.approver = matcher.find("portal.fields.approver", names.approver_field, Shape::users);
    fields.duration = matcher.find("portal.fields.duration", names.duration_field, Shape::text);
    fields.reason = matcher.find("portal.fields.reason", names.reason_field, Shape::prose);
    if (names.beneficiary_field != "reporter") {
        fields.beneficiary = matcher.find("portal.fields.beneficiary", names.beneficiary_field, Shape::user);
    }
    fields.request_type = matcher.find_request_type();
    if (!fields.application.empty() && fields.application == fields.access_type) {
        problems.add(
            "jira.field_twice", "portal.fields: application and access_type are the same field; name two"
        );
    }
    if (!fields.access_type.empty() && fields.access_type == fields.old_access_type) {
        problems.add(
            "jira.field_twice", "portal.fields: access_type and old_access_type are the same field; name two"
        );
    }
    return fields;
}

void match_request_types(
    const std::vector<std::string>& wanted,
    std::string_view key,
    RequestKind kind,
    Matcher& matcher,
    Portal& portal,
    Problems& problems
) {
    for (const std::string& name : wanted) {
        const std::string id = matcher.find(key, name);
        if (id.empty()) {
            continue;
        }
        const auto [at, inserted] = portal.request_types.emplace(id, kind);
        if (!inserted && at->second != kind) {
            problems.add(
                "jira.request_type_twice",
                std::string(key) + ": request type " + quoted(name) + " is already one of portal." +
                    "request_types." + std::string(to_string(at->second)) + "; name it once"
            );
        }
    }
}

void match_statuses(
    const std::vector<std::string>& wanted,
    std::string_view key,
    AppStatus meaning,
    Matcher& matcher,
    Portal& portal,
    Problems& problems
) {
    for (const std::string& name : wanted) {
        const std::string id = matcher.find(key, name);
        if (id.empty()) {
            continue;
        }
        const auto [at, inserted] = portal.statuses.emplace(id, meaning);
        if (!inserted && at->second != meaning) {
            problems.add(
                "jira.status_twice",
                std::string(key) + ": status " + quoted(name) + " is already one of portal.statuses." +
                    std::string(to_string(at->second)) + "; it can mean one thing only"
            );
        }
    }
}

/// Where tickets are moved afterwards. A status that would start work again is refused.
std::string match_outcome(
    const std::string& wanted,
    std::string_view key,
    Matcher& matcher,
    const Portal& portal,
    Problems& problems
) {
    if (wanted.empty()) {
        return std::string();
    }
    std::string id = matcher.find(key, wanted);
    const AppStatus* meaning = portal.status(id);
    if (meaning != nullptr && (*meaning == AppStatus::approved || key == "portal.outcomes.granted")) {
        problems.add(
            "jira.outcome_is_trigger",
            std::string(key) + ": status " + quoted(wanted) + " is one of portal.statuses." +
                std::string(to_string(*meaning)) + "; moving a ticket there would start it again"
        );
    }
    return id;
}

/// A change of one of these after the approval voids it. The reporter counts even where somebody else is the
/// beneficiary: reporter and approver must not be one person.
std::vector<std::string> deciding_fields(const PortalFields& fields) {
    std::vector<std::string> ids = {
        fields.application,
        fields.access_type,
        fields.old_access_type,
        fields.beneficiary,
        fields.duration,
        fields.request_type,
        "reporter",
        "project",
        "issuetype"};
    std::sort(ids.begin(), ids.end());
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
    std::erase(ids, std::string());
    return ids;
}

} // namespace

std::string list_names(const std::vector<Named>& existing) {
    if (existing.empty()) {
        return "none that accessd's account can see";
    }
    std::string text;
    for (std::size_t i = 0; i < existing.size() && i < listed_names; ++i) {
        text += text.empty() ? "" : ", ";
        text += quoted(existing[i].name) + " (" + escape_text(existing[i].id, 40) + ")";
    }
    if (existing.size() > listed_names) {
        text += " and " + std::to_string(existing.size() - listed_names) + " more";
    }
    return text;
}

std::string did_you_mean(const std::string& word, const std::vector<Named>& existing) {
    std::vector<std::string> names;
    names.reserve(existing.size());
    for (const Named& it : existing) {
        names.push_back(it.name);
    }
    const std::string_view near = nearest(word, names);
    return near.empty() ? std::string() : "; did you mean " + quoted(near) + "?";
}

Result<ResolvedPortal> match_portal(const PortalNames& names, const PortalFacts& facts) {
    Problems problems;
    ResolvedPortal resolved;
    Portal& portal = resolved.portal;
    portal.project_id = facts.project_id;
    portal.project_key = facts.project_key;
    portal.own_account_id = facts.own_account_id;
    portal.comments = names.comments;
    portal.evidence = names.evidence;
    resolved.fields = match_fields(names, facts, problems);
    portal.deciding_fields = deciding_fields(resolved.fields);

    Matcher types("request type", facts.request_types, problems);
    const std::string type_key = "portal.request_types.";
    match_request_types(names.grant_types, type_key + "grant", RequestKind::grant, types, portal, problems);
    match_request_types(
        names.remove_types, type_key + "remove", RequestKind::remove, types, portal, problems
    );
    match_request_types(
        names.change_types, type_key + "change", RequestKind::change, types, portal, problems
    );

    Matcher statuses("status", facts.statuses, problems);
    const std::string key = "portal.statuses.";
    match_statuses(
        names.approved_statuses, key + "approved", AppStatus::approved, statuses, portal, problems
    );
    match_statuses(names.denied_statuses, key + "denied", AppStatus::denied, statuses, portal, problems);
    match_statuses(names.revoked_statuses, key + "revoked", AppStatus::revoked, statuses, portal, problems);
    match_statuses(
        names.declined_statuses, key + "declined", AppStatus::declined, statuses, portal, problems
    );

    portal.granted_status =
        match_outcome(names.granted_outcome, "portal.outcomes.granted", statuses, portal, problems);
    portal.removed_status =
        match_outcome(names.removed_outcome, "portal.outcomes.removed", statuses, portal, problems);
    portal.failed_status =
        match_outcome(names.failed_outcome, "portal.outcomes.failed", statuses, portal, problems);

    for (const std::string& permission : facts.missing_permissions) {
        problems.add(
            "jira.permission_missing",
            "accessd's account lacks the project permission " + permission + " in " +
                escape_text(facts.project_key, 40) + "; grant it in the project's permission scheme"
        );
    }
    if (!problems.empty()) {
        return std::move(problems).error();
    }
    return resolved;
}

} // namespace accessd
