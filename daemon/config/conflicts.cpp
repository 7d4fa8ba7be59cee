#include "core/policy/conflicts.hpp"

#include "daemon/config/sections.hpp"

#include <algorithm>
#include <utility>

namespace accessd {

namespace {

bool is_given(const Config& config, const EntitlementName& what) {
    return std::any_of(config.rules.begin(), config.rules.end(), [&](const AccessRule& rule) {
        return rule.application == what.application &&
               std::find(rule.groups.begin(), rule.groups.end(), what.name) != rule.groups.end();
    });
}

/// Where each entitlement of a conflict stands.
using SeenEntitlements = std::map<EntitlementName, Place>;

void check_group(
    const PlacedText& group, const std::string& application, SeenEntitlements& seen, Problems& problems
) {
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
            check_group(group, application.name, seen, problems);
        if (!groups.empty())
            side.groups.emplace(application.name, plain(groups));
    }
    section.finish();
    if (table.members.empty())
        problems.add(table.place, "[[conflict.side]] must name groups: \"APPLICATION\" = [\"GROUP\"]");
    return side;
}

/// A conflict between things that accessd never gives would be looked at for no request. Groups that are
/// given by hand may stand on one side.
void expect_use(const SeenEntitlements& seen, Place place, const Config& config, Problems& problems) {
    const bool used =
        std::any_of(seen.begin(), seen.end(), [&](const auto& one) { return is_given(config, one.first); });
    if (!used && !seen.empty() && !config.rules.empty())
        problems.add(place, "no rule gives any group of this conflict");
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

ConflictRule read_conflict(const Node& table, const Config& config, Problems& problems) {
    Section section(table, "[[conflict]]", problems);
    ConflictRule conflict;
    conflict.name = section.text("name", Presence::required).text;
    conflict.exceptions.users = read_users(section, "exceptions");
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
    expect_use(seen, table.place, config, problems);
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
