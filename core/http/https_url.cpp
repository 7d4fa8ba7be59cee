#include "core/http/https_url.hpp"

#include "core/support/text.hpp"

#include <algorithm>

namespace accessd {

namespace {

constexpr std::size_t longest_url = 8 * 1024;
constexpr std::string_view scheme = "https://";

bool is_alnum(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool is_name(std::string_view host) {
    return !host.empty() && host.size() <= 253 && host.front() != '.' && host.front() != '-' &&
           std::ranges::all_of(host, [](char c) { return is_alnum(c) || c == '-' || c == '.' || c == '_'; });
}

bool is_ipv6_text(std::string_view host) {
    return host.size() >= 2 && host.size() <= 45 && host.find(':') != std::string_view::npos &&
           std::ranges::all_of(host, [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') ||
                      c == ':' || c == '.';
           });
}

bool read_port(std::string_view text, HttpsUrl& url) {
    if (text.empty()) {
        return true;
    }
    const auto port = text.front() == ':' ? parse_integer(text.substr(1)) : std::nullopt;
    if (!port || *port < 1 || *port > 65535) {
        return false;
    }
    url.port = static_cast<std::uint16_t>(*port);
    return true;
}

bool read_authority(std::string_view authority, HttpsUrl& url) {
    if (authority.starts_with('[')) {
        const std::size_t end = authority.find(']');
        if (end == std::string_view::npos) {
            return false;
        }
        url.host = authority.substr(1, end - 1);
        url.is_ipv6 = true;
        return is_ipv6_text(url.host) && read_port(authority.substr(end + 1), url);
    }
    const std::size_t colon = std::min(authority.find(':'), authority.size());
    url.host = authority.substr(0, colon);
    return is_name(url.host) && read_port(authority.substr(colon), url);
}

} // namespace

std::string HttpsUrl::origin() const {
    return ascii_lower(host) + ':' + std::to_string(port);
}

std::string HttpsUrl::authority(bool with_port) const {
    std::string text;
    if (is_ipv6) {
        text.append("[").append(host).append("]");
    } else {
        text.append(host);
    }
    if (with_port || port != 443) {
        text.append(":").append(std::to_string(port));
    }
    return text;
}

std::optional<HttpsUrl> parse_https_url(std::string_view url) {
    const bool plausible = url.size() <= longest_url && url.size() > scheme.size() &&
                           equals_ignoring_case(url.substr(0, scheme.size()), scheme) &&
                           std::ranges::all_of(url, [](char c) { return c > ' ' && c < '\x7f' && c != '#'; });
    if (!plausible) {
        return std::nullopt;
    }
    const std::string_view rest = url.substr(scheme.size());
    const std::size_t end = std::min(rest.find_first_of("/?\\"), rest.size());
    HttpsUrl parsed;
    // Some parsers take a backslash for a slash: a URL that two of them read differently is refused.
    if (!read_authority(rest.substr(0, end), parsed) || (end < rest.size() && rest[end] == '\\')) {
        return std::nullopt;
    }
    parsed.target = rest.substr(end);
    return parsed;
}

} // namespace accessd
