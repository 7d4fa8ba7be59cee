#include "core/support/text.hpp"
#include "daemon/config/sections.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace accessd {

using namespace std::chrono_literals;

namespace {

constexpr DurationRange max_duration_range(1min, 24h * 3650);
constexpr IntegerRange minimum_range(1, 20);

std::string
read_application_name(Section& section, const std::vector<std::string>& names, Presence presence) {
    const PlacedText name = section.text("application", presence);
    if (name.text.empty() || std::find(names.begin(), names.end(), name.text) != names.end())
        return name.text;
    section.problems().add(
        name.place, "there is no application " + in_quotes(name.text) + suggestion(name.text, names)
    );
    return "";
}

/// A value of the wrong kind counts too: it has a problem of its own.
bool has_entries(const Node& table, std::string_view key) {
    const Member* member = table.find(key);
    return member != nullptr && (member->value.kind != NodeKind::list || !member->value.items.empty());
}

/// Where the value of a key that is there stands.
Place place_of(const Node& table, std::string_view key) {
    return table.find(key)->value.place;
}

PersonSet read_people(Section& section) {
    PersonSet people;
    people.users = read_users(section, "users");
    people.groups = plain(section.list("groups"));
    return people;
}

void expect_people(const Node& table, const std::string& title, Problems& problems) {
    if (!has_entries(table, "users") && !has_entries(table, "groups"))
        problems.add(table.place, title + " must name at least one of \"users\" and \"groups\"");
}

PersonSet read_requesters(const Node& table, Problems& problems) {
    Section section(table, "\"requesters\"", problems);
    PersonSet requesters = read_people(section);
    section.finish();
    expect_people(table, section.title(), problems);
    return requesters;
}

/// As many approvers as there can be.
void check_minimum(
    const Node& table, const ApproverSet& approvers, const Config& config, Problems& problems
) {
    if (approvers.minimum == 1)
        return;
    if (config.portal.evidence == EvidenceSource::transition) {
        problems.add(
            place_of(table, "minimum"),
            "\"minimum\" must be 1 with evidence = \"transition\": one person moves a ticket"
        );
    } else if (!has_entries(table, "groups") && approvers.minimum > approvers.users.size()) {
        problems.add(
            place_of(table, "minimum"),
            "\"minimum\" asks for more approvers than \"users\" names: " +
                std::to_string(approvers.users.size())
        );
    }
}

ApproverSet read_approvers(const Node& table, const Config& config, Problems& problems) {
    Section section(table, "\"approvers\"", problems);
    ApproverSet approvers;
    static_cast<PersonSet&>(approvers) = read_people(section);
    approvers.minimum = static_cast<std::size_t>(section.integer("minimum", 1, minimum_range));
    section.finish();
    expect_people(table, section.title(), problems);
    check_minimum(table, approvers, config, problems);
    return approvers;
}

AccessRule read_rule(
    const Node& table, const std::vector<std::string>& names, const Config& config, Problems& problems
) {
    Section section(table, "[[rule]]", problems);
    AccessRule rule;
    rule.application = read_application_name(section, names, Presence::required);
    rule.access_type = section.text("access_type", Presence::required).text;
    rule.groups = plain(section.list("groups", Presence::required));
    if (const Node* approvers = section.table("approvers", Presence::required))
        rule.approvers = read_approvers(*approvers, config, problems);
    if (const Node* requesters = section.table("requesters"))
        rule.requesters = read_requesters(*requesters, problems);
    rule.require_reason = section.boolean("require_reason", false);
    if (rule.require_reason && config.portal.reason_field.empty()) {
        problems.add(
            place_of(table, "require_reason"),
            "\"require_reason\" needs a field to read: set \"reason\" in [portal.fields]"
        );
    }
    const Duration limit = section.duration("max_duration", Duration(), max_duration_range);
    if (limit > Duration())
        rule.max_duration = limit;
    rule.revoke_preexisting = section.boolean("revoke_preexisting", false);
    section.finish();
    return rule;
}

/// Where two rules of a file meet: what they are for, with the place of the first.
using SeenRules = std::map<std::pair<std::string, std::string>, Place>;

void claim(const AccessRule& rule, Place place, SeenRules& seen, Problems& problems) {
    const auto [first, is_new] =
        seen.emplace(std::pair(rule.application, ascii_lower(rule.access_type)), place);
    const bool complete = !rule.application.empty() && !rule.access_type.empty();
    if (!complete || is_new)
        return;
    problems.add(
        place,
        "the rule for application " + in_quotes(rule.application) + " and access type " +
            in_quotes(rule.access_type) + " is already at " + problems.describe(first->second)
    );
}

std::vector<std::string> names_of(const std::vector<ApplicationSettings>& applications) {
    std::vector<std::string> names;
    for (const ApplicationSettings& application : applications)
        names.push_back(application.name);
    return names;
}

/// An access type that no rule has would deny nothing, whatever was meant.
std::string
read_denied_type(Section& section, const std::string& application, const std::vector<AccessRule>& rules) {
    const PlacedText type = section.text("access_type");
    if (type.text.empty())
        return "";
    std::vector<std::string> types;
    for (const AccessRule& rule : rules) {
        if (application.empty() || rule.application == application)
            types.push_back(rule.access_type);
    }
    if (rules.empty() || std::find(types.begin(), types.end(), type.text) != types.end())
        return type.text;
    std::sort(types.begin(), types.end());
    types.erase(std::unique(types.begin(), types.end()), types.end());
    section.problems().add(
        type.place, "no rule has the access type " + in_quotes(type.text) + suggestion(type.text, types)
    );
    return "";
}

DenyRule read_deny(
    const Node& table,
    const std::vector<std::string>& names,
    const std::vector<AccessRule>& rules,
    Problems& problems
) {
    Section section(table, "[[deny]]", problems);
    DenyRule deny;
    deny.application = read_application_name(section, names, Presence::optional);
    deny.access_type = read_denied_type(section, deny.application, rules);
    deny.people = read_people(section);
    deny.reason = section.text("reason").text;
    section.finish();
    const bool names_something = table.find("application") != nullptr ||
                                 table.find("access_type") != nullptr || has_entries(table, "users") ||
                                 has_entries(table, "groups");
    if (!names_something) {
        problems.add(
            table.place,
            "[[deny]] must name at least one of \"application\", \"access_type\", \"users\" and \"groups\""
        );
    }
    return deny;
}

} // namespace

