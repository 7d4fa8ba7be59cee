#include "core/jsm/transitions.hpp"

#include "core/support/json.hpp"
#include "core/support/text.hpp"

#include <boost/json/array.hpp>

#include <chrono>

namespace accessd {

namespace {

using namespace std::chrono_literals;

constexpr Duration lifetime = 10min;
constexpr std::size_t max_types = 4096;
constexpr std::size_t max_known = 1024;
constexpr std::size_t max_described = 20;

} // namespace

std::vector<Transition> transitions_from(const boost::json::value& body) {
    std::vector<Transition> transitions;
    const boost::json::array* list = find_array(body, "transitions");
    for (std::size_t i = 0; list != nullptr && i < list->size(); ++i) {
        const boost::json::value& entry = (*list)[i];
        const boost::json::value* to = find(entry, "to");
        Transition transition;
        transition.id = string_or_empty(entry, "id");
        transition.name = string_or_empty(entry, "name");
        transition.has_screen = find_bool(entry, "hasScreen").value_or(false);
        if (to == nullptr || transition.id.empty() || !find_bool(entry, "isAvailable").value_or(true)) {
            continue;
        }
        transition.to_id = string_or_empty(*to, "id");
        transition.to_name = string_or_empty(*to, "name");
        transitions.push_back(std::move(transition));
    }
    return transitions;
}

const Transition* choose_transition(const std::vector<Transition>& transitions, const std::string& status) {
    const Transition* chosen = nullptr;
    for (const Transition& transition : transitions) {
        const bool better = chosen == nullptr || (chosen->has_screen && !transition.has_screen);
        if (transition.to_id == status && better) {
            chosen = &transition;
        }
    }
    return chosen;
}

std::string describe(const std::vector<Transition>& transitions) {
    std::string text;
    for (std::size_t i = 0; i < transitions.size() && i < max_described; ++i) {
        text += text.empty() ? "" : ", ";
        text += '"' + escape_text(transitions[i].name, 80) + "\" to \"" +
                escape_text(transitions[i].to_name, 80) + '"';
    }
    return text.empty() ? "none" : text;
}

void TransitionMemory::note_type(const std::string& issue_id, const std::string& issue_type_id) {
    if (types_.size() >= max_types) {
        older_types_ = std::move(types_);
        types_.clear();
    }
    types_[issue_id] = issue_type_id;
}

std::optional<TransitionMemory::Key>
TransitionMemory::key_of(const std::string& issue_id, const std::string& status) const {
    auto found = types_.find(issue_id);
    if (found == types_.end()) {
        found = older_types_.find(issue_id);
        if (found == older_types_.end()) {
            return std::nullopt;
        }
    }
    return Key(found->second, status);
}

std::optional<KnownTransition>
TransitionMemory::find(const std::string& issue_id, const std::string& status, TimePoint now) {
    const auto key = key_of(issue_id, status);
    const auto found = key ? known_.find(*key) : known_.end();
    if (found == known_.end()) {
        return std::nullopt;
    }
    const auto& [known, learned_at] = found->second;
    // The clock may have been set back.
    if (now - learned_at > lifetime || now < learned_at) {
        known_.erase(found);
        return std::nullopt;
    }
    KnownTransition remembered = known;
    remembered.from_memory = true;
    return remembered;
}

void TransitionMemory::keep(
    const std::string& issue_id, const std::string& status, KnownTransition known, TimePoint now
) {
    const auto key = key_of(issue_id, status);
    if (!key) {
        return;
    }
    if (known_.size() >= max_known) {
        known_.clear();
    }
    known_.insert_or_assign(*key, std::pair(std::move(known), now));
}

void TransitionMemory::forget(const std::string& issue_id, const std::string& status) {
    if (const auto key = key_of(issue_id, status)) {
        known_.erase(*key);
    }
}

} // namespace accessd
