#pragma once

#include "core/model/time.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace accessd::sandbox {

class EntraUser {
public:
    std::string id;
    std::string upn;
    std::string mail; ///< "" is none
    std::string display_name;
    std::vector<std::string> other_mails;
    bool enabled = true;
    bool guest = false;
    bool synced = false;
};

/// The kinds that differ in whether and by whom their members can be changed.
enum class EntraGroupKind : std::uint8_t {
    security,
    dynamic,
    synced,
    mail_enabled,
    distribution,
    unified,
    role_assignable,
};

class EntraGroup {
public:
    std::string id;
    std::string display_name;
    EntraGroupKind kind = EntraGroupKind::security;
};

/// Users, groups and who is in what, with replicas that lag behind the truth by `lag`.
class EntraDirectory {
public:
    using Users = std::map<std::string, EntraUser, std::less<>>;
    using Groups = std::map<std::string, EntraGroup, std::less<>>;

    Duration lag{0};

    const Users& users() const { return users_; }

    const Groups& groups() const { return groups_; }

    /// Null when there is none. Addresses compare without regard to case.
    const EntraUser* user(std::string_view id_or_upn) const;
    const EntraUser* user_by_mail(std::string_view mail) const;
    std::vector<const EntraUser*> users_by_mail(std::string_view mail) const;
    const EntraGroup* group(std::string_view id) const;
    const EntraGroup* group_by_name(std::string_view name) const;

    bool has_object(std::string_view id) const { return users_.contains(id) || groups_.contains(id); }

    /// Adds it, or replaces the one with this id.
    const EntraUser& put(EntraUser user);
    const EntraGroup& put(EntraGroup group);
    void erase_user(const std::string& id);
    void erase_group(const std::string& id);

    /// The truth, direct membership only.
    bool is_member(std::string_view group, std::string_view object) const;
    /// As a replica shows it at `now`.
    bool shows_member(std::string_view group, std::string_view object, TimePoint now) const;
    /// `replicated` members are seen once the lag has passed; others at once.
    void set_member(
        const std::string& group, const std::string& object, bool present, TimePoint now, bool replicated
    );

    /// Direct members in the order of their ids, behind `after`, as a replica shows them; at most `limit`.
    std::vector<std::string>
    members(std::string_view group, std::string_view after, std::size_t limit, TimePoint now) const;
    std::set<std::string> transitive_members(std::string_view group, TimePoint now) const;
    /// Groups that the object is in, as a replica shows it.
    std::set<std::string> groups_of(std::string_view object, bool transitive, TimePoint now) const;

private:
    // One membership: what it is, and what it was before its last change for those who cannot see that yet.
    class Edge {
    public:
        bool present = false;
        bool before = false;
        TimePoint since{};
    };

    using Edges = std::map<std::string, Edge, std::less<>>;

    bool shows(const Edge& edge, TimePoint now) const {
        return now - edge.since < lag ? edge.before : edge.present;
    }

    const Edge* edge(std::string_view group, std::string_view object) const;
    void drop_indexes(const EntraUser& user);

    Users users_;
    Groups groups_;
    std::unordered_map<std::string, std::string> by_upn_;
    std::unordered_multimap<std::string, std::string> by_mail_;
    std::map<std::string, Edges, std::less<>> members_;
    std::map<std::string, std::set<std::string>, std::less<>> groups_of_; // ever; the edge says whether still
};

} // namespace accessd::sandbox
