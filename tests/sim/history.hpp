#pragma once

#include "core/model/rule.hpp"
#include "tests/sandbox/jsm_state.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace accessd::test {

/// Who could approve, and when. Kept by what admins do, not by what the site answers.
class ApproverBook {
public:
    /// From then on.
    void
    set_allowed(const std::string& account_id, bool by_user_list, bool by_group, bool active, TimePoint at);

    /// The person's standing has changed on the way.
    bool changed(const std::string& account_id) const;

    /// Was the person allowed by the rule and active at some moment between the two?
    bool
    allowed_within(const std::string& account_id, const AccessRule& rule, TimePoint from, TimePoint to) const;

private:
    class Entry {
    public:
        TimePoint from{};
        bool by_user_list = false;
        bool by_group = false;
        bool active = false;
    };

    std::map<std::string, std::vector<Entry>> people_;
};

/// Where the site keeps the values of the selects that matter here.
class SelectSlots {
public:
    explicit SelectSlots(sandbox::jsm::State& site);

    std::size_t application;
    std::size_t access_type;
    std::size_t current_access;
    std::size_t duration;
};

/// A ticket's past, as the site keeps it: the oracle's own reading of what makes an approval, written against
/// promise I1 and not against the code under test.
class History {
public:
    // Ids of the default site's request types.
    static constexpr std::string_view access_request = "25";
    static constexpr std::string_view removal_request = "26";
    static constexpr std::string_view change_request = "27";

    /// What a ticket asks for of a rule's access: a change grants the one and takes the other.
    enum class Wish : std::uint8_t { grant, take };

    /// Both outlive it.
    History(const sandbox::jsm::Issue& issue, const SelectSlots& slots) : issue_(issue), slots_(slots) {}

    /// A field's text at that moment; status, project and request type as ids.
    std::string at(std::string_view field_id, TimePoint when) const;

    /// The ticket's approval holds at that moment: it lies in an approved status of the project as a request
    /// that wishes so of the rule's application and access type; every approval step since it last was
    /// denied, revoked or declined is approved, by people whom the rule allowed at some moment since then and
    /// who neither raised it nor benefit; the status came after the approval; nothing that decides was
    /// changed since.
    bool proven(
        const AccessRule& rule, const ApproverBook& approvers, TimePoint when, Wish wish = Wish::grant
    ) const;

    /// It held at some moment between the two.
    bool proven_within(
        const AccessRule& rule,
        const ApproverBook& approvers,
        TimePoint from,
        TimePoint to,
        Wish wish = Wish::grant
    ) const;

    /// It is a change that says what goes.
    bool names_something(TimePoint when) const;

    /// Something that decides was changed, or the ticket ended, in the very second of the approval, where a
    /// site that cuts times to the second shows no order.
    bool edited_beside_approval(TimePoint when) const;

    /// The moment and author of the last change of status up to then.
    const sandbox::jsm::Change* last_move(TimePoint when) const;

    /// When the approval that counts at that moment was completed.
    std::optional<TimePoint> approved_at(TimePoint when) const;

    /// When the last approval until then was completed, whether it still counts or not.
    std::optional<TimePoint> last_approved(TimePoint when) const;

    const sandbox::jsm::Issue& issue() const { return issue_; }

private:
    std::vector<const sandbox::jsm::Approval*> counting(TimePoint when) const;
    std::string present(std::string_view field_id) const;
    bool wishes(const AccessRule& rule, TimePoint when, Wish wish) const;

    const sandbox::jsm::Issue& issue_;
    const SelectSlots& slots_;
};

// Ids of the sandbox's default site.
inline constexpr std::string_view approved_status_id = "10011";
inline constexpr std::string_view granted_status_id = "10015";
inline constexpr std::string_view removed_status_id = "10016";
inline constexpr std::string_view application_field = "customfield_10050";
inline constexpr std::string_view access_type_field = "customfield_10051";
inline constexpr std::string_view current_access_field = "customfield_10056";
inline constexpr std::string_view request_type_field = "customfield_10010";
bool is_ending_status(std::string_view id);

} // namespace accessd::test
