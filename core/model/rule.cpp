#include "core/model/rule.hpp"

namespace accessd {

std::string_view to_string(AppStatus status) {
    switch (status) {
    case AppStatus::approved:
        return "approved";
    case AppStatus::denied:
        return "denied";
    case AppStatus::revoked:
        return "revoked";
    case AppStatus::declined:
        return "declined";
    }
    return "unknown";
}

std::string_view to_string(RequestKind kind) {
    switch (kind) {
    case RequestKind::grant:
        return "grant";
    case RequestKind::remove:
        return "remove";
    case RequestKind::change:
        return "change";
    }
    return "unknown";
}

std::optional<RequestKind> parse_request_kind(std::string_view text) {
    for (const RequestKind kind : {RequestKind::grant, RequestKind::remove, RequestKind::change}) {
        if (text == to_string(kind)) {
            return kind;
        }
    }
    return std::nullopt;
}

const AppStatus* Portal::status(const std::string& status_id) const {
    const auto found = statuses.find(status_id);
    return found != statuses.end() ? &found->second : nullptr;
}

const RequestKind* Portal::request_kind(const std::string& request_type_id) const {
    const auto found = request_types.find(request_type_id);
    return found != request_types.end() ? &found->second : nullptr;
}

} // namespace accessd
