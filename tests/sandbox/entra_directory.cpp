#include "tests/sandbox/entra_directory.hpp"

#include "core/support/text.hpp"

namespace accessd::sandbox {

const EntraUser* EntraDirectory::user(std::string_view id_or_upn) const {
    auto found = users_.find(id_or_upn);
    if (found == users_.end()) {
        found = users_.find(ascii_lower(id_or_upn));
    }
    if (found == users_.end()) {
        const auto named = by_upn_.find(ascii_lower(id_or_upn));
        return named == by_upn_.end() ? nullptr : &users_.find(named->second)->second;
    }
    return &found->second;
}

std::vector<const EntraUser*> EntraDirectory::users_by_mail(std::string_view mail) const {
    std::vector<const EntraUser*> found;
    const auto [first, last] = by_mail_.equal_range(ascii_lower(mail));
    for (auto at = first; at != last; ++at) {
        found.push_back(&users_.find(at->second)->second);
    }
    return found;
}

const EntraUser* EntraDirectory::user_by_mail(std::string_view mail) const {
    const auto found = users_by_mail(mail);
    return found.empty() ? nullptr : found.front();
}

const EntraGroup* EntraDirectory::group(std::string_view id) const {
    auto found = groups_.find(id);
    if (found == groups_.end()) {
        found = groups_.find(ascii_lower(id));
    }
    return found == groups_.end() ? nullptr : &found->second;
}

const EntraGroup* EntraDirectory::group_by_name(std::string_view name) const {
    for (const auto& [id, group] : groups_) {
        if (equals_ignoring_case(group.display_name, name)) {
            return &group;
        }
    }
    return nullptr;
}

void EntraDirectory::drop_indexes(const EntraUser& user) {
    by_upn_.erase(ascii_lower(user.upn));
    const auto [first, last] = by_mail_.equal_range(ascii_lower(user.mail));
    for (auto at = first; at != last; ++at) {
        if (at->second == user.id) {
            by_mail_.erase(at);
            return;
        }
    }
}

const EntraUser& EntraDirectory::put(EntraUser user) {
    const auto old = users_.find(user.id);
    if (old != users_.end()) {
        drop_indexes(old->second);
    }
    by_upn_[ascii_lower(user.upn)] = user.id;
    if (!user.mail.empty()) {
        by_mail_.emplace(ascii_lower(user.mail), user.id);
    }
    EntraUser& place = users_[user.id];
    place = std::move(user);
    return place;
}

const EntraGroup& EntraDirectory::put(EntraGroup group) {
    EntraGroup& place = groups_[group.id];
    place = std::move(group);
    return place;
}

void EntraDirectory::erase_user(const std::string& id) {
    const auto found = users_.find(id);
    if (found == users_.end()) {
        return;
    }
    drop_indexes(found->second);
    users_.erase(found);
    for (const std::string& group : groups_of_[id]) {
        members_[group].erase(id);
    }
    groups_of_.erase(id);
}

void EntraDirectory::erase_group(const std::string& id) {
    for (const auto& [member, edge] : members_[id]) {
        groups_of_[member].erase(id);
    }
    for (const std::string& parent : groups_of_[id]) {
        members_[parent].erase(id);
    }
    members_.erase(id);
    groups_of_.erase(id);
    groups_.erase(id);
}

const EntraDirectory::Edge* EntraDirectory::edge(std::string_view group, std::string_view object) const {
    const auto edges = members_.find(group);
    if (edges == members_.end()) {
        return nullptr;
    }
    const auto found = edges->second.find(object);
    return found == edges->second.end() ? nullptr : &found->second;
}

bool EntraDirectory::is_member(std::string_view group, std::string_view object) const {
    const Edge* const found = edge(group, object);
    return found != nullptr && found->present;
}

bool EntraDirectory::shows_member(std::string_view group, std::string_view object, TimePoint now) const {
    const Edge* const found = edge(group, object);
    return found != nullptr && shows(*found, now);
}

void EntraDirectory::set_member(
    const std::string& group, const std::string& object, bool present, TimePoint now, bool replicated
) {
    Edge& edge = members_[group][object];
    edge.before = replicated ? shows(edge, now) : present;
    edge.present = present;
    edge.since = now;
    groups_of_[object].insert(group);
}

std::vector<std::string> EntraDirectory::members(
    std::string_view group, std::string_view after, std::size_t limit, TimePoint now
) const {
    std::vector<std::string> found;
    const auto edges = members_.find(group);
    if (edges == members_.end()) {
        return found;
    }
    for (auto at = edges->second.upper_bound(after); at != edges->second.end() && found.size() < limit;
         ++at) {
        if (shows(at->second, now)) {
            found.push_back(at->first);
        }
    }
    return found;
}

std::set<std::string> EntraDirectory::transitive_members(std::string_view group, TimePoint now) const {
    std::set<std::string> found;
    std::vector<std::string> open = {std::string(group)};
    while (!open.empty()) {
        const std::string next = std::move(open.back());
        open.pop_back();
        for (std::string& member : members(next, "", SIZE_MAX, now)) {
            if (found.insert(member).second) {
                open.push_back(std::move(member));
            }
        }
    }
    return found;
}

std::set<std::string>
EntraDirectory::groups_of(std::string_view object, bool transitive, TimePoint now) const {
    std::set<std::string> found;
    std::vector<std::string> open = {std::string(object)};
    while (!open.empty()) {
        const std::string next = std::move(open.back());
        open.pop_back();
        const auto known = groups_of_.find(next);
        for (const std::string& group : known == groups_of_.end() ? std::set<std::string>() : known->second) {
            if (shows_member(group, next, now) && found.insert(group).second && transitive) {
                open.push_back(group);
            }
        }
    }
    return found;
}

} // namespace accessd::sandbox
