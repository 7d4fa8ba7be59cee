#pragma once

#include "providers/catalog.hpp"

namespace accessd {

/// Microsoft Entra ID through Microsoft Graph v1.0: users in groups. The app registration needs the
/// application permissions User.Read.All and GroupMember.ReadWrite.All, with admin consent, and nothing more.
const ProviderSpec& entra_spec();

} // namespace accessd
