#include "core/support/text.hpp"
#include "daemon/config/sections.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace accessd {

using namespace std::chrono_literals;

namespace {

constexpr DurationRange max_duration_range(1min, 24h * 3650);

std::string read_application_name(Section& section, const std::vector<std::string>& names) {
    const PlacedText name = section.text("application", Presence::required);
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

ApproverSet read_approvers(const Node& table, Problems& problems) {
    Section section(table, "\"approvers\"", problems);
    const std::vector<PlacedText> users = section.list("users");
    ApproverSet approvers;
    approvers.groups = plain(section.list("groups"));
    for (const PlacedText& user : users) {
        if (user.text.find('@') != std::string::npos && !is_plain_email(user.text))
            problems.add(
                user.place, in_quotes(user.text) + " is neither an e-mail address nor a Jira account id"
            );
    }
    approvers.users = plain(users);
    section.finish();
    if (!has_entries(table, "users") && !has_entries(table, "groups"))
        problems.add(table.place, "\"approvers\" must name at least one of \"users\" and \"groups\"");
    return approvers;
}

AccessRule read_rule(const Node& table, const std::vector<std::string>& names, Problems& problems) {
    Section section(table, "[[rule]]", problems);
    AccessRule rule;
    rule.application = read_application_name(section, names);
    rule.access_type = section.text("access_type", Presence::required).text;
    rule.groups = plain(section.list("groups", Presence::required));
    if (const Node* approvers = section.table("approvers", Presence::required))
        rule.approvers = read_approvers(*approvers, problems);
    const Duration limit = section.duration("max_duration", Duration(), max_duration_range);
    if (limit > Duration())
        rule.max_duration = limit;
    rule.revoke_preexisting = section.boolean("revoke_preexisting", false);
    section.finish();
    return rule;
}

} // namespace

std::vector<AccessRule>
read_rules(const Node& list, const std::vector<ApplicationSettings>& applications, Reading& reading) {
    std::vector<std::string> names;
    for (const ApplicationSettings& application : applications)
        names.push_back(application.name);
    if (list.items.empty())
        reading.problems.add(list.place, "there must be at least one rule");
    std::vector<AccessRule> rules;
    std::map<std::pair<std::string, std::string>, Place> seen;
    for (const Node& item : list.items) {
        if (item.kind != NodeKind::table) {
            reading.problems.add(item.place, "a rule must be a section: [[rule]]");
            continue;
        }
        AccessRule rule = read_rule(item, names, reading.problems);
        const bool complete = !rule.application.empty() && !rule.access_type.empty();
        const auto [first, is_new] =
            seen.emplace(std::pair(rule.application, ascii_lower(rule.access_type)), item.place);
        if (complete && !is_new)
            reading.problems.add(
                item.place,
                "the rule for application " + in_quotes(rule.application) + " and access type " +
                    in_quotes(rule.access_type) + " is already at " + reading.problems.describe(first->second)
            );
        rules.push_back(std::move(rule));
    }
    return rules;
}

} // namespace accessd
