#include "core/policy/conflicts.hpp"

#include "core/support/text.hpp"
#include "daemon/config/sections.hpp"

#include <algorithm>
#include <utility>

namespace accessd {

namespace {

std::vector<std::string> groups_in_rules(const Config& config, const std::string& application) {
    std::vector<std::string> groups;
    for (const AccessRule& rule : config.rules) {
        if (rule.application == application)
            groups.insert(groups.end(), rule.groups.begin(), rule.groups.end());
    }
    std::sort(groups.begin(), groups.end());
    groups.erase(std::unique(groups.begin(), groups.end()), groups.end());
    return groups;
}

/// Where each entitlement of a conflict stands.
using SeenEntitlements = std::map<EntitlementName, Place>;

/// A group that no rule gives would conflict with nothing, whatever was meant.
void check_group(
    const PlacedText& group,
    const std::string& application,
    const Config& config,
    SeenEntitlements& seen,
    Problems& problems
) {
    const std::vector<std::string> known = groups_in_rules(config, application);
    if (!config.rules.empty() && std::find(known.begin(), known.end(), group.text) == known.end()) {
        problems.add(
            group.place,
            "no rule for application " + in_quotes(application) + " gives " + in_quotes(group.text) +
                suggestion(group.text, known)
        );
    }
    const auto [first, is_new] = seen.emplace(EntitlementName(application, group.text), group.place);
    if (!is_new) {
        problems.add(
            group.place,
            in_quotes(group.text) + " is already on another side of this conflict, at " +
                problems.describe(first->second)
        );
    }
}

ConflictSide read_side(const Node& table, const Config& config, SeenEntitlements& seen, Problems& problems) {
    Section section(table, "[[conflict.side]]", problems);
    ConflictSide side;
    for (const ApplicationSettings& application : config.applications) {
        const std::vector<PlacedText> groups = section.list(application.name);
        for (const PlacedText& group : groups)
            check_group(group, application.name, config, seen, problems);
        if (!groups.empty())
            side.groups.emplace(application.name, plain(groups));
    }
    section.finish();
    if (table.members.empty())
        problems.add(table.place, "[[conflict.side]] must name groups: \"APPLICATION\" = [\"GROUP\"]");
    return side;
}

/// One rule that gives both sides could never be carried out.
void check_rules(const ConflictRule& conflict, Place place, const Config& config, Problems& problems) {
    for (const AccessRule& rule : config.rules) {
        std::vector<EntitlementName> wanted;
        std::vector<Possession> possessions;
        for (const std::string& group : rule.groups) {
            wanted.emplace_back(rule.application, group);
            possessions.emplace_back(wanted.back(), std::string());
        }
        if (conflicting({conflict}, Person(), wanted, possessions)) {
            problems.add(
                place,
                "the rule for application " + in_quotes(rule.application) + " and access type " +
                    in_quotes(rule.access_type) + " gives both sides of this conflict"
            );
        }
    }
}

std::vector<std::string> read_exceptions(Section& section) {
    const std::vector<PlacedText> users = section.list("exceptions");
    for (const PlacedText& user : users) {
        if (user.text.find('@') != std::string::npos && !is_plain_email(user.text))
            section.problems().add(
                user.place, in_quotes(user.text) + " is neither an e-mail address nor a Jira account id"
            );
    }
    return plain(users);
}

ConflictRule read_conflict(const Node& table, const Config& config, Problems& problems) {
    Section section(table, "[[conflict]]", problems);
    ConflictRule conflict;
    conflict.name = section.text("name", Presence::required).text;
    conflict.exceptions.users = read_exceptions(section);
    const Member* sides = section.find("side", Presence::required);
    section.finish();
    if (sides == nullptr)
        return conflict;
    SeenEntitlements seen;
    for (const Node& side : sides->value.items) {
        if (side.kind == NodeKind::table)
            conflict.sides.push_back(read_side(side, config, seen, problems));
        else
            problems.add(side.place, "a side must be a section: [[conflict.side]]");
    }
    if (sides->value.kind != NodeKind::list || sides->value.items.size() < 2)
        problems.add(sides->place, "a conflict has at least two sides: [[conflict.side]]");
    check_rules(conflict, table.place, config, problems);
    return conflict;
}

} // namespace

std::vector<ConflictRule> read_conflicts(const Node& list, const Config& config, Reading& reading) {
    std::vector<ConflictRule> conflicts;
    for (const Node& item : list.items) {
        if (item.kind == NodeKind::table)
            conflicts.push_back(read_conflict(item, config, reading.problems));
        else
            reading.problems.add(item.place, "a conflict must be a section: [[conflict]]");
    }
    return conflicts;
}

} // namespace accessd
