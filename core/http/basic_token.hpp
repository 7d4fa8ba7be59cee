#pragma once

#include "core/http/token_source.hpp"
#include "core/support/secret.hpp"

#include <string>
#include <string_view>

namespace accessd {

/// HTTP Basic authentication (RFC 7617) with a fixed user and secret. `user` holds no colon.
class BasicTokenSource final : public TokenSource {
public:
    BasicTokenSource(std::string_view user, const Secret& secret);

    Task<Result<std::string>> authorization(TimePoint deadline) override;

    bool reject(const std::string& authorization) override;

private:
    Secret value_; ///< "Basic ..."
};

} // namespace accessd
