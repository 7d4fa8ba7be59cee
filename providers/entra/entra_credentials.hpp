#pragma once

#include "core/http/token_source.hpp"
#include "core/model/result.hpp"
#include "providers/catalog.hpp"

#include <memory>

namespace accessd::entra {

/// Tokens for Graph by OAuth 2.0 client credentials, proven by `client_secret`, or by `certificate` with
/// `private_key`
/// (https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow). Permanent
/// "entra.bad_settings" names the keys when there is not exactly one kind, or when one cannot be right.
Result<std::unique_ptr<TokenSource>> make_token_source(const ProviderSettings& settings, ProviderParts parts);

} // namespace accessd::entra
