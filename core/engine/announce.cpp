#include "core/engine/announce.hpp"

#include "core/support/log.hpp"

#include <string>
#include <string_view>

namespace accessd {

namespace {

std::string target_name(const Target& target) {
    return target.key.application + ":" + target.entitlement_name;
}

std::string took(const EngineContext& context, const Request& request) {
    return format_duration(context.clock.now() - request.seen_at);
}

const Target* same_target(const Request& request, const AccessKey& key) {
    for (const Target& target : request.targets) {
        if (target.key == key) {
            return &target;
        }
    }
    return nullptr;
}

void announce_held(EngineContext& context, const Request& request, const Target& target, std::int64_t seq) {
    ++context.counters.granted;
    log(LogLevel::info,
        "granted",
        {{"ticket", request.issue_key},
         {"user", request.account.name},
         {"target", target_name(target)},
         {"approver", request.approver},
         {"took", took(context, request)},
         {"audit", seq}});
}

void announce_gone(EngineContext& context, const Request& request, const Target& target, std::int64_t seq) {
    ++context.counters.revoked;
    const bool replaced = request.kind == RequestKind::change && request.reason_code.empty();
    log(LogLevel::info,
        "revoked",
        {{"ticket", request.issue_key},
         {"user", request.account.name},
         {"target", target_name(target)},
         {"reason", replaced ? "change" : request.reason_code},
         {"audit", seq}});
}

void announce_trouble(const Request& request, const Target& target, const Target* before) {
    if (target.error_code.empty() || (before != nullptr && before->error_code == target.error_code)) {
        return;
    }
    const bool grave = target.state != TargetState::wanted;
    log(grave ? LogLevel::error : LogLevel::warning,
        target.state == TargetState::refused  ? "refused"
        : target.state == TargetState::ending ? "revoke_failing"
                                              : "grant_failing",
        {{"ticket", request.issue_key},
         {"user", request.account.name},
         {"target", target_name(target)},
         {"code", target.error_code},
         {"error", target.error_message},
         {"next", target.wake_at ? format_utc(*target.wake_at) : "needs a human"}});
}

void announce_target(
    EngineContext& context, const Request& after, const Target& target, const Target* before, std::int64_t seq
) {
    if (before == nullptr || before->state != target.state) {
        if (target.state == TargetState::held) {
            announce_held(context, after, target, seq);
        } else if (target.state == TargetState::gone && before != nullptr) {
            announce_gone(context, after, target, seq);
        } else if (target.state == TargetState::kept) {
            log(LogLevel::info,
                "kept",
                {{"ticket", after.issue_key},
                 {"target", target_name(target)},
                 {"because", target.kept_because}});
        }
    }
    announce_trouble(after, target, before);
}

void announce_phase(EngineContext& context, const Request& request, std::int64_t seq) {
    const auto say = [&](LogLevel level, std::string_view event) {
        log(level,
            event,
            {{"ticket", request.issue_key},
             {"code", request.reason_code},
             {"reason", request.reason},
             {"audit", seq}});
    };
    if (request.phase == Phase::resolving) {
        ++context.counters.approved;
        log(LogLevel::info,
            request.kind == RequestKind::remove   ? "removal_approved"
            : request.kind == RequestKind::change ? "change_approved"
                                                  : "approved",
            {{"ticket", request.issue_key},
             {"application", request.application},
             {"access_type", request.access_type},
             {"user", request.account.name},
             {"approver", request.approver},
             {"audit", seq}});
    } else if (request.phase == Phase::unproven) {
        ++context.counters.unproven;
        say(LogLevel::warning, "unproven");
    } else if (request.phase == Phase::parked) {
        ++context.counters.parked;
        say(LogLevel::error, "parked");
    } else if (request.phase == Phase::ended) {
        say(LogLevel::info, "ended");
    }
}

} // namespace

void announce(EngineContext& context, const Request& before, const Request& after, std::int64_t audit_seq) {
    for (const Target& target : after.targets) {
        announce_target(context, after, target, same_target(before, target.key), audit_seq);
    }
    const bool news =
        before.phase != after.phase || before.status_entry != after.status_entry || before.revision == 0;
    if (news) {
        announce_phase(context, after, audit_seq);
    }
    if (after.phase == Phase::resolving && !after.reason_code.empty() &&
        before.reason_code != after.reason_code) {
        log(LogLevel::warning,
            "waiting",
            {{"ticket", after.issue_key}, {"code", after.reason_code}, {"error", after.reason}});
    }
    if (after.vanished_at && !before.vanished_at) {
        log(LogLevel::error,
            "vanished",
            {{"ticket", after.issue_key},
             {"advice",
              "the ticket cannot be read any more; restore it or accessd's permission to browse it"}});
    }
}

} // namespace accessd
