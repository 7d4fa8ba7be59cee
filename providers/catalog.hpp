#pragma once

#include "core/engine/provider.hpp"
#include "core/http/http.hpp"
#include "core/support/clock.hpp"
#include "core/support/random.hpp"
#include "core/support/secret.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace accessd {

enum class SettingKind : std::uint8_t {
    text,
    url,    ///< "https://host[:port][/path]", stored without a trailing slash
    secret, ///< a reference in the config, the value here
};

/// One key of `[application.NAME]` that a provider reads.
class SettingSpec {
public:
    std::string_view name;
    SettingKind kind = SettingKind::text;
    bool required = false;
    std::string_view standard; ///< the value when the key is absent
};

/// What `[application.NAME]` said, by key.
class ProviderSettings {
public:
    ProviderSettings() = default;

    std::string application;
    std::map<std::string, std::string, std::less<>> texts; ///< standards filled in
    std::map<std::string, Secret, std::less<>> secrets;

    /// The value, or "" when the key is absent.
    std::string text(std::string_view name) const;
    /// The secret; an empty one when the key is absent.
    Secret secret(std::string_view name) const;
};

/// What every provider is built over. All of them outlive it.
class ProviderParts {
public:
    ProviderParts(HttpTransport& http, Clock& time, Random& dice)
        : transport(http), clock(time), random(dice) {}

    HttpTransport& transport;
    Clock& clock;
    Random& random;
};

/// One system that accessd can talk to.
class ProviderSpec {
public:
    std::string_view system; ///< the config's `provider = "..."`
    std::span<const SettingSpec> settings;
    /// Builds it without any I/O. Errors are permanent and name the key at fault ("client_secret").
    Result<std::unique_ptr<Provider>> (*make
    )(const ProviderSettings& settings, ProviderParts parts) = nullptr;
};

/// Every system, in the order of their names.
std::span<const ProviderSpec> provider_catalog();

/// The system of this name, or null.
const ProviderSpec* find_provider(std::string_view system);

} // namespace accessd
