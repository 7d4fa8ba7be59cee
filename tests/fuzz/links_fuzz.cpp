// A link of the vendor's is followed only to the configured origin and below its path, however a server may
// decode it; URLs that the configuration takes are URLs to the transport, and a bad proxy is refused without
// being repeated.
#include "core/http/https_url.hpp"
#include "core/http/proxy.hpp"
#include "core/http/rest_client.hpp"
#include "daemon/config/values.hpp"
#include "tests/fuzz/fuzz.hpp"
#include "tests/fuzz/vendor.hpp"

#include <optional>
#include <string>
#include <vector>

using namespace accessd;

namespace {

constexpr std::string_view base = "https://graph.test/v1.0";

std::string decoded_once(std::string_view text) {
    std::string plain;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const std::string digits(text.substr(i + 1, 2));
        const bool escape = text[i] == '%' && digits.size() == 2 &&
                            digits.find_first_not_of("0123456789abcdefABCDEF") == std::string::npos;
        plain += escape ? static_cast<char>(std::stoi(digits, nullptr, 16)) : text[i];
        i += escape ? 2 : 0;
    }
    std::replace(plain.begin(), plain.end(), '\\', '/'); // as some servers do
    return plain;
}

/// The path stays below "/v1.0" at every step of resolving its dots.
bool stays_below(std::string_view path) {
    int depth = 0;
    for (const std::string_view segment : split(path, '/')) {
        depth += segment == ".." ? -1 : segment.empty() || segment == "." ? 0 : 1;
        if (depth < 0) {
            return false;
        }
    }
    return true;
}

void check_follow(std::string_view link) {
    static fuzz::Vendor vendor("https://unused.test");
    static const RestClient client = vendor.client("entra", std::string(base));
    const auto target = client.follow(link);
    if (!target) {
        fuzz::must_be_sound(target.error());
        return;
    }
    fuzz::must(std::string(base) + target->text() == link, "a link is followed as it is", link);
    const auto url = parse_https_url(link);
    fuzz::must(url && url->origin() == "graph.test:443", "a link stays on its origin", link);
    std::string_view below = std::string_view(target->text()).substr(0, target->text().find('?'));
    fuzz::must(!below.starts_with("//"), "a link cannot become an authority", link);
    fuzz::must(stays_below(decoded_once(below)), "a link stays below its path", link);
}

void check_config_url(std::string_view text) {
    const auto normal = normal_https_url(text);
    if (!normal) {
        return;
    }
    fuzz::must(normal_https_url(*normal) == normal, "the normal form is one", text);
    const auto parsed = parse_https_url(*normal);
    fuzz::must(parsed.has_value(), "a URL of the configuration can be called", text);
    fuzz::must(!normal->ends_with('/') && normal->find('?') == std::string::npos, "only host and path", text);
}

void check_url(std::string_view text) {
    const auto url = parse_https_url(text);
    if (!url) {
        return;
    }
    fuzz::must(url->port > 0 && !url->host.empty(), "a URL names a server", text);
    const std::string again = "https://" + url->authority(true) + std::string(url->target);
    const auto second = parse_https_url(again);
    // Only the explicit port may make it too long.
    fuzz::must(second || again.size() > 8 * 1024, "an authority can be read again", text);
    fuzz::must(!second || second->origin() == url->origin(), "it is the same origin", text);
}

void check_proxy(std::string_view text) {
    const auto choice = ProxyChoice::parse(text, {"localhost", ".acme.example", std::string(text)});
    if (!choice) {
        fuzz::must(choice.error().code() == "http.bad_proxy", "a bad proxy is that", choice.error().code());
        fuzz::must(choice.error().message().size() < 160, "and is not repeated", choice.error().message());
        return;
    }
    const Proxy* proxy = choice->find("graph.test");
    fuzz::must(proxy == nullptr || (!proxy->host.empty() && proxy->port > 0), "a proxy is a server", text);
    fuzz::must(choice->find("localhost") == nullptr, "no_proxy is obeyed", text);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text = fuzz::as_text(data, size);
    check_follow(text);
    check_follow(std::string(base) + std::string(text));
    check_config_url(text);
    check_url(text);
    check_proxy(text);
    return 0;
}
