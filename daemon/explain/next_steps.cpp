#include "daemon/explain/next_steps.hpp"

#include <algorithm>
#include <string_view>

namespace accessd {

namespace {

std::string name_of(const Target& target) {
    return target.key.application + ": " + target.entitlement_name;
}

std::string again(const std::string& what, const std::optional<TimePoint>& wake_at, std::uint32_t failures) {
    return failures == 0 || !wake_at ? what
                                     : what + " again, after " + std::to_string(failures) + " failures";
}

void add_target(std::vector<NextStep>& steps, const Request& request, const Target& target) {
    switch (target.state) {
    case TargetState::wanted:
        if (may_be_granted(request)) {
            steps.emplace_back(
                target.wake_at, again("grant " + name_of(target), target.wake_at, target.attempts)
            );
        }
        return;
    case TargetState::held:
        if (target.expires_at) {
            steps.emplace_back(target.expires_at, "the lease on " + name_of(target) + " ends");
        }
        return;
    case TargetState::ending:
        steps.emplace_back(
            target.wake_at, again("revoke " + name_of(target), target.wake_at, target.attempts)
        );
        return;
    case TargetState::leaving:
        steps.emplace_back(std::nullopt, "revoke " + name_of(target) + " when what replaces it is held");
        return;
    case TargetState::gone:
    case TargetState::kept:
    case TargetState::refused:
        return;
    }
}

void add_phase(std::vector<NextStep>& steps, const Request& request) {
    if (request.vanished_at) {
        steps.emplace_back(
            std::nullopt,
            "nothing is granted while the ticket cannot be read; restore it, or accessd's right to see it"
        );
    }
    if (request.phase == Phase::resolving && !request.vanished_at) {
        steps.emplace_back(
            request.wake_at, again("look up account and entitlements", request.wake_at, request.attempts)
        );
    } else if (request.phase == Phase::unproven) {
        steps.emplace_back(std::nullopt, "look again when the ticket changes");
    } else if (request.phase == Phase::parked) {
        steps.emplace_back(
            std::nullopt,
            "needs a human: correct what the reason says, then move the ticket out of its status and back"
        );
    }
}

} // namespace

std::string_view describe(Phase phase) {
    switch (phase) {
    case Phase::resolving:
        return "approved; account and entitlements are being looked up";
    case Phase::granting:
        return "approved; not all of it is granted yet";
    case Phase::active:
        return "granted";
    case Phase::ending:
        return "being taken away";
    case Phase::ended:
        return "over; nothing is held through it";
    case Phase::unproven:
        return "the approval is not believed";
    case Phase::parked:
        return "needs a human";
    }
    return "";
}

std::vector<NextStep> next_steps(const Story& story) {
    std::vector<NextStep> steps;
    add_phase(steps, story.request);
    for (const Target& target : story.request.targets) {
        add_target(steps, story.request, target);
    }
    for (const StoredAccess& stored : story.accesses) {
        if (stored.access.watch_at) {
            steps.emplace_back(
                stored.access.watch_at,
                "look whether " + stored.access.key.entitlement + " of " + stored.access.key.application +
                    " is still revoked"
            );
        }
    }
    for (const StoredTell& stored : story.tells) {
        if (stored.delivery == Delivery::waiting) {
            const std::string what = "tell the ticket: " + std::string(to_string(stored.tell.kind));
            steps.emplace_back(stored.tell.wake_at, again(what, stored.tell.wake_at, stored.tell.attempts));
        }
    }
    if (steps.empty()) {
        steps.emplace_back(
            std::nullopt,
            story.request.phase == Phase::active ? "nothing, until the ticket is revoked" : "nothing"
        );
    }
    std::stable_sort(steps.begin(), steps.end(), [](const NextStep& left, const NextStep& right) {
        return left.at < right.at;
    });
    return steps;
}

} // namespace accessd
