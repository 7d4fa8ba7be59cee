#pragma once

#include "core/model/time.hpp"

#include <boost/json/value.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace accessd {

/// A transition that Jira offers for an issue now.
class Transition {
public:
    Transition() = default;

    std::string id;
    std::string name;
    std::string to_id;
    std::string to_name;
    bool has_screen = false;
};

/// The available ones out of GET /rest/api/3/issue/{id}/transitions.
std::vector<Transition> transitions_from(const boost::json::value& body);

/// The one that leads to the status, rather without a screen; null when there is none.
const Transition* choose_transition(const std::vector<Transition>& transitions, const std::string& status);

/// '"Close" to "Done", ...' for people; "none" when there are none.
std::string describe(const std::vector<Transition>& transitions);

/// Whether a comment that is sent along with a transition arrives. Jira takes it and may drop it in silence,
/// so it is looked for once per transition.
enum class Carries : std::uint8_t { untried, comment, nothing };

class KnownTransition {
public:
    KnownTransition() = default;

    std::string id;
    Carries carries = Carries::untried;
    bool from_memory = false;
};

/// What we have learned about transitions and forget after ten minutes, since an admin may change the
/// workflow. Ids of transitions mean something within one workflow only, so the issue's type is part of the
/// key; for an issue whose type was never read nothing is remembered.
class TransitionMemory {
public:
    TransitionMemory() = default;

    void note_type(const std::string& issue_id, const std::string& issue_type_id);

    std::optional<KnownTransition>
    find(const std::string& issue_id, const std::string& status, TimePoint now);
    void keep(const std::string& issue_id, const std::string& status, KnownTransition known, TimePoint now);
    void forget(const std::string& issue_id, const std::string& status);

private:
    using Key = std::pair<std::string, std::string>; // issue type, status

    std::optional<Key> key_of(const std::string& issue_id, const std::string& status) const;

    // Two generations bound the memory: the older is dropped when the younger is full.
    std::unordered_map<std::string, std::string> types_;
    std::unordered_map<std::string, std::string> older_types_;
    std::map<Key, std::pair<KnownTransition, TimePoint>> known_;
};

} // namespace accessd
