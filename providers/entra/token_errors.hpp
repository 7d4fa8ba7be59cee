#pragma once

#include "core/model/result.hpp"

#include <boost/json/value.hpp>

namespace accessd::entra {

/// What a refusal of Entra's token endpoint means; `body` may be anything. Fault::credential
/// "entra.token_refused" that names the config key to correct where the AADSTS number tells it; transient
/// "entra.token_unavailable" when Entra says that it is Entra's trouble
/// (https://learn.microsoft.com/entra/identity-platform/reference-error-codes).
Error read_token_error(int status, const boost::json::value& body);

} // namespace accessd::entra
