#include "core/http/proxy.hpp"

#include "core/http/https_url.hpp"
#include "core/support/text.hpp"

#include <algorithm>
#include <utility>

namespace accessd {

namespace {

Error bad_proxy(std::string_view what) {
    return Error(
        Fault::permanent,
        "http.bad_proxy",
        "https_proxy " + std::string(what) + "; expected is http://[user:password@]host:port."
    );
}

std::optional<unsigned> hex_digit(char c) {
    if (c >= '0' && c <= '9') {
        return static_cast<unsigned>(c - '0');
    }
    const char lower = static_cast<char>(c | 0x20);
    if (lower >= 'a' && lower <= 'f') {
        return static_cast<unsigned>(lower - 'a' + 10);
    }
    return std::nullopt;
}

/// RFC 3986, 2.1; what is no escape stays as it is.
std::string percent_decode(std::string_view text) {
    std::string plain;
    plain.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool escape = text[i] == '%' && i + 2 < text.size();
        const auto high = escape ? hex_digit(text[i + 1]) : std::nullopt;
        const auto low = escape ? hex_digit(text[i + 2]) : std::nullopt;
        if (high && low) {
            plain += static_cast<char>(*high * 16 + *low);
            i += 2;
        } else {
            plain += text[i];
        }
    }
    return plain;
}

Secret basic_authorization(std::string_view user_info) {
    const Secret plain(percent_decode(user_info));
    return Secret("Basic " + to_base64(as_bytes(plain.reveal())));
}

/// The entry without a leading dot or "*.", and without its port.
std::string direct_entry(std::string_view entry) {
    if (entry.starts_with("*.")) {
        entry.remove_prefix(1);
    }
    if (entry.starts_with('.')) {
        entry.remove_prefix(1);
    }
    const std::size_t colon = entry.find(':');
    if (colon != std::string_view::npos && entry.find(':', colon + 1) == std::string_view::npos) {
        entry = entry.substr(0, colon);
    }
    return ascii_lower(entry);
}

std::string first_of(
    const std::map<std::string, std::string>& environment, const std::string& name, const std::string& other
) {
    const auto found = environment.find(name);
    if (found != environment.end() && !found->second.empty()) {
        return found->second;
    }
    const auto second = environment.find(other);
    return second != environment.end() ? second->second : std::string();
}

} // namespace

Result<ProxyChoice> ProxyChoice::parse(std::string_view url, const std::vector<std::string>& no_proxy) {
    ProxyChoice choice;
    url = trim(url);
    if (url.empty()) {
        return choice;
    }
    const std::size_t scheme_end = url.find("://");
    if (scheme_end != std::string_view::npos) {
        if (!equals_ignoring_case(url.substr(0, scheme_end), "http")) {
            return bad_proxy("names a kind of proxy that accessd does not speak to");
        }
        url.remove_prefix(scheme_end + 3);
    }
    if (url.ends_with('/')) {
        url.remove_suffix(1);
    }
    Proxy proxy;
    const std::size_t at = url.rfind('@');
    if (at != std::string_view::npos) {
        proxy.authorization = basic_authorization(url.substr(0, at));
        url.remove_prefix(at + 1);
    }
    const std::string as_https = "https://" + std::string(url);
    const auto address = parse_https_url(as_https);
    if (!address || !address->target.empty()) {
        return bad_proxy("is not an address");
    }
    // Products differ in the port they take when none is given, so a guess would be wrong for somebody.
    if (url.rfind(':') == std::string_view::npos || url.ends_with(']')) {
        return bad_proxy("names no port");
    }
    proxy.host = std::string(address->host);
    proxy.port = address->port;
    choice.proxy_ = std::move(proxy);
    for (const std::string& name : no_proxy) {
        std::string entry = direct_entry(trim(name));
        if (!entry.empty()) {
            choice.direct_.push_back(std::move(entry));
        }
    }
    return choice;
}

const Proxy* ProxyChoice::find(std::string_view host) const {
    if (!proxy_) {
        return nullptr;
    }
    const std::string name = ascii_lower(host);
    const bool direct = std::ranges::any_of(direct_, [&](const std::string& entry) {
        const bool below = name.size() > entry.size() && name.ends_with(entry) &&
                           name[name.size() - entry.size() - 1] == '.';
        return entry == "*" || name == entry || below;
    });
    return direct ? nullptr : &*proxy_;
}

TransportOptions read_proxy(const std::map<std::string, std::string>& environment) {
    TransportOptions options;
    options.proxy_url = first_of(environment, "https_proxy", "HTTPS_PROXY");
    const std::string direct = first_of(environment, "no_proxy", "NO_PROXY");
    std::string_view rest = direct;
    while (!rest.empty()) {
        const std::size_t end = std::min(rest.find_first_of(", \t"), rest.size());
        if (end > 0) {
            options.no_proxy.emplace_back(rest.substr(0, end));
        }
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return options;
}

} // namespace accessd
