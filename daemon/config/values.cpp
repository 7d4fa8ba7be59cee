#include "daemon/config/values.hpp"

#include "core/support/text.hpp"
#include "daemon/config/file.hpp"

#include <algorithm>

namespace accessd {

namespace {

constexpr std::size_t secret_limit = 64 * 1024;
constexpr std::size_t ca_limit = 4 * 1024 * 1024;

constexpr std::size_t path_shown = 255; ///< bytes of a path in a message

bool only_has(std::string_view text, std::string_view extra) {
    return std::all_of(text.begin(), text.end(), [&](char c) {
        const bool alphanumeric = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        return alphanumeric || extra.find(c) != std::string_view::npos;
    });
}

bool is_host(std::string_view host) {
    if (host.size() > 253)
        return false;
    const auto labels = split(host, '.');
    return std::all_of(labels.begin(), labels.end(), [](std::string_view label) {
        return !label.empty() && label.size() <= 63 && only_has(label, "-") && label.front() != '-' &&
               label.back() != '-';
    });
}

bool is_bracketed_address(std::string_view host) {
    return host.size() > 4 && host.size() <= 47 && host.front() == '[' && host.back() == ']' &&
           host.find(':') != std::string_view::npos &&
           host.substr(1, host.size() - 2).find_first_not_of("0123456789abcdefABCDEF:.") ==
               std::string_view::npos;
}

bool is_port(std::string_view text) {
    const auto port = parse_integer(text);
    return port && *port >= 1 && *port <= 65535;
}

bool is_path(std::string_view path) {
    if (!only_has(path, "/-._~!$&'()*+,;=:@"))
        return false;
    const auto segments = split(path, '/');
    return std::none_of(segments.begin() + 1, segments.end(), [](std::string_view segment) {
        return segment.empty() || segment == "." || segment == "..";
    });
}

/// The file that `{ credential = "NAME" }` means; empty after a problem, or when it is not wanted.
std::string credential_path(Section& reference, const SecretPlaces& places) {
    const PlacedText name = reference.text("credential", Presence::required);
    if (name.text.empty())
        return "";
    if (name.text.size() > 64 || !only_has(name.text, "-_.") || name.text.starts_with('.')) {
        reference.problems().add(
            name.place,
            "\"credential\" must be the name of a credential: letters, digits, \"-\", \"_\" and \".\""
        );
        return "";
    }
    if (places.use == SecretUse::skip)
        return "";
    const std::string folder = variable(places.environment, "CREDENTIALS_DIRECTORY");
    if (folder.empty()) {
        reference.problems().add(
            name.place,
            "credential " + in_quotes(name.text) +
                " cannot be read: $CREDENTIALS_DIRECTORY is not set; systemd sets it for units with "
                "LoadCredential="
        );
        return "";
    }
    return folder + "/" + name.text;
}

std::string without_line_break(std::string text) {
    if (text.ends_with('\n'))
        text.pop_back();
    if (text.ends_with('\r'))
        text.pop_back();
    return text;
}

Secret read_secret_file(const std::string& path, FileTrust trust, Place place, Problems& problems) {
    Result<std::string> content = read_trusted_file(path, trust, secret_limit);
    if (!content) {
        problems.add(place, "secret file " + in_quotes(path, path_shown) + " " + content.error().message());
        return Secret();
    }
    std::string text = without_line_break(std::move(*content));
    if (!text.empty() && text.find('\0') == std::string::npos)
        return Secret(std::move(text));
    problems.add(
        place, "secret file " + in_quotes(path, path_shown) + (text.empty() ? " is empty" : " is not text")
    );
    return Secret();
}

} // namespace

std::string variable(const Environment& environment, const std::string& name) {
    const auto found = environment.find(name);
    return found == environment.end() ? std::string() : found->second;
}

std::optional<std::string> normal_https_url(std::string_view text) {
    constexpr std::string_view scheme = "https://";
    if (text.size() > 2048 || !equals_ignoring_case(text.substr(0, scheme.size()), scheme))
        return std::nullopt;
    text.remove_prefix(scheme.size());
    while (text.ends_with('/'))
        text.remove_suffix(1);
    const std::string_view authority = text.substr(0, text.find('/'));
    const std::string_view path = text.substr(authority.size());
    const std::size_t colon = authority.find(':', authority.starts_with('[') ? authority.find(']') : 0);
    const std::string_view host = authority.substr(0, colon);
    if (!is_host(host) && !is_bracketed_address(host))
        return std::nullopt;
    if (colon != std::string_view::npos && !is_port(authority.substr(colon + 1)))
        return std::nullopt;
    if (!is_path(path))
        return std::nullopt;
    return std::string(scheme) + ascii_lower(authority) + std::string(path);
}

std::string read_url(Section& section, const std::string& key, Presence presence) {
    const PlacedText text = section.text(key, presence);
    if (text.text.empty())
        return "";
    if (auto url = normal_https_url(text.text))
        return *url;
    section.problems().add(
        text.place,
        in_quotes(key) + " must be \"https://host[:port][/path]\", without user, query or fragment"
    );
    return "";
}

Secret read_secret(Section& section, const std::string& key, Presence presence, const SecretPlaces& places) {
    const Member* member = section.find(key, presence);
    if (member == nullptr)
        return Secret();
    const Node& node = member->value;
    Problems& problems = section.problems();
    if (node.kind != NodeKind::table) {
        problems.add(
            node.place,
            "a secret must not stand in the config: write " + key +
                " = { credential = \"NAME\" } or { file = "
                "\"/PATH\" }"
        );
        return Secret();
    }
    Section reference(node, in_quotes(key), problems);
    const bool has_credential = node.find("credential") != nullptr;
    if (has_credential == (node.find("file") != nullptr)) {
        problems.add(
            node.place,
            in_quotes(key) + " must refer to its secret by either { credential = \"NAME\" } or { file = "
                             "\"/PATH\" }"
        );
        return Secret();
    }
    const std::string path =
        has_credential ? credential_path(reference, places) : reference.path("file", Presence::required).text;
    reference.finish();
    if (path.empty() || places.use == SecretUse::skip)
        return Secret();
    return read_secret_file(
        path, has_credential ? FileTrust::credential : FileTrust::secret, node.place, problems
    );
}

std::string read_ca_file(Section& section) {
    PlacedText path = section.path("ca_file");
    if (path.text.empty())
        return "";
    const Result<std::string> content = read_trusted_file(path.text, FileTrust::config, ca_limit);
    std::string wrong;
    if (!content)
        wrong = content.error().message();
    else if (content->find("-----BEGIN CERTIFICATE-----") == std::string::npos)
        wrong = "holds no PEM certificate";
    if (wrong.empty())
        return path.text;
    section.problems().add(path.place, "\"ca_file\" " + in_quotes(path.text, path_shown) + " " + wrong);
    return "";
}

} // namespace accessd
