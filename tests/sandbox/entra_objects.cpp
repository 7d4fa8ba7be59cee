#include "tests/sandbox/entra_objects.hpp"

#include "core/support/text.hpp"

#include <boost/json/array.hpp>

#include <algorithm>
#include <array>

namespace accessd::sandbox {

namespace json = boost::json;

namespace {

// The plain properties of microsoft.graph.user and .group in Graph's description.
constexpr std::string_view user_names =
    " id deletedDateTime aboutMe accountEnabled ageGroup birthday businessPhones city companyName "
    "consentProvidedForMinor country createdDateTime creationType department displayName employeeHireDate "
    "employeeId employeeLeaveDateTime employeeType externalUserState externalUserStateChangeDateTime "
    "faxNumber "
    "givenName hireDate imAddresses interests isResourceAccount jobTitle lastPasswordChangeDateTime "
    "legalAgeGroupClassification mail mailNickname mobilePhone mySite officeLocation "
    "onPremisesDistinguishedName "
    "onPremisesDomainName onPremisesImmutableId onPremisesLastSyncDateTime onPremisesSamAccountName "
    "onPremisesSecurityIdentifier onPremisesSyncEnabled onPremisesUserPrincipalName otherMails "
    "passwordPolicies "
    "pastProjects postalCode preferredDataLocation preferredLanguage preferredName proxyAddresses "
    "responsibilities "
    "schools securityIdentifier showInAddressList signInSessionsValidFromDateTime skills state streetAddress "
    "surname usageLocation userPrincipalName userType ";
constexpr std::string_view group_names =
    " id deletedDateTime allowExternalSenders autoSubscribeNewMembers classification createdDateTime "
    "description "
    "displayName expirationDateTime groupTypes hasMembersWithLicenseErrors hideFromAddressLists "
    "hideFromOutlookClients isArchived isAssignableToRole isSubscribedByMail mail mailEnabled mailNickname "
    "membershipRule membershipRuleProcessingState onPremisesDomainName onPremisesLastSyncDateTime "
    "onPremisesNetBiosName onPremisesSamAccountName onPremisesSecurityIdentifier onPremisesSyncEnabled "
    "preferredDataLocation preferredLanguage proxyAddresses renewedDateTime securityEnabled "
    "securityIdentifier "
    "theme unseenCount visibility ";
constexpr std::array<std::string_view, 11> user_default = {
    "businessPhones",
    "displayName",
    "givenName",
    "jobTitle",
    "mail",
    "mobilePhone",
    "officeLocation",
    "preferredLanguage",
    "surname",
    "userPrincipalName",
    "id"};
// Without allowExternalSenders, autoSubscribeNewMembers, isArchived and the like, which must be asked for.
constexpr std::array<std::string_view, 25> group_default = {
    "id",
    "deletedDateTime",
    "classification",
    "createdDateTime",
    "description",
    "displayName",
    "expirationDateTime",
    "groupTypes",
    "isAssignableToRole",
    "mail",
    "mailEnabled",
    "mailNickname",
    "membershipRule",
    "membershipRuleProcessingState",
    "onPremisesDomainName",
    "onPremisesLastSyncDateTime",
    "onPremisesSyncEnabled",
    "preferredDataLocation",
    "preferredLanguage",
    "proxyAddresses",
    "renewedDateTime",
    "securityEnabled",
    "securityIdentifier",
    "theme",
    "visibility"};

bool lists(std::string_view names, std::string_view name) {
    return !name.empty() && name.find(' ') == std::string_view::npos &&
           names.find(" " + std::string(name) + " ") != std::string_view::npos;
}

json::value text_or_null(const std::string& text) {
    return text.empty() ? json::value(nullptr) : json::value(text);
}

std::string name_part(const EntraUser& user, bool given) {
    const std::size_t blank = user.display_name.find(' ');
    if (blank == std::string::npos) {
        return given ? user.display_name : std::string();
    }
    return given ? user.display_name.substr(0, blank) : user.display_name.substr(blank + 1);
}

std::string nickname(const EntraGroup& group) {
    std::string out = group.display_name;
    std::replace(out.begin(), out.end(), ' ', '-');
    return out;
}

} // namespace

bool is_user_property(std::string_view name) {
    return lists(user_names, name);
}

bool is_group_property(std::string_view name) {
    return lists(group_names, name);
}

json::value user_property(const EntraUser& user, std::string_view name) {
    if (name == "id") {
        return json::value(user.id);
    }
    if (name == "userPrincipalName") {
        return json::value(user.upn);
    }
    if (name == "mail") {
        return text_or_null(user.mail);
    }
    if (name == "displayName") {
        return json::value(user.display_name);
    }
    if (name == "givenName" || name == "surname") {
        return text_or_null(name_part(user, name == "givenName"));
    }
    if (name == "accountEnabled") {
        return json::value(user.enabled);
    }
    if (name == "userType") {
        return json::value(user.guest ? "Guest" : "Member");
    }
    if (name == "externalUserState" && user.guest) {
        return json::value("Accepted");
    }
    if (name == "onPremisesSyncEnabled") {
        return user.synced ? json::value(true) : json::value(nullptr);
    }
    if (name == "otherMails") {
        return json::array(user.other_mails.begin(), user.other_mails.end());
    }
    if (name == "proxyAddresses") {
        return user.mail.empty() ? json::array() : json::array{"SMTP:" + user.mail};
    }
    if (name == "businessPhones" || name == "imAddresses") {
        return json::array();
    }
    return nullptr;
}

json::value group_property(const EntraGroup& group, std::string_view name) {
    const EntraGroupKind kind = group.kind;
    const bool unified = kind == EntraGroupKind::unified;
    const bool mail = unified || kind == EntraGroupKind::mail_enabled || kind == EntraGroupKind::distribution;
    const bool dynamic = kind == EntraGroupKind::dynamic;
    if (name == "id") {
        return json::value(group.id);
    }
    if (name == "displayName" || name == "description") {
        return json::value(group.display_name);
    }
    if (name == "mailNickname") {
        return json::value(nickname(group));
    }
    if (name == "groupTypes") {
        return unified ? json::array{"Unified"} : dynamic ? json::array{"DynamicMembership"} : json::array();
    }
    if (name == "securityEnabled") {
        return json::value(!unified && kind != EntraGroupKind::distribution);
    }
    if (name == "mailEnabled") {
        return json::value(mail);
    }
    if (name == "mail") {
        return mail ? json::value(nickname(group) + "@acme.example") : json::value(nullptr);
    }
    if (name == "isAssignableToRole") {
        return kind == EntraGroupKind::role_assignable ? json::value(true) : json::value(nullptr);
    }
    if (name == "onPremisesSyncEnabled") {
        return kind == EntraGroupKind::synced ? json::value(true) : json::value(nullptr);
    }
    if (name == "membershipRule" || name == "membershipRuleProcessingState") {
        return dynamic ? json::value(name == "membershipRule" ? "user.department -eq \"Sales\"" : "On")
                       : json::value(nullptr);
    }
    if (name == "proxyAddresses") {
        return mail ? json::array{"SMTP:" + nickname(group) + "@acme.example"} : json::array();
    }
    return nullptr;
}

std::optional<Selection> Selection::parse(const GraphCall& call, std::string_view type, GraphReply& problem) {
    Selection selection;
    const std::string* const wanted = find_pair(call.options, "$select");
    if (wanted == nullptr) {
        return selection;
    }
    for (const std::string_view raw : split(*wanted, ',')) {
        const std::string_view name = trim(raw);
        const bool known =
            (type != "group" && is_user_property(name)) || (type != "user" && is_group_property(name));
        if (!known) {
            problem = graph_bad_request(
                "Parsing OData Select and Expand failed: Could not find a property named '" +
                std::string(name) + "' on type 'microsoft.graph." + std::string(type) + "'."
            );
            return std::nullopt;
        }
        selection.names_.emplace_back(name);
    }
    return selection;
}

json::object Selection::of(const EntraUser& user) const {
    json::object out;
    const auto put = [&](std::string_view name) { out[name] = user_property(user, name); };
    if (names_.empty()) {
        std::for_each(user_default.begin(), user_default.end(), put);
    } else {
        std::for_each(names_.begin(), names_.end(), put);
    }
    return out;
}

json::object Selection::of(const EntraGroup& group) const {
    json::object out;
    const auto put = [&](std::string_view name) { out[name] = group_property(group, name); };
    if (names_.empty()) {
        std::for_each(group_default.begin(), group_default.end(), put);
    } else {
        std::for_each(names_.begin(), names_.end(), put);
    }
    return out;
}

json::object Selection::of_object(const EntraDirectory& directory, std::string_view id, bool may_read) const {
    const EntraUser* const user = directory.user(id);
    json::object out{{"@odata.type", user != nullptr ? "#microsoft.graph.user" : "#microsoft.graph.group"}};
    if (!may_read && user != nullptr) {
        out["id"] = id;
        return out;
    }
    const EntraGroup* const group = user == nullptr ? directory.group(id) : nullptr;
    json::object all = user != nullptr ? of(*user) : group != nullptr ? of(*group) : json::object{{"id", id}};
    for (auto& member : all) {
        // A property of the other type is left out, as the vendor does.
        const bool own = user != nullptr ? is_user_property(member.key()) : is_group_property(member.key());
        if (own) {
            out[member.key()] = std::move(member.value());
        }
    }
    return out;
}

} // namespace accessd::sandbox