std::vector<std::string> read_users(Section& section, const std::string& key) {
    const std::vector<PlacedText> users = section.list(key);
    for (const PlacedText& user : users) {
        if (user.text.find('@') != std::string::npos && !is_plain_email(user.text))
            section.problems().add(
                user.place, in_quotes(user.text) + " is neither an e-mail address nor a Jira account id"
            );
    }
    return plain(users);
}

std::vector<AccessRule> read_rules(const Node& list, const Config& config, Reading& reading) {
    const std::vector<std::string> names = names_of(config.applications);
    if (list.items.empty())
        reading.problems.add(list.place, "there must be at least one rule");
    std::vector<AccessRule> rules;
    SeenRules seen;
    for (const Node& item : list.items) {
        if (item.kind != NodeKind::table) {
            reading.problems.add(item.place, "a rule must be a section: [[rule]]");
            continue;
        }
        AccessRule rule = read_rule(item, names, config, reading.problems);
        claim(rule, item.place, seen, reading.problems);
        rules.push_back(std::move(rule));
    }
    return rules;
}

std::vector<DenyRule> read_denies(const Node& list, const Config& config, Reading& reading) {
    const std::vector<std::string> names = names_of(config.applications);
    std::vector<DenyRule> denies;
    for (const Node& item : list.items) {
        if (item.kind == NodeKind::table)
            denies.push_back(read_deny(item, names, config.rules, reading.problems));
        else
            reading.problems.add(item.place, "a deny rule must be a section: [[deny]]");
    }
    return denies;
}

} // namespace accessd
