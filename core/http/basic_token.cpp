#include "core/http/basic_token.hpp"

#include "core/support/text.hpp"

namespace accessd {

BasicTokenSource::BasicTokenSource(std::string_view user, const Secret& secret) {
    const Secret pair(std::string(user) + ":" + std::string(secret.reveal()));
    value_ = Secret("Basic " + to_base64(as_bytes(pair.reveal())));
}

Task<Result<std::string>> BasicTokenSource::authorization(TimePoint) {
    co_return std::string(value_.reveal());
}

bool BasicTokenSource::reject(const std::string&) {
    return false;
}

} // namespace accessd
