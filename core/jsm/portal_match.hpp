#pragma once

#include "core/jsm/portal_fields.hpp"
#include "core/jsm/portal_names.hpp"
#include "core/model/result.hpp"

#include <string>
#include <vector>

namespace accessd {

/// Something of Jira's that has an id and a name.
class Named {
public:
    Named() = default;

    Named(std::string its_id, std::string its_name) : id(std::move(its_id)), name(std::move(its_name)) {}

    std::string id;
    std::string name;
};

/// An issue field as GET /rest/api/3/field tells it.
class FieldFact : public Named {
public:
    FieldFact() = default;

    std::string type;   ///< schema.type: "option", "string", "user", "array", ...; empty: not told
    std::string items;  ///< schema.items of an array
    std::string custom; ///< schema.custom: the field's kind; empty for system fields
};

/// What exists in Jira, as far as the portal's names can mean it.
class PortalFacts {
public:
    PortalFacts() = default;

    std::string own_account_id;
    std::string project_id;
    std::string project_key;
    std::vector<FieldFact> fields; ///< without those that belong to other projects
    std::vector<Named> statuses;
    std::vector<Named> request_types;
    std::vector<std::string> missing_permissions;
};

/// Resolves every name. All problems are in one permanent Error, one per line, with the code of the first:
/// "jira.field_not_found", "jira.field_ambiguous", "jira.field_type", "jira.field_twice", likewise
/// "jira.status_*" and "jira.request_type_*", "jira.outcome_is_trigger", "jira.permission_missing".
Result<ResolvedPortal> match_portal(const PortalNames& names, const PortalFacts& facts);

/// '"Name" (id), ...' of the first of them, escaped.
std::string list_names(const std::vector<Named>& existing);

/// '; did you mean "X"?' or nothing.
std::string did_you_mean(const std::string& word, const std::vector<Named>& existing);

} // namespace accessd
