#include "core/model/result.hpp"

namespace accessd {

std::string_view to_string(Fault fault) {
    switch (fault) {
    case Fault::transient:
        return "transient";
    case Fault::throttled:
        return "throttled";
    case Fault::credential:
        return "credential";
    case Fault::permanent:
        return "permanent";
    }
    return "unknown";
}

Error Error::throttled_until(TimePoint when, std::string code, std::string message) {
    Error error(Fault::throttled, std::move(code), std::move(message));
    error.retry_at_ = when;
    return error;
}

Error& Error::with_effect(Effect effect) & {
    effect_ = effect;
    return *this;
}

Error&& Error::with_effect(Effect effect) && {
    effect_ = effect;
    return std::move(*this);
}

Error& Error::with_retry_at(TimePoint when) & {
    retry_at_ = when;
    return *this;
}

Error&& Error::with_retry_at(TimePoint when) && {
    retry_at_ = when;
    return std::move(*this);
}

} // namespace accessd
