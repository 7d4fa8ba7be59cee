#pragma once

#include "core/support/secret.hpp"
#include "daemon/config.hpp"
#include "daemon/config/section.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace accessd {

using Environment = std::map<std::string, std::string>;

/// The variable's value, or "" when it is not set.
std::string variable(const Environment& environment, const std::string& name);

/// "https://host[:port][/path]" in its normal form: scheme and host in lower case, no slash at the end.
/// Nothing for anything else; user info, query and fragment are refused (RFC 3986, 3).
std::optional<std::string> normal_https_url(std::string_view text);

/// A key that holds such a URL; "" when it is absent or wrong. The value is not quoted in the problem, since
/// a URL may carry a password.
std::string read_url(Section& section, const std::string& key, Presence presence);

/// Where secrets are, and whether they are wanted.
class SecretPlaces {
public:
    SecretPlaces(const Environment& process_environment, SecretUse secret_use)
        : environment(process_environment), use(secret_use) {}

    const Environment& environment;
    SecretUse use;
};

/// A key that refers to a secret: `{ credential = "NAME" }`, a file of $CREDENTIALS_DIRECTORY, or
/// `{ file = "PATH" }`. The line break at the file's end is cut. An empty secret when it is absent, wrong or
/// not wanted.
Secret read_secret(Section& section, const std::string& key, Presence presence, const SecretPlaces& places);

/// `ca_file`: the path of a readable file with PEM certificates; "" when it is absent or wrong.
std::string read_ca_file(Section& section);

} // namespace accessd
